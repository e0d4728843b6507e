"""A log in which Bo has a passkey and a release waits to be approved; and whoever forges that."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ledger.batch import Asked
from ledger.core.commitment import commit
from ledger.events.actor import Actor
from ledger.events.approval import ApprovalStatement, SignedHead
from ledger.events.catalogue import read_command
from ledger.events.names import format_instant
from ledger.state.approving import statement_of
from ledger.store.database import reading
from tests.tools.authenticator import Authenticator
from tests.tools.house import House, a_model, a_version, person

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.events.proof import WebAuthnProof
    from ledger.receipt import Receipt

BO = "b0" * 16
_OF = {"model": "churn", "version": "1.0.0"}


@dataclass
class Waiting:
    """A release that waits, and Bo's key, with the entry that enrolled it."""

    house: House
    passkey: Authenticator
    enrolled: int
    release: int

    @property
    def bo(self) -> Actor:
        return Actor(id=BO, type="person", via="password")

    def ask(self, environment: str = "staging") -> int:
        asked = read_command("release.requested", {**_OF, "environment": environment})
        return self.house.submit(asked).sequence

    def statement(self, **changes: Any) -> ApprovalStatement:
        """What the service would have Bo sign now."""
        from ledger.query import Reader

        head = self.house.log.head()
        with reading(self.house.log.engine) as connection:
            found = statement_of(
                Reader(self.house.log).registry(connection),
                release=self.release,
                decision="approve",
                actor=BO,
                head=SignedHead(size=head.size, root=head.root.hex()),
                reason=None,
                expires=format_instant(self.house.clock.moment + timedelta(minutes=10)),
                nonce=secrets.token_hex(16),
            )
        return found.model_copy(update=changes)

    def event(self, said: ApprovalStatement, **changes: Any) -> Event:
        fields: dict[str, Any] = {"release": said.release, "artifact": said.artifact}
        if said.decision == "approve":
            return read_command("release.approved", {**fields, "pack": said.pack, **changes})
        return read_command("release.rejected", {**fields, "reason": "No", **changes})

    def submit(
        self,
        said: ApprovalStatement,
        proof: WebAuthnProof,
        event: Event | None = None,
        salts: dict[str, bytes] | None = None,
        actor: Actor | None = None,
    ) -> Receipt:
        asked = Asked(event or self.event(said), said.nonce, proof, salts or {})
        return self.house.submitter.submit_batch(actor or self.bo, [asked])[0]

    def approve(self, **changes: Any) -> Receipt:
        said = self.statement(**changes)
        return self.submit(said, self.passkey.approve(said, self.enrolled))


def a_release_that_waits(house: House, **key: Any) -> Waiting:
    house.submit(person("Bo", BO))
    house.submit(a_model(BO))
    house.submit(a_version())
    house.submit(a_version(version="1.1.0", digest="c1" * 32))
    passkey = Authenticator(BO, **key)
    enrolled = house.submit(passkey.enrolment()).sequence
    asked = read_command("release.requested", {**_OF, "environment": "production"})
    return Waiting(house, passkey, enrolled, house.submit(asked).sequence)


def salted(field: str, text: str) -> tuple[bytes, str]:
    """A salt, and the commitment under it."""
    salt = hashlib.sha256(text.encode()).digest()
    return salt, commit(salt, field, text)
