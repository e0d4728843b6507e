"""The log's keys in a Vault: its transit engine, as its API documents it, with true Ed25519 keys."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.signature import check_ed25519
from ledger.errors import InputError, OutsideError
from ledger.keys.vault import open_vault_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

TOKEN = "hvs.correct-horse"


class Transit(ThreadingHTTPServer):
    """Keys by name, each with its versions; one of another type."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = {"ledger": [Ed25519PrivateKey.generate() for _ in range(12)]}
        self.sealed = False


class _Handler(BaseHTTPRequestHandler):
    server: Transit

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if name == "rsa":
            return self.answer(200, {"data": {"type": "rsa-2048", "keys": {"1": {}}}})
        versions = self.server.keys.get(name)
        if versions is None:
            return self.answer(404, {"errors": []})
        public = {
            str(number): {"public_key": _b64(key.public_key().public_bytes_raw())}
            for number, key in enumerate(versions, 1)
        }
        return self.answer(200, {"data": {"type": "ed25519", "keys": public}})

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = asked["key_version"]
        key = self.server.keys[self.path.rpartition("/")[2]][number - 1]
        signature = _b64(key.sign(base64.b64decode(asked["input"])))
        self.answer(200, {"data": {"signature": f"vault:v{number}:{signature}"}})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        if self.server.sealed:
            status, body = 503, {"errors": ["Vault is sealed"]}
        elif self.headers["X-Vault-Token"] != TOKEN:
            status, body = 403, {"errors": [f"permission denied for {TOKEN}"]}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def transit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Transit]:
    server = Transit()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    yield server
    server.shutdown()
    server.server_close()


def test_a_key_signs_by_the_version_that_was_taken(transit: Transit) -> None:
    newest = open_vault_key("hv:ledger")
    assert newest.uri == "hv:ledger/12", "versions are numbers, not words"
    third = open_vault_key("hv:ledger/3")
    assert third.public == transit.keys["ledger"][2].public_key().public_bytes_raw()
    transit.keys["ledger"].append(Ed25519PrivateKey.generate())
    for signer in (newest, third):
        check_ed25519(signer.public, signer.sign(b"message"), b"message")


@pytest.mark.parametrize("use", ["entries", "checkpoints"])
def test_a_log_signs_by_a_key_in_a_vault(transit: Transit, run: Run, home: Path, use: str) -> None:
    assert run("init").exit_code == 0
    done = run("key", "rotate", use, "--token", "hv:ledger")
    assert done.exit_code == 0, done.output
    (kept,) = (home / "keys").glob("*.uri")
    assert kept.read_text().endswith("hv:ledger/12\n")
    again = run("key", "rotate", "cosignatures")
    assert again.exit_code == 0, again.output
    found = json.loads(run("verify", "--json").output)
    assert found["verified"], found["problems"]
    transit.sealed = True
    away = run("key", "rotate", "cosignatures")
    assert away.exit_code == 4, away.output
    assert "The Vault does not sign" in away.output
    assert run("verify").exit_code == 0, "who reads asks no Vault"


@pytest.mark.parametrize(
    "uri", ["hv:", "hv:ledger/0", "hv:a/b", "hv:ledger/1/2", "hv:led ger", "hv:../sys/seal"]
)
def test_a_uri_that_is_none_is_refused(transit: Transit, uri: str) -> None:
    with pytest.raises(InputError) as refused:
        open_vault_key(uri)
    assert refused.value.code == "invalid-key-uri"


def test_a_key_of_another_kind_is_refused(transit: Transit) -> None:
    with pytest.raises(InputError) as refused:
        open_vault_key("hv:rsa")
    assert refused.value.code == "wrong-kind-of-key"


def test_nothing_secret_is_told_of_a_refusal(
    transit: Transit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, token in (("none", TOKEN), ("ledger", "hvs.wrong")):
        monkeypatch.setenv("VAULT_TOKEN", token)
        with pytest.raises(OutsideError) as failed:
            open_vault_key(f"hv:{name}")
        assert failed.value.code == "token-failed"
        assert "hvs." not in str(failed.value)
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    with pytest.raises(OutsideError):
        open_vault_key("hv:ledger")


def test_a_cosignature_key_is_never_in_a_vault(transit: Transit, run: Run) -> None:
    assert run("init").exit_code == 0
    done = run("key", "rotate", "cosignatures", "--token", "hv:ledger")
    assert (done.exit_code, "ML-DSA-44 keys are files" in done.output) == (2, True)
