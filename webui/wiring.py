"""The only place that joins store, keys, clock, policy and the ledger's door.

``create`` makes a new installation in an empty home, ``open_home`` opens one. Both give a
``Wiring``, which everything above is handed.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger import clock
from ledger.allowance import Limits
from ledger.core.encoding import canonical
from ledger.errors import ConflictError, InputError, OutsideError
from ledger.events.actor import Actor
from ledger.events.names import format_instant
from ledger.genesis import create_log
from ledger.keys.keyring import create_keyring, open_keyring
from ledger.keys.signer import read_secret, write_secret
from ledger.log import has_log, open_log
from ledger.publication import read_trust_policy
from ledger.query import Reader
from ledger.rewrap import settle
from ledger.state.policy_parts import PolicyPart
from ledger.store.database import open_engine
from ledger.store.guards import Shared, open_guard, shared
from ledger.store.migrate import check_migrated, migrate
from ledger.submit import Submitter
from policies import Document, document_digest, make_decide
from policies.filed import activation, whole
from policies.replay import Replayer
from policies.shipped import shipped_policy
from webui.beside import beside
from webui.identity.issuers import IssuerKeys
from webui.identity.schema import prepare
from webui.identity.tokens import no_longer_good
from webui.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

    from ledger.events.assurance import PolicyActivated
    from ledger.keys.keyring import Keyring
    from ledger.log import Log
    from ledger.state.decide import Decide
    from ledger.state.redecide import Redecide
    from webui.settings import Settings

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
    decide: Decide
    now: Callable[[], datetime]
    accesses: Recorder
    issuers: IssuerKeys = field(default_factory=IssuerKeys)

    @property
    def is_demo(self) -> bool:
        """Whether this is a demonstration, whose reports say so on every page."""
        return self.log.origin.startswith(DEMO_PREFIX)

    @property
    def service(self) -> Actor:
        """The service itself, as an actor."""
        return Actor(id=self.log.service, type="service", via="service")

    def policy(self) -> Document:
        """The policy in force."""
        return policy_of(self.reader)

    def redecide(self) -> Redecide:
        """What takes the decisions of a ledger again: a fresh one for each audit."""
        return Replayer()

    def session_key(self) -> bytes:
        """What sessions are signed with."""
        return read_secret(self.settings.keys / SESSION_KEY)

    def seal(self) -> tuple[bytes, bytes]:
        """Key and certificate (PEM) that seal reports."""
        keys = self.settings.keys
        return read_secret(keys / SEAL_KEY), (keys / SEAL_CERTIFICATE).read_bytes()

    def seal_fingerprint(self) -> str:
        """SHA-256 of the seal's certificate in DER."""
        return _fingerprint(self.seal()[1])

    def close(self) -> None:
        """Answer what waits and give back connections."""
        self.accesses.close()
        self.submitter.close()
        self.log.guard.close()
        self.log.keyring.close()
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
        InputError: ``guard-shares-database``.
        OutsideError: the home, the database or the guard can't be written.
    """
    _make_folder(settings.home)
    _make_folder(settings.reports)
    engine = open_engine(settings.database_url)
    try:
        migrate(engine)
        prepare(engine)
        if has_log(engine):
            raise ConflictError(
                "This home's database holds an installation already.",
                code="home-exists",
                remedy="Use it as it is, or name another home with --home.",
            )
        _prepare_guard(settings, engine)
        name = f"{DEMO_PREFIX if demo else ''}{origin or new_origin(settings.log)}"
        if not settings.keys.exists():
            _create_keys(settings, name, now())
        _begin(settings, engine, name, now())
    finally:
        engine.dispose()
    return open_home(settings, now=now)


def new_origin(log: str) -> str:
    """A random origin for a log of this name, for who did not choose one."""
    return f"counterseal.local/{secrets.token_hex(4)}/{log}"


def _prepare_guard(settings: Settings, engine: Engine) -> None:
    """Find out that the guard can be one, before there is anything that needs it.

    Raises:
        InputError: ``guard-shares-database``.
        OutsideError: ``guard-failed``.
    """
    guard = open_guard(settings.guard_url)
    try:
        guard.prepare()
        close = shared(engine, guard)
    finally:
        guard.close()
    if close is Shared.DATABASE:
        raise InputError(
            f"{close.value}.",
            code="guard-shares-database",
            remedy="Name another place with COUNTERSEAL_GUARD_URL: a folder on another disk "
            "(file:///FOLDER), an object store (s3://BUCKET/PREFIX) or another server.",
        )


def _begin(settings: Settings, engine: Engine, origin: str, moment: datetime) -> None:
    """Write the first entries: the last step, before which there is no installation."""
    guard = open_guard(settings.guard_url)
    certificate = (settings.keys / SEAL_CERTIFICATE).read_bytes()
    create_log(
        engine,
        guard,
        _keyring(settings),
        name=settings.log,
        origin=origin,
        policy=default_policy(),
        seal_certificate=_fingerprint(certificate),
        generator=generator(),
        now=moment,
    )
    guard.close()


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
    keyring = _keyring(settings)
    with ExitStack() as opening:
        opening.callback(keyring.close)
        engine = open_engine(settings.database_url)
        opening.callback(engine.dispose)
        check_migrated(engine)
        guard = open_guard(settings.guard_url)
        opening.callback(guard.close)
        log = open_log(engine, settings.log, keyring, guard)
        settle(log)
        log.trust = read_trust_policy(settings.trust_policy, log)
        opening.pop_all()
    reader = Reader(log)
    decide = make_decide(_load_from(reader))
    submitter = Submitter(
        log,
        decide,
        now=now,
        refuse=lambda connection, actors: no_longer_good(connection, actors, format_instant(now())),
        limits=Limits(settings.refusals_an_hour, settings.commands_an_hour),
        beside=beside(
            reader,
            lambda: policy_of(reader),
            lambda: read_secret(settings.keys / SESSION_KEY),
            now,
        ),
        allowed=settings.personal_data_allowed,
    )
    recorder = Recorder(engine, log.log_id, now)
    return Wiring(settings, engine, log, reader, submitter, decide, now, recorder)


def _keyring(settings: Settings) -> Keyring:
    return open_keyring(settings.log_keys, passphrase_of(settings))


def passphrase_of(settings: Settings) -> bytes:
    """The passphrase of the log's keys, from its file; empty where none is set.

    Raises:
        OutsideError: the file can't be read, or others can read it.
    """
    file = settings.key_passphrase_file
    return b"" if file is None else read_secret(file).rstrip(b"\r\n")


def generator() -> str:
    """The program's name and version."""
    return f"counterseal {metadata.version('counterseal')}"


def default_policy() -> PolicyActivated:
    """The policy that ships, which fits in an entry, as the event that first puts it in force."""
    event, _ = activation(shipped_policy(), None)
    return event


def policy_of(reader: Reader) -> Document:
    """The policy in force."""
    _, event = reader.policy()
    return _document(event.digest, policy_fields(reader, event))


def policy_fields(reader: Reader, event: PolicyActivated) -> dict[str, Any]:
    """The plain data of the document that an event of the ledger puts in force, or proposes.

    Raises:
        PolicyError: a part of it is not on file.
    """
    return whole(event, parts_on_file(reader, event.parts or ()).get)


def parts_on_file(reader: Reader, digests: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The parts of policies that are on file, of those with these digests."""
    found = (reader.state_of(PolicyPart, digest) for digest in digests)
    return {part.digest: part.fields for part in found if part is not None}


def _load_from(reader: Reader) -> Callable[[str], Document]:
    """Documents by digest, read from the entry that put the one in force."""

    def load(digest: str) -> Document:
        _, event = reader.policy()
        return _document(digest, policy_fields(reader, event))

    return load


def _document(digest: str, fields: dict[str, Any]) -> Document:
    return _read_document(digest, canonical(fields))


@lru_cache(maxsize=4)
def _read_document(digest: str, data: bytes) -> Document:
    """The document that ``data`` is, read once for all pages that show it."""
    document = Document.from_canonical(orjson.loads(data))
    if document_digest(document) != digest:
        raise OutsideError("The policy in force is not the one its digest names.")
    return document


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutsideError(
            f"The folder {folder} can't be made: {error.strerror}.",
            code="home-unwritable",
            remedy="Name another home with --home.",
        ) from error


def _create_keys(settings: Settings, name: str, moment: datetime) -> None:
    """Make all keys beside their place, then move them there at once: all of them or none."""
    partial = settings.home / f"keys.partial-{secrets.token_hex(4)}"
    create_keyring(partial, passphrase_of(settings))
    if settings.log_keys != settings.keys:
        create_keyring(partial / settings.log, passphrase_of(settings))
    write_secret(partial / SESSION_KEY, secrets.token_bytes(32))
    _create_seal(partial, name, moment)
    try:
        partial.rename(settings.keys)
    except OSError as error:
        raise OutsideError(
            f"The keys can't be put in place: {error.strerror}.", code="home-unwritable"
        ) from error


def _create_seal(folder: Path, name: str, moment: datetime) -> None:
    """Make the P-256 key and self-signed certificate that seal PDFs."""
    from webui.reports.pdf.seal import make_seal_certificate

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    until = moment + timedelta(days=365 * _SEAL_YEARS)
    certificate = make_seal_certificate(f"Counterseal {name}", key, moment, until)
    write_secret(folder / SEAL_KEY, pem)
    write_secret(folder / SEAL_CERTIFICATE, certificate)


def _fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate in DER."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()
