"""Those to whom notices go, as real servers on a loopback address: a mail server and web hooks."""

from __future__ import annotations

import datetime as dt
import email
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from werkzeug.serving import WSGIRequestHandler, make_server

from ledger import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from email.message import EmailMessage
    from pathlib import Path

USER, PASSWORD = "counterseal", "the password of the mail server"


@dataclass(frozen=True)
class Post:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Hooks:
    """A server that takes posts and answers as it is told: ``answers`` first, then 200."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    answers: list[tuple[str, list[tuple[str, str]], bytes]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
        path = environ["PATH_INFO"] + (
            "?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else ""
        )
        headers["CONTENT_TYPE"] = environ.get("CONTENT_TYPE", "")
        self.posts.append(Post(path, headers, environ["wsgi.input"].read(length)))
        status, more, body = self.answers.pop(0) if self.answers else ("200 OK", [], b"ok")
        start(status, [("Content-Length", str(len(body))), *more])
        return [body]

    def fail(self, times: int, status: str = "503 Service Unavailable") -> None:
        self.answers += [(status, [], b"")] * times


class _Quiet(WSGIRequestHandler):
    def log(self, *arguments: object) -> None:
        pass


@contextmanager
def hooks(context: ssl.SSLContext | None = None) -> Iterator[Hooks]:
    """A running server of hooks; over TLS with a context."""
    made = Hooks()
    server = make_server(
        "127.0.0.1", 0, made, threaded=True, request_handler=_Quiet, ssl_context=context
    )
    made.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """A mail server with STARTTLS and a password; ``answers`` are given before it takes mail."""

    port: int = 0
    certificate: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        assert session.ssl is not None
        self.recipients += envelope.rcpt_tos
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


class _AnyPort(Controller):
    """A controller whose port the system chooses; it looks for itself once it has begun."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mailbox(folder: Path) -> Iterator[Mailbox]:
    """A running mail server."""
    made = Mailbox(certificate=str(folder / "mail.pem"))
    controller = _AnyPort(
        made,
        hostname="127.0.0.1",
        port=0,
        tls_context=server_context(folder / "mail.pem", "localhost"),
        require_starttls=True,
        auth_required=True,
        authenticator=_check,
    )
    controller.start()
    made.port = controller.port
    try:
        yield made
    finally:
        controller.stop()


def _check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def server_context(file: Path, name: str) -> ssl.SSLContext:
    """A context with a new self-signed certificate for a name and for 127.0.0.1, kept in a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.now()
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), loopback]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = file.with_suffix(".key")
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    return context
