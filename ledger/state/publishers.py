"""Trusted publishers as they stand, and whether an identity token's claims meet one.

``check_id_token`` holds an entry against the rule that was in force at its place: before it is
appended, and whenever entries are folded. So whoever verifies a ledger finds again, for every
command of a pipeline, that the rule admitted the claims that stand beside it. That the CI service
signed them was checked when the token came; the ledger keeps its SHA-256.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.assurance import AccessDenied
from ledger.events.names import parse_instant
from ledger.events.publisher import Provider
from ledger.state.aggregates import Aggregate, Search, number_key
from ledger.state.concerns import about

if TYPE_CHECKING:
    from ledger.events.event import Event
    from ledger.events.proof import IdTokenProof
    from ledger.state.place import Place
    from ledger.state.registry import Registry

EXCHANGED_MINUTES: Final = 10
"""How long a pipeline may act after its token was exchanged."""
SKEW: Final = timedelta(minutes=1)
"""How far the clocks of a CI service and of this ledger may be apart."""


class PublisherState(Aggregate):
    """A publisher, as its entry says. ``removed`` is the entry that ended the trust. Key: entry."""

    table: ClassVar[str] = "publisher"
    actor_id: str
    provider: Provider
    issuer: str
    audience: str
    repository_id: str
    owner_id: str
    ref: str | None = None
    ref_protected: bool | None = None
    ci_environment: str | None = None
    workflow: str | None = None
    kinds: tuple[str, ...]
    models: tuple[str, ...] | None = None
    deploys_to: tuple[str, ...] | None = None
    removed: int | None = None

    @property
    def key(self) -> str:
        """Its entry."""
        return number_key(self.since)

    def search(self) -> Search:
        """By workload, and whether it is trusted still."""
        return Search(actor=self.actor_id, status="trusted" if self.removed is None else "removed")

    @property
    def pins(self) -> int:
        """How many of the claims that may be left out it asks for."""
        asked = (self.ref, self.ref_protected, self.ci_environment, self.workflow)
        return sum(one is not None for one in asked)


def why_not(rule: PublisherState, proof: IdTokenProof) -> str:
    """The code of the first claim that does not meet a rule; empty where all do."""
    wrong = {
        "wrong-issuer": proof.issuer != rule.issuer,
        "wrong-audience": proof.audience != rule.audience,
        "wrong-repository": proof.repository_id != rule.repository_id,
        "wrong-owner": proof.owner_id != rule.owner_id,
        "wrong-ref": rule.ref is not None and not _matches(rule.ref, proof.ref),
        "ref-not-protected": bool(rule.ref_protected) and proof.ref_protected is not True,
        "wrong-environment": rule.ci_environment not in {None, proof.environment},
        "wrong-workflow": rule.workflow is not None and not _runs(rule.workflow, proof.workflow),
    }
    return next((code for code, is_wrong in wrong.items() if is_wrong), "")


def check_id_token(registry: Registry, proof: IdTokenProof, event: Event, place: Place) -> None:
    """Check that the rule in force admits the claims, the actor, the time and the event.

    Raises:
        ConflictError: it does not; nothing may be recorded.
        UnknownSubjectError: there is no such publisher.
    """
    rule = registry.find(PublisherState, number_key(proof.publisher))
    if rule is None:
        raise UnknownSubjectError("There is no such publisher.", code="publisher-unknown")
    if rule.removed is not None:
        raise _refused("publisher-removed", "This publisher is trusted no more.")
    if rule.actor_id != place.actor:
        raise _refused("wrong-workload", "This publisher speaks for another workload.")
    code = why_not(rule, proof)
    if code:
        raise _refused(code, "The claims of the identity token do not meet the publisher's rule.")
    now = parse_instant(place.at)
    until = parse_instant(proof.expires_at) + timedelta(minutes=EXCHANGED_MINUTES)
    if not parse_instant(proof.issued_at) - SKEW <= now <= until:
        raise _refused("id-token-time", "The identity token is not of this time.")
    check_scope(registry, rule, event, "publisher-scope")


class Reach(Protocol):
    """How far a publisher or a key reaches."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What may be submitted."""
        ...

    @property
    def models(self) -> tuple[str, ...] | None:
        """Of which models; all where None."""
        ...

    @property
    def deploys_to(self) -> tuple[str, ...] | None:
        """In which environments; all where None."""
        ...


def check_scope(registry: Registry, rule: Reach, event: Event, code: str) -> None:
    """Check that a command, or the one that was refused, is within reach.

    Raises:
        ConflictError: ``code``.
    """
    kind = event.attempted if isinstance(event, AccessDenied) else event.kind
    if kind not in rule.kinds:
        raise _refused(code, f"This workload may not submit {kind} so.")
    if rule.models is None and rule.deploys_to is None:
        return
    concerned = about(registry, event)
    if rule.models is not None and concerned.model not in rule.models:
        raise _refused(code, "This workload may not act on this model.")
    if rule.deploys_to is not None and concerned.environment not in {"", *rule.deploys_to}:
        raise _refused(code, "This workload may not act in this environment.")


def _matches(pattern: str, ref: str | None) -> bool:
    if ref is None:
        return False
    return ref.startswith(pattern[:-1]) if pattern.endswith("*") else ref == pattern


def _runs(wanted: str, workflow: str | None) -> bool:
    """With a ref in the rule, the very file at that ref; else the file at any."""
    if workflow is None:
        return False
    return workflow == wanted if "@" in wanted else workflow.partition("@")[0] == wanted


def _refused(code: str, sentence: str) -> ConflictError:
    return ConflictError(
        sentence, code=code, remedy="See the page Workloads and publishers for what is trusted now."
    )
