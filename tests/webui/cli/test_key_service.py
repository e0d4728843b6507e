"""The log's keys in key services of clouds: by the services' own libraries, with true keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.core.cosignature import check_ml_dsa_44
from ledger.core.signature import check_ed25519
from ledger.errors import InputError, OutsideError
from ledger.keys.away import open_away
from ledger.keys.aws import representative
from tests.tools.key_services import (
    ACCESS_KEY,
    ARN,
    RING,
    Aws,
    Google,
    Service,
    known_to_aws,
    known_to_google,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


@dataclass(frozen=True)
class Cloud:
    """A service, and how its keys are named: ``{}`` is the name of one."""

    service: Service
    uri: str
    name: str

    def of(self, name: str) -> str:
        return self.uri.format(name)


@pytest.fixture(params=["aws", "google"])
def cloud(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Cloud]:
    keys = {
        "checkpoints": Ed25519PrivateKey.generate(),
        "cosignatures": MLDSA44PrivateKey.generate(),
        "curve": ec.generate_private_key(ec.SECP256R1()),
    }
    if request.param == "aws":
        known_to_aws(monkeypatch, tmp_path)
        with serving(Aws, {f"alias/{name}": key for name, key in keys.items()}) as service:
            monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", service.url)
            yield Cloud(service, f"awskms:{ARN.replace(':key/', ':alias/')}{{}}", "AWS KMS")
        return
    known_to_google(monkeypatch, tmp_path)
    versions = {f"{RING}/{name}/cryptoKeyVersions/1": key for name, key in keys.items()}
    with serving(Google, versions) as service:
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", service.url)
        yield Cloud(service, f"gcpkms:{RING}/{{}}/cryptoKeyVersions/1", "Google Cloud KMS")


def test_keys_sign_what_everybody_verifies(cloud: Cloud) -> None:
    checkpoints = open_away(cloud.of("checkpoints"), "checkpoints")
    cosignatures = open_away(cloud.of("cosignatures"), "cosignatures")
    for message in (b"example.org/models\n12\n", bytes(4096)):
        check_ed25519(checkpoints.public, checkpoints.sign(message), message)
    for message in (b"example.org", bytes(range(256)) * 24):
        check_ml_dsa_44(cosignatures.public, cosignatures.sign(message), message)


def test_what_is_kept_names_the_key_and_no_alias(cloud: Cloud) -> None:
    kept = open_away(cloud.of("checkpoints"), "checkpoints").uri
    assert "alias" not in kept
    assert open_away(kept, "checkpoints").uri == kept


def test_a_log_signs_by_keys_in_a_key_service(cloud: Cloud, run: Run, home: Path) -> None:
    assert run("init").exit_code == 0
    for use in ("checkpoints", "cosignatures"):
        done = run("key", "rotate", use, "--token", cloud.of(use))
        assert done.exit_code == 0, done.output
    before = cloud.service.signed
    assert run("key", "rotate", "entries").exit_code == 0
    assert cloud.service.signed == before + 1, "one checkpoint for one commit"
    found = json.loads(run("verify", "--json").output)
    assert found["verified"], found["problems"]
    cloud.service.away = True
    away = run("key", "rotate", "entries")
    assert (away.exit_code, run("verify").exit_code) == (4, 0), away.output
    cloud.service.away = False
    assert run("key", "rotate", "entries").exit_code == 0
    assert run("verify").exit_code == 0


def test_a_service_that_signs_with_another_key_is_found_out(cloud: Cloud) -> None:
    signer = open_away(cloud.of("checkpoints"), "checkpoints")
    for name, key in cloud.service.keys.items():
        if isinstance(key, Ed25519PrivateKey):
            cloud.service.keys[name] = Ed25519PrivateKey.generate()
    with pytest.raises(OutsideError, match="not by the key that was taken") as refused:
        signer.sign(b"message")
    assert refused.value.code == "token-failed"


@pytest.mark.parametrize(
    ("use", "key"),
    [
        ("checkpoints", "curve"),
        ("checkpoints", "cosignatures"),
        ("cosignatures", "checkpoints"),
        ("cosignatures", "curve"),
    ],
)
def test_a_key_of_another_kind_is_refused(cloud: Cloud, use: str, key: str) -> None:
    with pytest.raises((InputError, OutsideError)) as refused:
        open_away(cloud.of(key), use)
    assert refused.value.code in {"wrong-kind-of-key", "token-failed"}
    assert cloud.service.signed == 0


def test_the_key_for_entries_is_never_in_a_key_service(cloud: Cloud) -> None:
    with pytest.raises(InputError, match="65,535 bytes") as refused:
        open_away(cloud.of("checkpoints"), "entries")
    assert refused.value.code == "wrong-kind-of-key"


def test_nothing_secret_is_told_of_a_refusal(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutsideError) as failed:
        open_away(cloud.of("none"), "checkpoints")
    assert failed.value.code == "token-failed"
    for secret in (ACCESS_KEY, "acme", "111122223333"):
        assert secret not in str(failed.value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    with pytest.raises(OutsideError, match=f"^{cloud.name} does not sign"):
        open_away(cloud.of("checkpoints"), "checkpoints")


@pytest.mark.parametrize(
    "uri",
    [
        "awskms:",
        "awskms:alias/",
        "awskms:key with space",
        "awskms:arn:aws:s3:eu-central-1:111122223333:key/1?x=1",
        "gcpkms:",
        f"gcpkms:{RING}/checkpoints",
        f"gcpkms:{RING}/checkpoints/cryptoKeyVersions/0",
        f"gcpkms:{RING}/../cryptoKeys/checkpoints/cryptoKeyVersions/1",
        "azurekms://ledger.vault.azure.net/keys/checkpoints/1",
    ],
)
def test_a_uri_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(InputError) as refused:
        open_away(uri, "checkpoints")
    assert refused.value.code == "invalid-key-uri"


def test_the_representative_of_a_message_is_the_one_of_fips_204() -> None:
    key = MLDSA44PrivateKey.generate()
    message = b"example.org/models"
    mu = representative(key.public_key().public_bytes_raw(), message)
    key.public_key().verify(key.sign_mu(mu), message)
    key.public_key().verify_mu(key.sign(message), mu)
