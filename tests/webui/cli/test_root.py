"""A root key that is kept offline: named, certifying, replaced, and demanded by whoever verifies."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.errors import ConflictError, InputError
from ledger.events.log import KeyRotated, RootNamed
from ledger.keys.root import certify, naming, read_certificates, read_request, request_of
from ledger.keys.signer import create_signer
from ledger.standalone import verify
from ledger.state.keys import KeyHistory, KeySpan, possession_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from ledger.keys.signer import FileSigner

    Run = Callable[..., Result]

ORIGIN = "example.org/log"


@pytest.fixture
def made(run: Run) -> Run:
    assert run("init").exit_code == 0
    secret("phrase", "correct horse")
    return run


def secret(name: str, words: str) -> None:
    Path(name).write_text(words + "\n")
    Path(name).chmod(0o600)


def root_key(run: Run, name: str) -> str:
    done = run("root", "create", name, "--passphrase-file", "phrase")
    assert done.exit_code == 0, done.output
    return re.findall("[0-9a-f]{64}", done.output)[0]


def certified(
    run: Run, name: str, *use: str, root: str = "root.pem", more: tuple[str, ...] = ()
) -> str:
    asked = run("root", "request", *use, "-o", f"{name}.request")
    assert asked.exit_code == 0, asked.output
    answered = run(
        "root", "certify", f"{name}.request", "--key", root, "--passphrase-file", "phrase", *more,
        "-o", f"{name}.certificate",
    )  # fmt: skip
    assert answered.exit_code == 0, answered.output
    return f"{name}.certificate"


def named(run: Run) -> str:
    root = root_key(run, "root.pem")
    done = run("root", "name", certified(run, "first"))
    assert done.exit_code == 0, done.output
    return root


def test_a_root_is_named_and_then_certifies_every_new_key(made: Run) -> None:
    root = named(made)
    assert "root          from entry" in made("key", "list").output
    alone = made("key", "rotate", "entries")
    assert alone.exit_code == 2, alone.output
    assert "This log has a root key" in alone.output
    for use in ("entries", "checkpoints", "cosignatures"):
        file = certified(made, use, use)
        done = made("key", "rotate", use, "--certificate", file)
        assert done.exit_code == 0, done.output
    found = json.loads(made("verify", "--json", "--root", root).output)
    assert found["verified"], found["problems"]


def test_whoever_verifies_holds_the_log_and_what_leaves_it_to_the_root(made: Run) -> None:
    before = made("verify", "--root", "ab" * 32)
    assert before.exit_code == 1
    assert "not certified by the root" in before.output
    root = named(made)
    made("key", "rotate", "entries", "--certificate", certified(made, "next", "entries"))
    assert made("verify", "--root", root).exit_code == 0
    assert made("verify", "--root", "ab" * 32).exit_code == 1
    assert made("log", "export", "copy").exit_code == 0
    vkey = made("log", "vkey").output.split()[0]
    assert made("verify", "copy", "--vkey", vkey, "--root", root).exit_code == 0
    assert "[root-unknown]" in made("verify", "copy", "--vkey", vkey, "--root", "ab" * 32).output
    assert made("bundle", "2", "-o", "e.zip").exit_code == 0
    good = made("verify", "e.zip", "--vkey", vkey, "--root", root)
    assert good.exit_code == 0, good.output
    bad = made("verify", "e.zip", "--vkey", vkey, "--root", "ab" * 32)
    assert (bad.exit_code, "root key that you gave" in bad.output) == (1, True)


def test_a_root_is_replaced_with_the_word_of_the_one_before(made: Run) -> None:
    old = named(made)
    new = root_key(made, "second.pem")
    wrong = made(
        "root", "certify", "first.request", "--key", "second.pem", "--passphrase-file", "phrase",
        "-o", "x",
    )  # fmt: skip
    assert wrong.exit_code == 0  # the log had no root then, so the file does not know one
    assert made("root", "name", "x").exit_code != 0
    file = certified(made, "second", root="second.pem", more=("--previous", "root.pem"))
    done = made("root", "name", file)
    assert done.exit_code == 0, done.output
    assert made("verify", "--root", new).exit_code == 0
    replaced = made("verify", "--root", old)
    assert (replaced.exit_code, "has been replaced since" in replaced.output) == (0, True)
    assert made("bundle", "1", "-o", "e.zip").exit_code == 0
    vkey = made("log", "vkey").output.split()[0]
    for root in (old, new):
        found = made("verify", "e.zip", "--vkey", vkey, "--root", root)
        assert found.exit_code == 0, found.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("root", "create", "new.pem", "--passphrase-file", "empty"), "never stored without"),
        (("root", "create", "root.pem", "--passphrase-file", "phrase"), "can't be written"),
        (("root", "create", "new.pem", "--passphrase-file", "open"), "can be read by others"),
        (("root", "name", "phrase"), "not JSON"),
        (("root", "name", "first.request"), "not the file it should be"),
        (("root", "name", "none"), "can't be read"),
        (("root", "name", "first.certificate"), "never used twice"),
        (("key", "rotate", "entries", "--certificate", "other.certificate"), "no key for entries"),
        (("key", "rotate", "entries", "--certificate", "first.certificate"), "never used twice"),
        (("verify", "--root", "AB"), "64 lower-case hexadecimal digits"),
        (("verify", "--root", "ab" * 32, "--tree-only"), "reads no key"),
    ],
)
def test_what_is_wrong_is_said(made: Run, arguments: tuple[str, ...], told: str) -> None:
    named(made)
    certified(made, "other", "checkpoints")
    secret("empty", "")
    secret("open", "words")
    Path("open").chmod(0o644)
    before = made("verify", "--json").output
    done = made(*arguments)
    assert done.exit_code not in {0, 99}, done.output
    assert told in done.output
    assert json.loads(before)["verified"]
    assert made("verify").exit_code == 0


def test_a_proof_names_no_root(made: Run) -> None:
    assert made("proof", "1", "-o", "1.tlog-proof").exit_code == 0
    done = made("verify", "1.tlog-proof", "--root", "ab" * 32)
    assert "names no root key" in done.output


def test_a_bundle_tells_which_entries_stand_by_the_tree_alone(made: Run) -> None:
    public = re.findall("[0-9a-f]{64}", made("key", "list").output)[0]
    assert made("key", "rotate", "entries").exit_code == 0
    assert made("key", "compromised", "entries", public, "--until", "2").exit_code == 0
    size = json.loads(made("verify", "--json").output)["size"]
    numbers = [str(number) for number in range(size)]
    assert made("bundle", *numbers, "-o", "all.zip").exit_code == 0
    found = made("verify", "all.zip", "--vkey", made("log", "vkey").output.split()[0])
    assert found.exit_code == 0, found.output
    # The rotation itself is the last that the old key signed.
    assert re.findall(r"WARNING: entry (\d+) stands by", found.output) == numbers[2:-1]


# By themselves: the rules of the fold, and those of verify.py, which must be the same.


def same(before: KeyHistory, event: RootNamed | KeyRotated) -> bool:
    """Whether verify.py takes an event after a history; its own words for what it refuses."""
    keys = verify.Keys(ORIGIN)
    keys.now = {span.use: span.public.hex() for span in before.spans}
    keys.roots = [span.public for span in before.of("root")]
    try:
        keys.learn(
            9,
            {
                "predicateType": f"{verify.EVENT}{event.kind}/v1",
                "predicate": {"event": json.loads(event.model_dump_json())},
            },
        )
    except verify.Wrong:
        return False
    return True


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, FileSigner]:
    return {name: create_signer(tmp_path / name, b"x") for name in ("e", "c", "r", "s", "new")}


def history(keys: dict[str, FileSigner]) -> KeyHistory:
    spans = [KeySpan("entries", keys["e"].public, 0), KeySpan("checkpoints", keys["c"].public, 0)]
    return KeyHistory(ORIGIN, (*spans, KeySpan("cosignatures", b"\x01" * 1312, 0)))


def rotation(keys: dict[str, FileSigner], **changed: str | None) -> KeyRotated:
    old, new = keys["e"].public.hex(), keys["new"].public.hex()
    proof = keys["new"].sign(possession_message(ORIGIN, "entries", old, new)).hex()
    fields = {"use": "entries", "algorithm": "ed25519", "old": old, "new": new, "proof": proof}
    return KeyRotated.model_validate({**fields, **changed})


def rooted(keys: dict[str, FileSigner]) -> KeyHistory:
    bare = history(keys)
    return bare.after(naming(certify(request_of(bare), keys["r"])), 7)


def test_the_files_come_back_as_they_were_written(keys: dict[str, FileSigner]) -> None:
    request = request_of(rooted(keys))
    assert read_request(request.written()) == request
    answer = certify(request, keys["r"])
    assert read_certificates(answer.written()) == answer
    with pytest.raises(InputError, match="not the file"):
        read_certificates(request.written())


def test_another_root_than_the_logs_certifies_nothing(keys: dict[str, FileSigner]) -> None:
    with pytest.raises(InputError, match="another root"):
        certify(request_of(rooted(keys)), keys["s"])


def test_a_new_key_needs_the_roots_word_for_it_and_for_this_use(
    keys: dict[str, FileSigner],
) -> None:
    before = rooted(keys)
    new = keys["new"].public
    (good,) = certify(request_of(before, ("entries", new)), keys["r"]).keys
    (other_use,) = certify(request_of(before, ("checkpoints", new)), keys["r"]).keys
    for word in (None, other_use.certificate, "00" * 64):
        with pytest.raises(InputError) as refused:
            before.after(rotation(keys, certificate=word), 8)
        assert refused.value.code == "not-certified"
        assert not same(before, rotation(keys, certificate=word))
    assert same(before, rotation(keys, certificate=good.certificate))
    after = before.after(rotation(keys, certificate=good.certificate), 8)
    assert after.now("entries") == new


def test_a_root_is_named_only_with_every_word(keys: dict[str, FileSigner]) -> None:
    bare, whole = history(keys), certify(request_of(history(keys)), keys["r"])
    event = naming(whole)
    for wrong in (
        event.model_copy(update={"proof": "00" * 64}),
        event.model_copy(update={"certificates": event.certificates[:2]}),
        event.model_copy(update={"certificates": event.certificates[::-1][:2]}),
        event.model_copy(update={"public": keys["s"].public.hex()}),
    ):
        with pytest.raises(InputError):
            bare.after(wrong, 3)
        assert not same(bare, wrong)
    assert same(bare, event)
    after = bare.after(event, 3)
    assert after.now("root") == keys["r"].public
    with pytest.raises(ConflictError, match="never used twice"):
        after.after(event, 4)


def test_a_thief_of_the_online_keys_names_no_root_of_his_own(keys: dict[str, FileSigner]) -> None:
    before = rooted(keys)
    forged = certify(request_of(before).model_copy(update={"root": None}), keys["s"])
    assert isinstance(naming(forged), RootNamed)
    with pytest.raises(InputError) as refused:
        before.after(naming(forged), 9)
    assert refused.value.code == "not-certified"
    assert not same(before, naming(forged))
    good = certify(request_of(before), keys["s"], keys["r"])
    assert same(before, naming(good))
    after = before.after(naming(good), 9)
    assert [span.until for span in after.of("root")] == [9, -1]
