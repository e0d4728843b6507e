"""The vault's key, wrapped by a key service: moved there and back, and while the service is away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.audit import audit
from ledger.errors import IntegrityError, OutsideError
from ledger.keys.keyring import VAULT, VAULT_BEFORE
from ledger.keys.signer import read_secret, write_secret
from ledger.keys.wrapping import place_of, wrapped_at
from ledger.rewrap import settle
from ledger.store.database import writing
from tests.tools.key_services import (
    ACCESS_KEY,
    ARN,
    RING,
    VAULT_TOKEN,
    Aws,
    Google,
    Service,
    Transit,
    known_to_aws,
    known_to_google,
    serving,
)
from tests.webui.house import build
from webui.settings import read_settings
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from webui.wiring import Wiring

    Run = Callable[..., Result]

SECRETS = (ACCESS_KEY, VAULT_TOKEN, "ledger@acme")


@dataclass(frozen=True)
class Keeper:
    """A service that wraps: how its key is named, and how what is kept names it."""

    service: Service
    uri: str
    kept: str


@pytest.fixture(params=["aws", "google", "vault"])
def keeper(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Keeper]:
    key = AESGCM(AESGCM.generate_key(256))
    if request.param == "aws":
        known_to_aws(monkeypatch, tmp_path)
        other = Ed25519PrivateKey.generate()
        with serving(Aws, {"alias/vault": key, "alias/other": other}) as service:
            monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", service.url)
            alias = f"awskms:{ARN.replace(':key/', ':alias/')}vault"
            yield Keeper(service, alias, f"awskms:{ARN}1234abcd-vault")
    elif request.param == "google":
        known_to_google(monkeypatch, tmp_path)
        other = Ed25519PrivateKey.generate()
        with serving(Google, {f"{RING}/vault": key, f"{RING}/other": other}) as service:
            monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", service.url)
            yield Keeper(service, f"gcpkms:{RING}/vault", f"gcpkms:{RING}/vault")
    else:
        monkeypatch.setenv("VAULT_TOKEN", VAULT_TOKEN)
        with serving(Transit, {"vault": key}) as service:
            monkeypatch.setenv("VAULT_ADDR", service.url)
            yield Keeper(service, "hv:vault", "hv:vault")


@pytest.fixture
def ana(home: Path) -> str:
    """A home with Ana in it; her id."""
    house = build(home)
    found = house.enrol("Ana Kova\u010d", "ana@example.org", "data_scientist")
    house.wiring.close()
    return found


@pytest.fixture
def opened(home: Path) -> Iterator[Callable[[], Wiring]]:
    made: list[Wiring] = []

    def open_it() -> Wiring:
        made.append(open_home(read_settings({}, home)))
        return made[-1]

    yield open_it
    for one in made:
        one.close()


def test_the_key_moves_to_a_service_and_back(
    keeper: Keeper, run: Run, home: Path, ana: str, opened: Callable[[], Wiring]
) -> None:
    file = home / "keys" / VAULT
    plain = file.read_bytes()
    moved = run("vault", "rotate", "--to", keeper.uri)
    assert moved.exit_code == 0, moved.output
    assert f"wrapped by {keeper.kept}." in moved.output
    assert place_of(file.read_bytes()) == keeper.kept
    assert plain not in file.read_bytes()
    assert "It opens the vault." in run("vault", "show").output
    there = opened()
    assert there.reader.person(ana).name == "Ana Kova\u010d"
    assert audit(there.log).problems == []
    # Turned again it stays there; then it comes back.
    assert f"wrapped by {keeper.kept}." in run("vault", "rotate").output
    assert there.reader.person(ana).name == "Ana Kova\u010d"
    assert "in the file vault.key." in run("vault", "rotate", "--to", "file").output
    assert len(file.read_bytes()) == 32
    keeper.service.away = True
    assert opened().reader.person(ana).name == "Ana Kova\u010d"
    assert [one.name for one in file.parent.glob(f"{VAULT}*")] == [VAULT]


def test_a_service_is_asked_once_and_only_for_private_texts(
    keeper: Keeper, run: Run, ana: str, opened: Callable[[], Wiring]
) -> None:
    assert run("vault", "rotate", "--to", keeper.uri).exit_code == 0
    before = keeper.service.unwrapped
    wiring = opened()
    assert wiring.reader.models() == []
    assert wiring.log.prove(0).index == 0
    assert keeper.service.unwrapped == before
    for _ in range(3):
        assert wiring.reader.person(ana).email == "ana@example.org"
    assert keeper.service.unwrapped == before + 1


def test_while_the_service_is_away_nothing_is_lost_and_the_reason_is_said(
    keeper: Keeper, run: Run, ana: str, home: Path, opened: Callable[[], Wiring]
) -> None:
    file = home / "keys" / VAULT
    assert run("vault", "rotate", "--to", keeper.uri).exit_code == 0
    stored = file.read_bytes()
    keeper.service.away = True
    wiring = opened()
    with pytest.raises(OutsideError) as failed:
        wiring.reader.person(ana)
    assert failed.value.code == "vault-key-away"
    assert "nothing is lost" in failed.value.remedy
    assert not any(secret in str(failed.value) for secret in SECRETS)
    for more in ((), ("--to", "file")):
        turned = run("vault", "rotate", *more)
        assert turned.exit_code == 4
        assert "does not open the vault's key" in turned.stderr
        assert not any(secret in turned.output for secret in SECRETS)
    assert file.read_bytes() == stored
    found = audit(wiring.log)
    assert found.problems == []
    assert [one for one in found.skipped if one.startswith("the private texts: ")]
    keeper.service.away = False
    assert opened().reader.person(ana).name == "Ana Kova\u010d"
    assert audit(opened().log).skipped == []


def test_what_can_not_wrap_is_refused_before_anything_changes(
    keeper: Keeper, run: Run, ana: str, home: Path
) -> None:
    file = home / "keys" / VAULT
    stored = file.read_bytes()
    other = keeper.uri.removesuffix("vault") + "other"
    for place in (other, keeper.uri + "?x", "azurekms://x", "/tmp/key", "pkcs11:object=x"):
        told = run("vault", "rotate", "--to", place)
        assert told.exit_code in {2, 4}, place
    assert file.read_bytes() == stored
    assert "It opens the vault." in run("vault", "show").output


@pytest.mark.parametrize("committed", [False, True])
def test_a_move_that_was_cut_off_is_settled_when_the_service_answers(
    keeper: Keeper, ana: str, home: Path, committed: bool, opened: Callable[[], Wiring]
) -> None:
    """The new key's file is there and the old one beside it, the transaction ended or did not."""
    keys, wiring = home / "keys", opened()
    old, new = read_secret(keys / VAULT), AESGCM.generate_key(256)
    stored = wrapped_at(keeper.uri, new)
    if committed:
        with writing(wiring.engine) as connection:
            wiring.log.vault.rewrap(connection, new)
    write_secret(keys / VAULT_BEFORE, old)
    (keys / VAULT).write_bytes(stored)
    keeper.service.away = True
    assert not settle(opened().log)
    assert (keys / VAULT_BEFORE).exists()
    keeper.service.away = False
    again = opened()
    assert not (keys / VAULT_BEFORE).exists()
    assert (keys / VAULT).read_bytes() == (stored if committed else old)
    assert again.reader.person(ana).name == "Ana Kova\u010d"


def test_a_damaged_file_is_told_from_a_service_that_is_away(
    keeper: Keeper, run: Run, ana: str, home: Path
) -> None:
    file = home / "keys" / VAULT
    assert run("vault", "rotate", "--to", keeper.uri).exit_code == 0
    header, uri, sealed, _ = file.read_text().split("\n")
    for wrong in (f"{header}\n{uri}\n", f"{uri}\n{header}\n{sealed}\n", "x" * 31):
        file.write_text(wrong)
        told: Any = run("vault", "show")
        assert (told.exit_code, "vault.key is damaged" in told.stderr) == (4, True)


def test_another_key_than_the_one_that_wrapped_opens_nothing(
    keeper: Keeper, run: Run, ana: str, home: Path
) -> None:
    """Somebody who may write the file, and knows a key of their own, gets no text by it."""
    file = home / "keys" / VAULT
    assert run("vault", "rotate", "--to", keeper.uri).exit_code == 0
    file.write_bytes(wrapped_at(keeper.uri, AESGCM.generate_key(256)))
    told = run("vault", "show")
    assert told.exit_code == 1
    wiring = open_home(read_settings({}, home))
    with pytest.raises(IntegrityError):
        wiring.reader.person(ana)
    wiring.close()
