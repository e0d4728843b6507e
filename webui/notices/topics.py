"""Topics: what somebody can ask to be told of, and the kinds of event that belong to each.

The last four are no kinds of event: a verdict that turned is worked out of many entries; a release
that waits and a ledger that is read-only are seen by the clock. ``reminder`` reaches those who
could approve without being asked for; so do reminders of access reviews those who could decide
them.
"""

from __future__ import annotations

from typing import Final

KINDS_OF: Final[dict[str, tuple[str, ...]]] = {
    "new_version": ("version.registered",),
    "approval_asked": ("release.requested",),
    "assigned": ("release.assigned",),
    "comment": ("release.commented",),
    "approval_given": ("release.approved", "release.granted"),
    "approval_refused": ("release.rejected", "rejection.lifted"),
    "release_ended": ("approval.revoked", "release.withdrawn", "release.lapsed"),
    "deployment": ("deployment.recorded", "deployment.rolled_back", "deployment.stopped"),
    "deprecation": ("version.deprecated", "deprecation.acknowledged", "version.archived"),
    "change": ("change.proposed", "change.approved", "change.rejected", "change.withdrawn"),
    "rules": ("policy.activated",),
    "access": (
        "role.granted",
        "role.revoked",
        "role.delegated",
        "delegation.ended",
        "identity.linked",
        "identity.unlinked",
        "recovery.allowed",
        "publisher.trusted",
        "publisher.removed",
        "workload.key_enrolled",
        "workload.key_revoked",
        "key.enrolled",
        "key.revoked",
    ),
    "exception": ("exception.opened", "exception.used", "exception.closed"),
    "review": ("review.required", "review.completed"),
    "access_review": ("access.review_opened", "access.reviewed"),
    "incident": ("incident.opened", "incident.closed"),
    "recall": ("recall.placed", "recall.lifted"),
    "denial": ("access.denied",),
}
ACCESS_REVIEW: Final = "access_review"
REMINDER: Final = "reminder"
ESCALATION: Final = "escalation"
ALARM: Final = "alarm"
VERDICT: Final = "verdict"
MONTHLY: Final = "monthly_report"
"""Told to the recipients of a report of every month, who did not ask for it themselves."""
OBLIGED: Final = "obliged"
"""Nothing to subscribe to: the policy asks that somebody is told of a kind without a topic."""

TOPIC_WORDS: Final = {
    "new_version": "New version",
    "approval_asked": "Approval asked for",
    "assigned": "Named people asked to look",
    "comment": "Comment on a release",
    "approval_given": "Approval given",
    "approval_refused": "Approval refused, or a refusal lifted",
    "release_ended": "Release or approval taken back",
    "deployment": "Deployment",
    "deprecation": "Deprecation",
    "change": "Change proposed or decided",
    "rules": "Rules changed",
    "access": "Role given, taken or lent; passkey enrolled or revoked",
    "exception": "Exception opened, used or closed",
    "review": "Review owed or made",
    "access_review": "Access review opened, due, late or completed",
    "incident": "Incident opened or closed",
    "recall": "Data set or model recalled",
    "denial": "Attempt refused by the policy",
    VERDICT: "Verdict of a control turned",
    ALARM: "Ledger read-only",
    REMINDER: "Release waits (reminder)",
    ESCALATION: "Release waits too long (escalation)",
}
_TOPIC_OF: Final = {kind: topic for topic, kinds in KINDS_OF.items() for kind in kinds}


def topic_of(kind: str) -> str:
    """The topic that a kind of event belongs to; empty where nobody is told of it."""
    return _TOPIC_OF.get(kind, "")


def topics_for(*, shared: bool, administrator: bool) -> tuple[str, ...]:
    """What can be subscribed to: on a shared channel everything; by a person what can reach one.

    Reminders reach those who could approve as it is; escalations are for administrators.
    """
    left_out = set() if shared else {REMINDER} | (set() if administrator else {ESCALATION})
    return tuple(topic for topic in TOPIC_WORDS if topic not in left_out)
