"""How a report says things: kinds of event, times, entry numbers, lengths of time.

All times are UTC and say so once, at the head of a table. Entry numbers that follow each other are
drawn together.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from ledger.events.names import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policies.controls.scope import Scope

KIND_WORDS: Final = {
    "log.created": "Ledger created",
    "actor.enrolled": "Person or machine enrolled",
    "role.granted": "Role granted",
    "role.revoked": "Role revoked",
    "access.digested": "Access log digested",
    "activity.reviewed": "Activity reviewed",
    "access.review_opened": "Access review opened",
    "access.row_reviewed": "Role kept or removed in an access review",
    "access.reviewed": "Access review completed",
    "inventory.reconciled": "List from elsewhere reconciled",
    "registry.changed": "Registry elsewhere changed",
    "run.observed": "Run elsewhere observed",
    "identity.linked": "Accounts of one person linked",
    "identity.unlinked": "Account unlinked",
    "recovery.allowed": "Start anew allowed",
    "key.enrolled": "Passkey of a person enrolled",
    "key.revoked": "Passkey of a person revoked",
    "role.delegated": "Role delegated for a time",
    "delegation.ended": "Delegation ended",
    "publisher.trusted": "CI publisher trusted",
    "publisher.removed": "CI publisher removed",
    "workload.key_enrolled": "Workload's key enrolled",
    "workload.key_revoked": "Workload's key revoked",
    "exception.opened": "Exception opened",
    "exception.used": "Exception used",
    "exception.closed": "Exception closed",
    "review.required": "Review demanded",
    "review.completed": "Review completed",
    "recall.placed": "Data set or model recalled",
    "recall.lifted": "Recall lifted",
    "hold.placed": "Hold placed: nothing of it is destroyed",
    "hold.released": "Hold released",
    "erasure.requested": "Erasure asked for",
    "erasure.approved": "Erasure approved",
    "erasure.refused": "Erasure refused by a person",
    "subject.erased": "Personal data erased",
    "subject.rectified": "Personal data put right",
    "model.registered": "Model registered",
    "version.registered": "Version registered",
    "evidence.attached": "Document attached",
    "metrics.observed": "Metrics measured",
    "version.deprecated": "Version deprecated",
    "deprecation.acknowledged": "Deprecation acknowledged",
    "version.archived": "Version archived",
    "schema.activated": "Schema of metadata put in force",
    "metadata.stated": "Metadata stated by a source",
    "documentation.signed": "Section of documentation signed",
    "metadata.settled": "Dispute over metadata decided",
    "release.requested": "Release asked for",
    "release.assigned": "People asked to look at a release",
    "release.commented": "Comment on a release",
    "release.approved": "Release approved",
    "release.rejected": "Release refused by a person",
    "release.withdrawn": "Release request withdrawn",
    "approval.revoked": "Approval taken back",
    "rejection.lifted": "Refusal lifted",
    "release.granted": "Release granted by the policy",
    "release.lapsed": "Release lapsed",
    "deployment.recorded": "Deployed",
    "deployment.rolled_back": "Rolled back",
    "deployment.stopped": "Deployment stopped",
    "policy.activated": "Policy put in force",
    "policy.filed": "Part of a policy filed",
    "change.proposed": "Change proposed",
    "change.approved": "Proposed change approved",
    "change.rejected": "Proposed change refused by a person",
    "change.withdrawn": "Proposal withdrawn",
    "access.denied": "Attempt refused by the policy",
    "incident.opened": "Incident opened",
    "incident.closed": "Incident closed",
    "statement.signed": "Statement signed",
    "control.set_aside": "Control set aside by a person",
    "room.opened": "Outside auditor let into a room",
    "room.closed": "Auditor's room closed",
    "room.asked": "Outside auditor asked",
    "room.answered": "Outside auditor answered",
    "framework.activated": "Own framework put in force",
    "framework.withdrawn": "Own framework withdrawn",
    "report.issued": "Report issued",
    "sample.opened": "Sample asked for",
    "sample.drawn": "Sample drawn",
    "sample.extended": "Rows added to a sample",
    "checkpoint.timestamped": "Checkpoint time-stamped",
    "key.rotated": "Key of the ledger replaced",
    "key.compromised": "Key said to be compromised",
    "root.named": "Root key named",
    "log.frozen": "Ledger ended, continued by another",
    "backup.verified": "Backup made and read back",
    "restore.tested": "Backup restored for practice",
    "backup.restored": "Ledger restored from a backup",
}
"""Every kind of event in a reader's words."""

CLASS_WORDS: Final = {
    "public": "public",
    "internal": "internal",
    "confidential": "confidential",
    "personal": "personal",
    "special_category": "special category",
    "phi": "health (PHI)",
}

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def minute(instant: str) -> str:
    """An RFC 3339 instant as "2026-03-09 14:05", in UTC."""
    return f"{instant[:10]} {instant[11:16]}"


def words(name: str) -> str:
    """A technical name as words: "risk_assessment" is "risk assessment"."""
    return name.replace("_", " ")


def ranges(numbers: Iterable[int], most: int = 12) -> str:
    """Entry numbers as "3, 7-12, 20"; past ``most`` parts, how many more there are."""
    parts: list[list[int]] = []
    ordered = sorted(set(numbers))
    for number in ordered:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    shown, rest = parts[:most], parts[most:]
    text = ", ".join(
        str(part[0]) if len(part) == 1 else f"{part[0]}\N{EN DASH}{part[-1]}" for part in shown
    )
    hidden = sum(len(part) for part in rest)
    return f"{text} and {hidden:,} more" if hidden else text or "\N{EN DASH}"


def seconds_between(earlier: str, later: str) -> int:
    """Whole seconds from one instant to another."""
    return int((parse_instant(later) - parse_instant(earlier)).total_seconds())


def duration(seconds: int) -> str:
    """A length of time in its two largest units: "3 d 4 h", "12 min"."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        hours, rest = divmod(seconds, _HOUR)
        return f"{hours} h {rest // _MINUTE} min" if rest >= _MINUTE else f"{hours} h"
    days, rest = divmod(seconds, _DAY)
    return f"{days} d {rest // _HOUR} h" if rest >= _HOUR else f"{days} d"


def middle(lengths: Sequence[int]) -> int:
    """The median, rounded down."""
    return int(median(lengths))


def scope_words(scope: Scope) -> str:
    """Which models in which environments, in words."""
    models = ", ".join(scope.models) or "All models"
    if scope.production == ("production",):
        return models
    return f"{models}; environments: {', '.join(scope.production)}"


def period_words(scope: Scope) -> str:
    """The period with both its days."""
    period = scope.period
    return f"{period.start.isoformat()} to {period.until.isoformat()} (UTC, both days included)"
