"""Parties: who somebody is in a case, apart from the roles they hold.

- registrant: registered the version. owner: answers for the model. requester: asked for the
  release. proposer: proposed the change. receiver: is enrolled, or is given or loses a role.
  approver: approved the release or the change. receiver and delegator of a delegation: who stands
  in, and for whom. participant: had a part in what is closed or reviewed,
  placed the hold, recorded the request for erasure or is whom it is about. refuser: refused the
  release, where a refusal is lifted.
- Not every kind of event has every party. A rule about a party that its kind lacks is refused at
  load: it would exclude nobody, ever.
"""

from __future__ import annotations

from typing import Final, Literal

from ledger.events.change import PROPOSABLE

Party = Literal[
    "registrant",
    "requester",
    "proposer",
    "owner",
    "receiver",
    "delegator",
    "participant",
    "approver",
    "refuser",
]

_OF_A_DELEGATION: Final = frozenset({"role.delegated", "delegation.ended"})
_OF_A_PERSON: Final = _OF_A_DELEGATION | {
    "actor.enrolled",
    "role.granted",
    "role.revoked",
    "identity.linked",
    "identity.unlinked",
    "recovery.allowed",
    "key.enrolled",
    "key.revoked",
    "access.row_reviewed",
}
OF_A_RELEASE: Final = frozenset(
    {
        "release.assigned",
        "release.commented",
        "release.approved",
        "release.rejected",
        "release.withdrawn",
        "approval.revoked",
        "release.granted",
        "deployment.recorded",
        "deployment.rolled_back",
        "deployment.stopped",
    }
)
"""Kinds that concern one release: the one they name, or the current one of their environment."""
OF_A_VERSION: Final = OF_A_RELEASE | {
    "evidence.attached",
    "metrics.observed",
    "documentation.signed",
    "version.deprecated",
    "deprecation.acknowledged",
    "version.archived",
    "release.requested",
}
ON_A_CHANGE: Final = frozenset({"change.approved", "change.rejected", "change.withdrawn"})
IN_AN_ENVIRONMENT: Final = OF_A_RELEASE | {"release.requested"}
"""Kinds that concern a model in an environment, so that an exception can be open for them."""
VOTED_ON: Final = OF_A_RELEASE | PROPOSABLE
"""Kinds that people can be asked to agree to: through a release, or through a proposal."""
_OF_A_REJECTION: Final = frozenset({"rejection.lifted"})
_KINDS: Final[dict[Party, frozenset[str]]] = {
    "registrant": OF_A_VERSION | _OF_A_REJECTION,
    "owner": OF_A_VERSION
    | _OF_A_REJECTION
    | {"version.registered", "metadata.stated", "metadata.settled"},
    "requester": OF_A_RELEASE | _OF_A_REJECTION,
    "refuser": _OF_A_REJECTION,
    "approver": VOTED_ON | ON_A_CHANGE,
    "proposer": PROPOSABLE | ON_A_CHANGE,
    "receiver": _OF_A_PERSON | ON_A_CHANGE,
    "delegator": frozenset({"delegation.ended"}),
    "participant": frozenset(
        {
            "exception.closed",
            "review.completed",
            "hold.released",
            "recall.lifted",
            "erasure.approved",
            "erasure.refused",
        }
    ),
}


def has_party(kind: str, party: Party) -> bool:
    """Whether a kind of event has a party."""
    return kind in _KINDS[party]
