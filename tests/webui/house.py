"""A real installation in a temporary home, with people, tokens and a clock that tests can move."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.batch import Asked
from ledger.events.actor import Actor
from ledger.events.names import format_instant
from ledger.events.people import ActorEnrolled, RoleGranted
from ledger.genesis import new_actor_id
from webui.app import create_app
from webui.identity.scope import TokenScope
from webui.identity.tokens import create_token
from webui.settings import Settings
from webui.wiring import create, open_home

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from webui.wiring import Wiring

_KEYS = itertools.count()
EVERYTHING = TokenScope(kinds="*")


@dataclass
class Clock:
    """A clock that goes on by a second each time it is asked, and further when it is moved."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 9, 8, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def move(self, **by: float) -> None:
        """Go on by a stretch of time."""
        self.at += timedelta(**by)


@dataclass
class House:
    """An installation and what tests do with it. ``administrator`` is empty before set-up."""

    wiring: Wiring
    app: Flask
    clock: Clock
    administrator: str = ""
    ana: str = ""

    @property
    def size(self) -> int:
        """How many entries the ledger holds."""
        return self.wiring.log.head().size

    def appoint(self) -> None:
        """Enrol the first administrator, as the service does during set-up."""
        self.administrator = self._enrol(self.wiring.service, "Root", "", ("administrator",))

    def enrol(
        self, name: str = "Ana", email: str = "", *roles: str, actor_type: str = "person"
    ) -> str:
        """Enrol somebody with roles, as the administrator; the actor's id."""
        root = Actor(id=self.administrator, type="person", via="password")
        return self._enrol(root, name, email, roles, actor_type)

    def _enrol(
        self,
        by: Actor,
        name: str,
        email: str,
        roles: tuple[str, ...],
        actor_type: str = "person",
    ) -> str:
        actor_id = new_actor_id()
        person = {"name": name, "email": email} if email else {"name": name}
        asked = [Asked(ActorEnrolled(actor_id=actor_id, actor_type=actor_type, **person))]
        end = format_instant(self.clock.at + timedelta(days=90))
        asked += [
            Asked(
                RoleGranted(actor_id=actor_id, role=role, until=end if role == "auditor" else None)
            )
            for role in roles
        ]
        for receipt in self.wiring.submitter.submit_batch(by, asked):
            assert receipt.outcome == "allow", receipt.decision
        return actor_id

    def token(self, actor_id: str, scope: TokenScope = EVERYTHING, days: int = 1) -> str:
        """A token of an actor; its secret."""
        return create_token(
            self.wiring,
            actor_id=actor_id,
            label="test",
            scope=scope,
            days=days,
            created_by=actor_id,
        )[1]

    def client(self) -> FlaskClient:
        """A browser."""
        return self.app.test_client()

    def api(self, secret: str) -> Api:
        """A program that calls the API with a token."""
        return Api(self.app.test_client(), secret)


@dataclass
class Api:
    """A client of the API with its token."""

    client: FlaskClient
    secret: str

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET below ``/api/v1``."""
        return self._open("GET", path, options)

    def head(self, path: str, **options: Any) -> TestResponse:
        """HEAD below ``/api/v1``."""
        return self._open("HEAD", path, options)

    def put(self, path: str, **options: Any) -> TestResponse:
        """PUT below ``/api/v1``."""
        return self._open("PUT", path, options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE below ``/api/v1``."""
        return self._open("DELETE", path, options)

    def post(self, path: str, **options: Any) -> TestResponse:
        """POST below ``/api/v1``."""
        return self._open("POST", path, options)

    def submit(self, kind: str, event: object, key: str = "") -> TestResponse:
        """Submit a command, under a fresh key if none is given."""
        headers = {"Idempotency-Key": key or f"key-{next(_KEYS)}"}
        return self.post("/events", json={"kind": kind, "event": event}, headers=headers)

    def submit_bytes(self, body: bytes, key: str = "bytes") -> TestResponse:
        """Submit bytes as they are."""
        headers = {"Idempotency-Key": key}
        return self.post("/events", data=body, headers=headers, content_type="application/json")

    def _open(self, method: str, path: str, options: dict[str, Any]) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", **options.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)


def build(
    folder: Path,
    database_url: str = "",
    *,
    empty: bool = False,
    private_issuers: tuple[str, ...] = (),
) -> House:
    """Make an installation in ``folder``, with an administrator unless it shall be empty."""
    clock = Clock()
    wiring = create(_settings(folder, database_url, private_issuers), now=clock)
    house = House(wiring, create_app(wiring), clock)
    if not empty:
        house.appoint()
    return house


@dataclass(frozen=True)
class Kept:
    """A house that was closed, of which tests take copies: the same log, keys and people."""

    home: Path
    at: datetime
    administrator: str

    @classmethod
    def of(cls, house: House) -> Kept:
        """Close a house and keep it."""
        house.wiring.close()
        return cls(house.wiring.settings.home, house.clock.at, house.administrator)

    def copied(self, folder: Path) -> House:
        """A copy in ``folder``, open: a tenth of the work of making one."""
        shutil.copytree(self.home, folder)
        clock = Clock(self.at)
        wiring = open_home(_settings(folder), now=clock)
        return House(wiring, create_app(wiring), clock, self.administrator)


def kept_folder() -> Path:
    """A folder that stays for as long as the process."""
    folder = Path(tempfile.mkdtemp(prefix="counterseal-kept-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _plain() -> Kept:
    return Kept.of(build(kept_folder() / "home"))


def copied(folder: Path) -> House:
    """As ``build``, on SQLite; but every copy of a run is the same log with the same keys."""
    return _plain().copied(folder)


def _settings(
    folder: Path, database_url: str = "", private_issuers: tuple[str, ...] = ()
) -> Settings:
    return Settings(
        home=folder,
        database_url=database_url or f"sqlite:///{folder / 'ledger.db'}",
        guard_url=f"sqlite:///{folder / 'guard.db'}",
        private_issuers=private_issuers,
    )
