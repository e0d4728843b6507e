"""A real time-stamping authority on loopback: OpenSSL's, behind a small HTTP server."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from tests import setup_tools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[stamping]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.crt
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.2
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*words: str, given: bytes = b"") -> bytes:
    program = setup_tools.find(setup_tools.OPENSSL)
    assert program is not None, setup_tools.sentence((setup_tools.OPENSSL,))
    done = subprocess.run((program, *words), input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@dataclass
class Authority:
    """The authority. ``spoil`` changes what it answers."""

    folder: Path
    url: str = ""
    asked: int = 0
    status: int = 200
    media_type: str = "application/timestamp-reply"
    spoil: list[bytes] = field(default_factory=list)

    @property
    def roots(self) -> Path:
        return self.folder / "ca.crt"

    def make_keys(self) -> None:
        self.folder.mkdir()
        here = str(self.folder)
        (self.folder / "openssl.cnf").write_text(CONFIGURATION.format(folder=here))
        (self.folder / "serial").write_text("01\n")
        new = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", f"{here}/openssl.cnf")
        openssl("req", "-x509", *new, "-subj", "/CN=Test root", "-extensions", "ca",
                "-keyout", f"{here}/ca.key", "-out", f"{here}/ca.crt")  # fmt: skip
        openssl("req", *new[:3], "-config", f"{here}/openssl.cnf", "-subj", "/CN=Test TSA",
                "-keyout", f"{here}/tsa.key", "-out", f"{here}/tsa.csr")  # fmt: skip
        openssl("x509", "-req", "-in", f"{here}/tsa.csr", "-CA", f"{here}/ca.crt",
                "-CAkey", f"{here}/ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", f"{here}/openssl.cnf", "-extensions", "stamping",
                "-out", f"{here}/tsa.crt")  # fmt: skip

    def reply(self, query: bytes) -> bytes:
        self.asked += 1
        if self.spoil:
            return self.spoil[0]
        (self.folder / "query").write_bytes(query)
        return openssl("ts", "-reply", "-config", f"{self.folder}/openssl.cnf",
                       "-queryfile", f"{self.folder}/query")  # fmt: skip

    def verify(self, data: bytes, token: bytes) -> str:
        """OpenSSL's own verdict on a stored answer."""
        (self.folder / "data").write_bytes(data)
        (self.folder / "token").write_bytes(token)
        said = openssl("ts", "-verify", "-data", f"{self.folder}/data", "-in",
                       f"{self.folder}/token", "-CAfile", str(self.roots))  # fmt: skip
        return said.decode().strip()


def running(folder: Path) -> Iterator[Authority]:
    authority = Authority(folder)
    authority.make_keys()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = authority.reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(authority.status)
            self.send_header("Content-Type", authority.media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *parts: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/tsa"
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
