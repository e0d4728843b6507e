"""The only place that joins store, keys, clock, policy and the ledger's door.

``create`` makes a new installation in an empty home, ``open_home`` opens one. Both give a
``Wiring``, which everything above is handed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata, resources
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger import clock
from ledger.errors import ConflictError, OutsideError
from ledger.events.assurance import PolicyActivated
from ledger.genesis import create_log
from ledger.keys.keyring import create_keyring, open_keyring
from ledger.keys.signer import read_secret, write_secret
from ledger.log import open_log
from ledger.query import Reader
from ledger.store.database import open_engine
from ledger.store.guard import Guard
from ledger.store.migrate import check_migrated, migrate
from ledger.submit import Submitter
from policies import Document, document_digest, load_document, make_decide

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from ledger.events.actor import Actor
    from ledger.log import Log
    from webui.settings import Settings

LOG_NAME: Final = "main"
DEMO_PREFIX: Final = "demo."
SEAL_KEY: Final = "seal.pem"
SEAL_CERTIFICATE: Final = "seal.crt"
SESSION_KEY: Final = "session.key"
_SEAL_YEARS: Final = 10


@dataclass(frozen=True)
class Wiring:
    """An open installation."""

    settings: Settings
    engine: Engine
    log: Log
    reader: Reader
    submitter: Submitter
    now: Callable[[], datetime]

    @property
    def is_demo(self) -> bool:
        """Whether this is a demonstration, whose reports say so on every page."""
        return self.log.origin.startswith(DEMO_PREFIX)

    @property
    def service(self) -> Actor:
        """The service itself, as an actor."""
        from ledger.events.actor import Actor

        return Actor(id=self.log.service, type="service", via="service")

    def policy(self) -> Document:
        """The policy in force."""
        _, event = self.reader.policy()
        return _document(event.digest, event.document)

    def session_key(self) -> bytes:
        """What sessions are signed with."""
        return read_secret(self.settings.keys / SESSION_KEY)

    def seal(self) -> tuple[bytes, bytes]:
        """Key and certificate (PEM) that seal reports."""
        keys = self.settings.keys
        return read_secret(keys / SEAL_KEY), (keys / SEAL_CERTIFICATE).read_bytes()

    def seal_fingerprint(self) -> str:
        """SHA-256 of the seal's certificate in DER."""
        certificate = x509.load_pem_x509_certificate(self.seal()[1])
        return certificate.fingerprint(hashes.SHA256()).hex()

    def close(self) -> None:
        """Answer what waits and give back connections."""
        self.submitter.close()
        self.log.guard.close()
        self.engine.dispose()


def create(
    settings: Settings,
    *,
    origin: str = "",
    demo: bool = False,
    now: Callable[[], datetime] = clock.now,
) -> Wiring:
    """Make a new installation: keys, database, guard, first policy.

    Raises:
        ConflictError: the home holds an installation already; nothing is changed.
        OutsideError: the home or the database can't be written.
    """
    if (settings.keys / SEAL_KEY).exists():
        raise ConflictError(
            "This home holds an installation already.",
            code="home-exists",
            remedy="Use it as it is, or name another home with --home.",
        )
    _make_folders(settings)
    engine = open_engine(settings.database_url)
    migrate(engine)
    guard = Guard(settings.guard_url)
    keyring = create_keyring(settings.keys)
    write_secret(settings.keys / SESSION_KEY, secrets.token_bytes(32))
    name = origin or f"counterseal.local/{secrets.token_hex(4)}/{LOG_NAME}"
    name = f"{DEMO_PREFIX}{name}" if demo else name
    fingerprint = _create_seal(settings, name, now())
    policy = default_policy()
    create_log(
        engine,
        guard,
        keyring,
        name=LOG_NAME,
        origin=name,
        policy=policy,
        seal_certificate=fingerprint,
        generator=generator(),
        now=now(),
    )
    engine.dispose()
    guard.close()
    return open_home(settings, now=now)


def open_home(settings: Settings, *, now: Callable[[], datetime] = clock.now) -> Wiring:
    """Open an installation. A damaged ledger opens read-only, with ``log.alarm`` set.

    Raises:
        OutsideError: there is none, or the database can't be reached.
    """
    if not (settings.keys / SEAL_KEY).exists():
        raise OutsideError(
            f"There is no installation in {settings.home}.",
            code="home-missing",
            remedy="Run `counterseal init`, or name another home with --home.",
        )
    engine = open_engine(settings.database_url)
    check_migrated(engine)
    log = open_log(engine, LOG_NAME, open_keyring(settings.keys), Guard(settings.guard_url))
    reader = Reader(log)
    submitter = Submitter(log, make_decide(_load_from(reader)), now=now)
    return Wiring(settings, engine, log, reader, submitter, now)


def generator() -> str:
    """The program's name and version."""
    return f"counterseal {metadata.version('counterseal')}"


def default_policy() -> PolicyActivated:
    """The policy that ships, as the event that first puts it in force."""
    file = resources.files("policies") / "bundles" / "default" / "policy.yaml"
    document = load_document(file.read_text(encoding="utf-8"), name="default/policy.yaml")
    return PolicyActivated(
        policy=document.id,
        digest=document_digest(document),
        document=document.canonical(),
    )


def _load_from(reader: Reader) -> Callable[[str], Document]:
    """Documents by digest, read from the entry that put the one in force."""

    def load(digest: str) -> Document:
        _, event = reader.policy()
        return _document(digest, event.document)

    return load


def _document(digest: str, fields: dict[str, object]) -> Document:
    document = Document.from_canonical(fields)
    if document_digest(document) != digest:
        raise OutsideError("The policy in force is not the one its digest names.")
    return document


def _make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.home, settings.keys, settings.reports):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideError(
            f"The home {settings.home} can't be written: {error.strerror}.",
            code="home-unwritable",
            remedy="Name another home with --home.",
        ) from error


def _create_seal(settings: Settings, name: str, moment: datetime) -> str:
    """Make the P-256 key and self-signed certificate that seal PDFs; returns its fingerprint."""
    from webui.reports.pdf.seal import make_seal_certificate

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    until = moment + timedelta(days=365 * _SEAL_YEARS)
    certificate = make_seal_certificate(f"Counterseal {name}", key, moment, until)
    write_secret(settings.keys / SEAL_KEY, pem)
    write_secret(settings.keys / SEAL_CERTIFICATE, certificate)
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()
