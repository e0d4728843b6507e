"""Parties: who somebody is in a case, apart from the roles they hold.

- registrant: registered the version. owner: answers for the model. requester: asked for the
  release. receiver: is enrolled, or is given or loses a role. approver: approved the release.
- Not every kind of event has every party. A rule about a party that its kind lacks is refused at
  load: it would exclude nobody, ever.
"""

from __future__ import annotations

from typing import Final, Literal

Party = Literal["registrant", "requester", "owner", "receiver", "approver"]

_OF_A_PERSON: Final = frozenset({"actor.enrolled", "role.granted", "role.revoked"})
OF_A_RELEASE: Final = frozenset(
    {
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
    "version.deprecated",
    "version.archived",
    "release.requested",
}
_KINDS: Final[dict[Party, frozenset[str]]] = {
    "registrant": OF_A_VERSION,
    "owner": OF_A_VERSION | {"version.registered"},
    "requester": OF_A_RELEASE,
    "approver": OF_A_RELEASE,
    "receiver": _OF_A_PERSON,
}


def has_party(kind: str, party: Party) -> bool:
    """Whether a kind of event has a party."""
    return kind in _KINDS[party]
