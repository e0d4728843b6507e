"""The log's keys on a token (SoftHSM): made there, signing there, never taken out."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from ledger.errors import InputError, LedgerError, OutsideError
from ledger.keys.pkcs11 import create_token_key, open_token_key, parse_uri
from tests import setup_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
PIN = "correct-horse-4711"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The beginning of the URI of a new token; the library reads its settings once per process."""
    folder = tmp_path_factory.mktemp("hsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    pin = folder / "pin"
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)
    program = setup_tools.find(setup_tools.SOFTHSM)
    assert program is not None, "python tests/setup_tools.py installs SoftHSM"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(conf))
        command = [program, "--init-token", "--free", "--label", "ledger"]
        subprocess.run([*command, "--so-pin", PIN, "--pin", PIN], check=True, capture_output=True)
        module = next(path for path in MODULES if os.path.exists(path))  # noqa: PTH110 (a plain test)
        yield f"pkcs11:token=ledger;object={{}}?module-path={module}&pin-source=file:{pin}"


@pytest.fixture
def made(run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COUNTERSEAL_DATABASE_URL", database_url)
    assert run("init").exit_code == 0
    return run


def grow(run: Run, name: str) -> None:
    done = run("report", "soc2", "--from", "2026-01-01", "--to", "2026-12-31", "-o", f"{name}.pdf")
    assert done.exit_code == 0, done.output


def verified(run: Run) -> None:
    found = json.loads(run("verify", "--json").output)
    assert found["verified"], found["problems"]


@pytest.mark.parametrize("use", ["entries", "checkpoints"])
def test_a_log_signs_by_a_key_on_a_token_and_by_a_file_again(
    made: Run, token: str, home: Path, use: str, database_url: str
) -> None:
    label = f"{use}-{'pg' if database_url.startswith('postgresql') else 'lite'}"
    done = made("key", "rotate", use, "--token", token.format(label))
    assert done.exit_code == 0, done.output
    grow(made, "on-token")
    verified(made)
    (kept,) = (home / "keys").glob("*.uri")
    assert kept.stat().st_mode & 0o077 == 0
    assert PIN not in kept.read_text() + done.output + made("key", "list").output
    signer = open_token_key(token.format(label))
    assert signer.public.hex() in made("key", "list").output
    signer.close()
    assert made("key", "rotate", use).exit_code == 0
    grow(made, "in-file")
    verified(made)


def test_a_token_that_is_away_stops_recording_and_nothing_else(
    made: Run, token: str, home: Path, database_url: str
) -> None:
    label = f"away-{'pg' if database_url.startswith('postgresql') else 'lite'}"
    assert made("key", "rotate", "entries", "--token", token.format(label)).exit_code == 0
    (kept,) = (home / "keys").glob("*.uri")
    true = kept.read_text()
    kept.write_text(true.replace("token=ledger", "token=gone"))
    away = made("key", "rotate", "cosignatures")
    assert (away.exit_code, "The token does not sign" in away.output) == (4, True)
    verified(made)
    kept.write_text(true)
    grow(made, "back")
    verified(made)


def test_a_key_on_a_token_is_made_once_and_can_be_taken_again(token: str) -> None:
    uri = token.format("once")
    first = create_token_key(uri)
    with pytest.raises(InputError) as there:
        create_token_key(uri)
    assert there.value.code == "key-exists"
    again = open_token_key(uri)
    assert again.public == first.public
    assert len(again.sign(b"message")) == 64
    first.close()
    again.close()


def test_a_session_that_is_lost_is_opened_again(token: str) -> None:
    signer = create_token_key(token.format("lost"))
    before = signer.sign(b"message")
    signer._session.close()
    assert signer.sign(b"message") == before  # Ed25519 is deterministic
    signer.close()


def test_a_wrong_pin_and_an_open_pin_file_are_told_without_the_pin(
    token: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "pin"
    wrong.write_text("0000\n")
    wrong.chmod(0o600)
    place = token.partition("&pin-source=")[0] + f"&pin-source={wrong}"
    with pytest.raises(OutsideError) as refused:
        open_token_key(place.format("once"))
    assert refused.value.code == "token-failed"
    assert "0000" not in str(refused.value)
    wrong.chmod(0o644)
    with pytest.raises(OutsideError) as exposed:
        open_token_key(place.format("once"))
    assert exposed.value.code == "key-exposed"


def test_a_key_that_the_token_lacks_is_a_typed_error(token: str) -> None:
    with pytest.raises(OutsideError):
        open_token_key(token.format("nobody"))


def test_a_library_that_is_none_is_a_typed_error(token: str, tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_text("no library")
    with pytest.raises(LedgerError):
        open_token_key(
            f"pkcs11:token=t;object=o?module-path={tmp_path}/lib.so&pin-source={tmp_path}/pin"
        )


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("file:/keys/entries.pem", "does not begin with pkcs11:"),
        ("pkcs11:token=t;object=o?module-path=/m", "does not say pin-source"),
        ("pkcs11:object=o?module-path=/m&pin-source=/p", "does not say token"),
        ("pkcs11:token=t?module-path=/m&pin-source=/p", "does not say object"),
        ("pkcs11:token=t;object=o?pin-source=/p", "does not say module-path"),
        ("pkcs11:token=t;object=o?module-path=/m&pin-value=4711", "holds a PIN"),
    ],
)
def test_a_uri_that_says_too_little_or_too_much_is_refused(uri: str, why: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_uri(uri)
    assert refused.value.code == "invalid-key-uri"
    assert why in refused.value.sentence
    assert "4711" not in str(refused.value)


def test_a_uri_is_percent_decoded() -> None:
    place = parse_uri("pkcs11:token=My%20Token;object=a%3Bb?module-path=/m&pin-source=file:/p")
    assert (place.token, place.label) == ("My Token", "a;b")


def test_cosignatures_stay_in_files(made: Run, token: str) -> None:
    refused = made("key", "rotate", "cosignatures", "--token", token.format("mldsa"))
    assert (refused.exit_code, "ML-DSA-44 keys are files" in refused.output) == (2, True)
