"""Key services of clouds, as their documents describe them, with true keys, on loopback.

They hold the rules by which the true ones refuse: which kind of message goes with which algorithm,
how long a message may be, who asks. The answers have the fields that their libraries read.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    Key = Ed25519PrivateKey | MLDSA44PrivateKey | ec.EllipticCurvePrivateKey | AESGCM

ARN = "arn:aws:kms:eu-central-1:111122223333:key/"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
VAULT_TOKEN = "hvs.correct-horse"
MOST_BYTES = 4096
NIST_PQC = 3
RING = "projects/acme/locations/europe-west3/keyRings/ledger/cryptoKeys"


class Service(ThreadingHTTPServer):
    """A service: its keys by name, what it was asked, and whether it is away."""

    def __init__(self, handler: type[_Handler], keys: dict[str, Key]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.keys = keys
        self.away = False
        self.signed = 0
        self.unwrapped = 0
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def body(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return read

    def send(self, status: int, body: dict[str, Any], kind: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Aws(_Handler):
    """AWS KMS: ``GetPublicKey``, ``Sign``, ``Encrypt``, ``Decrypt`` by the JSON 1.1 protocol."""

    def do_POST(self) -> None:
        asked = self.body()
        if self.server.away:
            return self.refuse(400, "DependencyTimeoutException")
        if f"Credential={ACCESS_KEY}/" not in self.headers.get("Authorization", ""):
            return self.refuse(400, "UnrecognizedClientException")
        name = str(asked["KeyId"]).rpartition(":")[2].removeprefix("key/")
        key = self.server.keys.get(name)
        if key is None:
            return self.refuse(400, "NotFoundException")
        arn = ARN + name.replace("alias/", "1234abcd-")
        self.server.keys[arn.removeprefix(ARN)] = key
        operation = self.headers["X-Amz-Target"].removeprefix("TrentService.")
        if isinstance(key, AESGCM) != (operation in {"Encrypt", "Decrypt"}):
            return self.refuse(400, "InvalidKeyUsageException")
        operations = {
            "GetPublicKey": self.public,
            "Sign": self.sign,
            "Encrypt": self.encrypt,
            "Decrypt": self.decrypt,
        }
        answer = operations[operation](key, asked)
        if answer is not None:
            self.send(200, {"KeyId": arn, **answer}, "application/x-amz-json-1.1")
        return None

    def encrypt(self, key: Any, asked: dict[str, Any]) -> dict[str, Any]:
        context = json.dumps(asked.get("EncryptionContext", {}), sort_keys=True).encode()
        return {"CiphertextBlob": _sealed(key, asked["Plaintext"], context)}

    def decrypt(self, key: Any, asked: dict[str, Any]) -> dict[str, Any] | None:
        context = json.dumps(asked.get("EncryptionContext", {}), sort_keys=True).encode()
        self.server.unwrapped += 1
        try:
            return {"Plaintext": _opened(key, asked["CiphertextBlob"], context)}
        except InvalidTag:
            return self.refuse(400, "InvalidCiphertextException")

    def public(self, key: Any, asked: dict[str, Any]) -> dict[str, Any]:
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"PublicKey": _b64(der), "KeySpec": _aws_kind(key), "KeyUsage": "SIGN_VERIFY"}

    def sign(self, key: Key, asked: dict[str, Any]) -> dict[str, Any] | None:
        message = base64.b64decode(asked["Message"])
        how = (_aws_kind(key), asked["SigningAlgorithm"], asked.get("MessageType", "RAW"))
        if len(message) > MOST_BYTES:
            return self.refuse(400, "ValidationException")
        self.server.signed += 1
        if how == ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "RAW"):
            assert isinstance(key, Ed25519PrivateKey)
            return {"Signature": _b64(key.sign(message))}
        if how == ("ML_DSA_44", "ML_DSA_SHAKE_256", "EXTERNAL_MU") and len(message) == 64:
            assert isinstance(key, MLDSA44PrivateKey)
            return {"Signature": _b64(key.sign_mu(message))}
        return self.refuse(400, "ValidationException")

    def refuse(self, status: int, kind: str) -> None:
        said = {"__type": kind, "message": f"{ACCESS_KEY} may not"}
        self.send(status, said, "application/x-amz-json-1.1")


class Google(_Handler):
    """Google Cloud KMS: ``GetPublicKey``, ``AsymmetricSign``, ``Encrypt``, ``Decrypt`` by REST."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        key = self.key(path.removesuffix("/publicKey"))
        if key is None:
            return None
        if isinstance(key, AESGCM):
            return self.refuse(400, "INVALID_ARGUMENT")
        pqc = isinstance(key, MLDSA44PrivateKey)
        if pqc != (f"publicKeyFormat={NIST_PQC}&" in query):
            return self.refuse(400, "INVALID_ARGUMENT")
        kind, data = _google_kind(key)
        return self.send(
            200, {"algorithm": kind, "publicKey": {"data": _b64(data)}}, "application/json"
        )

    def do_POST(self) -> None:
        asked = self.body()
        path, _, operation = self.path.partition("?")[0].rpartition(":")
        key = self.key(path)
        if key is None:
            return None
        if isinstance(key, AESGCM):
            return self.wrap(key, operation, asked)
        if isinstance(key, ec.EllipticCurvePrivateKey) or "digest" in asked:
            return self.refuse(400, "INVALID_ARGUMENT")
        self.server.signed += 1
        signature = key.sign(base64.b64decode(asked["data"]))
        self.send(200, {"signature": _b64(signature)}, "application/json")
        return None

    def wrap(self, key: AESGCM, operation: str, asked: dict[str, Any]) -> None:
        bound = base64.b64decode(asked.get("additionalAuthenticatedData", ""))
        if operation == "encrypt":
            sealed = _sealed(key, asked["plaintext"], bound)
            return self.send(200, {"ciphertext": sealed}, "application/json")
        self.server.unwrapped += 1
        try:
            opened = _opened(key, asked["ciphertext"], bound)
        except InvalidTag:
            return self.refuse(400, "INVALID_ARGUMENT")
        return self.send(200, {"plaintext": opened}, "application/json")

    def key(self, path: str) -> Key | None:
        if self.server.away:
            self.refuse(503, "UNAVAILABLE")
        elif not self.headers.get("Authorization", "").startswith("Bearer ey"):
            self.refuse(401, "UNAUTHENTICATED")
        elif path.removeprefix("/v1/") not in self.server.keys:
            self.refuse(403, "PERMISSION_DENIED")
        else:
            return self.server.keys[path.removeprefix("/v1/")]
        return None

    def refuse(self, status: int, kind: str) -> None:
        said = {"error": {"code": status, "status": kind, "message": "ledger@acme may not"}}
        self.send(status, said, "application/json")


class Transit(_Handler):
    """The transit engine of a Vault: ``encrypt`` and ``decrypt`` of keys of ``aes256-gcm96``."""

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        asked = self.body()
        operation, name = self.path.split("/")[-2:]
        key: Any = self.server.keys.get(name)
        if self.server.away:
            return self.refuse(503, "Vault is sealed")
        if self.headers["X-Vault-Token"] != VAULT_TOKEN:
            return self.refuse(403, "permission denied")
        if key is None:
            return self.refuse(400, "encryption key not found")
        bound = base64.b64decode(asked.get("associated_data", ""))
        if operation == "encrypt":
            sealed = f"vault:v1:{_sealed(key, asked['plaintext'], bound)}"
            return self.send(200, {"data": {"ciphertext": sealed}}, "application/json")
        self.server.unwrapped += 1
        try:
            opened = _opened(key, asked["ciphertext"].removeprefix("vault:v1:"), bound)
        except InvalidTag:
            return self.refuse(400, "invalid ciphertext")
        return self.send(200, {"data": {"plaintext": opened}}, "application/json")

    def refuse(self, status: int, kind: str) -> None:
        self.send(status, {"errors": [f"{kind} for {VAULT_TOKEN}"]}, "application/json")


def _sealed(key: AESGCM, plain: str, bound: bytes) -> str:
    nonce = os.urandom(12)
    return _b64(nonce + key.encrypt(nonce, base64.b64decode(plain), bound))


def _opened(key: AESGCM, sealed: str, bound: bytes) -> str:
    data = base64.b64decode(sealed)
    return _b64(key.decrypt(data[:12], data[12:], bound))


@contextmanager
def serving(handler: type[_Handler], keys: dict[str, Key]) -> Iterator[Service]:
    """A service that answers on a port of its own."""
    server = Service(handler, keys)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def known_to_aws(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Credentials that the AWS service here takes, and none of whoever runs the tests."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))


def known_to_google(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A service account that the Google service here takes."""
    file = folder / "account.json"
    file.write_text(json.dumps(_account()))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))


def _account() -> dict[str, str]:
    """A service account of Google, as its console gives it; it signs its own tokens."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": "ledger@acme.iam.gserviceaccount.com",
        "token_uri": "http://127.0.0.1:1/token",
    }


def _aws_kind(key: Key) -> str:
    if isinstance(key, Ed25519PrivateKey):
        return "ECC_NIST_EDWARDS25519"
    return "ML_DSA_44" if isinstance(key, MLDSA44PrivateKey) else "ECC_NIST_P256"


def _google_kind(key: Key) -> tuple[str, bytes]:
    if isinstance(key, MLDSA44PrivateKey):
        return "PQ_SIGN_ML_DSA_44", key.public_key().public_bytes_raw()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return "EC_SIGN_ED25519" if isinstance(key, Ed25519PrivateKey) else "EC_SIGN_P256_SHA256", pem


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
