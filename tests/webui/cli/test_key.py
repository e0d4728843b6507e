"""The log's own keys, replaced, distrusted and encrypted, as an operator does it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from ledger.core.envelope import PAYLOAD_TYPE, parse_envelope, seal
from ledger.core.merkle import leaf_hash
from ledger.keys.signer import open_signer

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture
def made(run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COUNTERSEAL_DATABASE_URL", database_url)
    assert run("init").exit_code == 0
    return run


def grow(run: Run, name: str) -> None:
    done = run("report", "soc2", "--from", "2026-01-01", "--to", "2026-12-31", "-o", f"{name}.pdf")
    assert done.exit_code == 0, done.output


def verified(run: Run) -> dict[str, object]:
    found = json.loads(run("verify", "--json").output)
    assert found["verified"], found["problems"]
    return found


@pytest.mark.parametrize("use", ["entries", "checkpoints", "cosignatures"])
def test_after_a_rotation_everything_old_and_new_verifies(made: Run, use: str) -> None:
    grow(made, "before")
    first = made("log", "vkey").output.split()[0]
    assert made("proof", "2", "-o", "2.tlog-proof").exit_code == 0
    assert made("log", "export", "copy").exit_code == 0
    done = made("key", "rotate", use)
    assert done.exit_code == 0, done.output
    grow(made, "after")
    verified(made)
    second = made("log", "vkey").output.split()[0]
    assert (first != second) == (use == "checkpoints")
    assert made("log", "export", "copy").exit_code == 0
    copy = made("verify", "copy", "--vkey", second)
    assert copy.exit_code == 0, copy.output
    open_file("2.json", made("entry", "2", "--envelope").output)
    old = made("verify", "2.tlog-proof", "--vkey", first)
    assert old.exit_code == 0, old.output
    size = int(verified(made)["size"])
    assert made("bundle", "2", str(size - 1), "-o", "evidence.zip").exit_code == 0
    bundle = made("verify", "evidence.zip", "--vkey", second)
    assert bundle.exit_code == 0, bundle.output
    listed = made("key", "list").output
    assert listed.count(use) == 2
    assert made("log", "publish").exit_code == 0
    verified(made)


def open_file(name: str, content: str) -> None:
    Path(name).write_text(content, encoding="utf-8")


def test_every_key_may_be_replaced_again_and_again(made: Run) -> None:
    for use in ("entries", "entries", "checkpoints", "entries", "cosignatures", "checkpoints"):
        assert made("key", "rotate", use).exit_code == 0
    verified(made)
    assert made("key", "list").output.count("to now") == 5


def test_what_the_retired_key_signs_afterwards_is_named(
    made: Run, home: Path, database_url: str
) -> None:
    """The thief has the old key and the database: the entry is signed, by a key of another time."""
    old = open_signer(home / "keys" / "entries.pem")
    assert made("key", "rotate", "entries").exit_code == 0
    grow(made, "after")
    last = int(verified(made)["size"]) - 1
    engine = create_engine(database_url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER entry_refuses_update"))
        else:
            connection.execute(text("ALTER TABLE entry DISABLE TRIGGER USER"))
        query = text("SELECT envelope FROM entry WHERE sequence = :last")
        stored = bytes(connection.execute(query, {"last": last}).scalar_one())
        forged = seal(parse_envelope(stored).payload, PAYLOAD_TYPE, old.keyid, old.sign)
        connection.execute(
            text("UPDATE entry SET envelope = :new, leaf_hash = :leaf WHERE sequence = :last"),
            {"new": forged, "leaf": leaf_hash(forged), "last": last},
        )
    engine.dispose()
    found = json.loads(made("verify", "--json").output)
    assert ("entry", last, "signature-failed") in {
        (one["table"], one["sequence"], one["code"]) for one in found["problems"]
    }


def test_a_compromised_key_is_said_to_be_so_and_its_entries_to_stand_by_the_tree(made: Run) -> None:
    grow(made, "before")
    listed = made("key", "list").output
    public = re.search(r"entries +from entry 0 to now\n +([0-9a-f]{64})", listed)
    assert public is not None
    too_early = made("key", "compromised", "entries", public[1], "--until", "2")
    assert (too_early.exit_code, "it is replaced first" in too_early.output) == (2, True)
    assert made("key", "rotate", "entries").exit_code == 0
    said = made(
        "key", "compromised", "entries", public[1][:16], "--until", "2", "--reason", "Theft"
    )
    assert said.exit_code == 0, said.output
    found = verified(made)
    assert any("said to be compromised" in what for what in found["skipped"])
    assert "not to be trusted from entry 2 on" in made("key", "list").output


def test_keys_are_encrypted_and_needed_to_go_on(
    made: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = made("key", "encrypt")
    assert (without.exit_code, "no passphrase" in without.output) == (2, True)
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)
    monkeypatch.setenv("COUNTERSEAL_KEY_PASSPHRASE_FILE", str(secret))
    done = made("key", "encrypt")
    assert (done.exit_code, done.output.count("is encrypted")) == (0, 4)
    for file in (home / "keys").glob("*.pem"):
        if file.name != "seal.pem":
            assert file.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
            assert file.stat().st_mode & 0o077 == 0
    assert made("key", "rotate", "entries").exit_code == 0
    assert all(b"ENCRYPTED" in file.read_bytes() for file in (home / "keys").glob("entries*.pem"))
    verified(made)
    secret.write_text("wrong\n")
    wrong = made("verify")
    assert wrong.exit_code == 4, wrong.output
    assert "its passphrase is another" in wrong.output
    assert "wrong\n" not in wrong.output.replace("passphrase is another", "")
    monkeypatch.delenv("COUNTERSEAL_KEY_PASSPHRASE_FILE")
    missing = made("verify")
    assert (missing.exit_code, "is encrypted" in missing.output) == (4, True)


def test_no_private_key_is_ever_shown(made: Run, home: Path) -> None:
    said = ""
    for words in (("key", "list"), ("key", "rotate", "entries"), ("log", "vkey"), ("verify",)):
        said += made(*words).output
    grow(made, "report")
    for file in (home / "keys").glob("entries*.pem"):
        signer = open_signer(file)
        private = signer._key.private_bytes_raw()
        assert private.hex() not in said
        assert private.hex() not in repr(signer) + repr(vars(signer))
        for store in (home / "ledger.db", home / "guard.db"):
            if store.exists():
                assert private not in store.read_bytes()
