"""The catalogue of facts that conditions may name.

Each has a type and the events that record it; none is personal data. Metrics are added by the
document that declares them, as ``evaluation.NAME``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from policies.expression.check import Type

METRIC_PREFIX: Final = "evaluation."


@dataclass(frozen=True)
class FieldEntry:
    """A fact: its type, what it says, and which kind of event records it."""

    type: Type
    about: str
    recorded_by: str


FIELDS: Final[dict[str, FieldEntry]] = {
    "model.name": FieldEntry("text", "The model's name", "model.registered"),
    "model.task": FieldEntry("text", "What kind of answer it gives", "model.registered"),
    "model.risk_tier": FieldEntry("text", "low, medium, high, prohibited", "model.registered"),
    "model.purposes": FieldEntry("texts", "What it may be used for", "model.registered"),
    "version.state": FieldEntry("text", "registered, deprecated or archived", "version.registered"),
    "version.data_classes": FieldEntry(
        "texts", "Classifications of its data sets", "version.registered"
    ),
    "lineage.code_commit": FieldEntry("text", "The commit it was built from", "version.registered"),
    "lineage.code_dirty": FieldEntry(
        "truth", "Whether uncommitted changes went in", "version.registered"
    ),
    "lineage.data_sets": FieldEntry("texts", "Names of its data sets", "version.registered"),
    "target.environment": FieldEntry("text", "Where it shall run", "release.requested"),
    "evaluation.age_days": FieldEntry(
        "number", "Whole days since the oldest held-out metric", "metrics.observed"
    ),
    "actor.type": FieldEntry("text", "person, workload or service", "actor.enrolled"),
    "actor.via": FieldEntry("text", "How the asker signed in", "the request"),
    "actor.roles": FieldEntry("texts", "Roles the asker holds now", "role.granted"),
    "grant.role": FieldEntry("text", "The role that is given or taken", "the request"),
    "grant.to_self": FieldEntry("truth", "Whether the asker is the receiver", "the request"),
    "grant.receiver_type": FieldEntry("text", "What kind of actor receives it", "actor.enrolled"),
    "grant.receiver_roles": FieldEntry("texts", "Roles the receiver holds now", "role.granted"),
    "enrol.actor_type": FieldEntry("text", "What kind of actor is enrolled", "the request"),
    "directory.administrators": FieldEntry(
        "number", "How many hold the role administrator", "role.granted"
    ),
    "policy.changes_itself": FieldEntry(
        "truth", "Whether the new policy is another than the one in force", "the request"
    ),
}
