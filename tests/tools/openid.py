"""An issuer of id tokens on this machine that says whatever a test wants, wrong things too.

Discovery document, keys, token and userinfo endpoint are real HTTP on loopback; the attributes are
what it answers, and may be changed between requests.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

if TYPE_CHECKING:
    from collections.abc import Iterator


class Issuer:
    """What it answers, and what it was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.keys: list[Any] = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
        self.document: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        self.published: list[dict[str, Any]] | None = None
        self.id_token = ""
        self.userinfo: dict[str, Any] = {}
        self.status = 200
        self.padding = 0
        self.asked: list[tuple[str, dict[str, str], str]] = []

    def signed(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        """An id token; ``header`` adds to or changes its header."""
        key = key or self.keys[0]
        usual = {"alg": "ES256" if isinstance(key, ECKey) else "RS256", "kid": key.get("kid")}
        told = {name: value for name, value in {**usual, **header}.items() if value is not None}
        algorithms = [told["alg"], "HS256"]
        registry = jws.JWSRegistry(algorithms=algorithms, strict_check_header=False)
        return jws.serialize_compact(told, json.dumps(claims), key, registry=registry)

    def answer(self, path: str) -> dict[str, Any]:
        if path.endswith("/openid-configuration"):
            return self.document
        if path == "/keys":
            public = [key.as_dict(private=False) for key in self.keys]
            return {"keys": public if self.published is None else self.published}
        if path == "/token":
            return {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token}
        return self.userinfo


def unsigned(claims: dict[str, Any]) -> str:
    """A token by the algorithm ``none``."""
    return f"{_joined({'alg': 'none', 'kid': 'first'}, claims)}."


def signed_by_secret(claims: dict[str, Any], secret: bytes) -> str:
    """A token by HMAC, as libraries would make it that refuse public keys as secrets."""
    signed = _joined({"alg": "HS256", "kid": "first"}, claims)
    return f"{signed}.{_encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _joined(*parts: dict[str, Any]) -> str:
    return ".".join(_encoded(json.dumps(part).encode()) for part in parts)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            path = self.path.partition("?")[0]
            form = {name: values[0] for name, values in parse_qs(body).items()}
            issuer.asked.append((path, form, self.headers.get("Authorization", "")))
            data = json.dumps(issuer.answer(path)).encode() + b" " * issuer.padding
            self.send_response(issuer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
