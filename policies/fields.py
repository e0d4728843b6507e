"""The catalogue of facts that conditions may name.

Each has a type, the event that records it, and whether it tells something about one person; none
holds a name, an address or an actor id. A field that can hold only certain texts says which, so
that a misspelt one is refused at load. Metrics are added by the document that declares them, as
``evaluation.NAME``, ``difference.NAME`` and ``drift.NAME``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.events.actor import Via
from ledger.events.change import PROPOSABLE
from ledger.events.model import Classification, RiskTier, Task
from ledger.events.people import ActorType
from ledger.events.registries import RegistryChange, Signature, ToldBy
from ledger.state.aggregates import LifeCycle
from ledger.state.weak_links import WEAKNESSES

if TYPE_CHECKING:
    from policies.expression.check import Type

METRIC_PREFIX: Final = "evaluation."
DIFFERENCE_PREFIX: Final = "difference."
"""``difference.NAME``: the metric of this version less that of the one that runs there now."""
DRIFT_PREFIX: Final = "drift."
"""``drift.NAME``: how much worse monitoring sees it than it was at approval; 0 if not known."""
METADATA_PREFIX: Final = "metadata."
"""``metadata.NAME``: a field of the organisation's schema that the document declares."""
METADATA_TYPES: Final[dict[str, Type]] = {"text": "text", "number": "number", "date": "instant"}
METRIC_PREFIXES: Final = (METRIC_PREFIX, DIFFERENCE_PREFIX, DRIFT_PREFIX)
Privacy = Literal["none", "about_a_person"]


@dataclass(frozen=True)
class FieldEntry:
    """A fact: its type, what it says, which kind of event records it, whom it tells about.

    ``values`` are the only texts it can hold; empty where there is no such list. ``holds_roles``
    means that it holds names of roles, which the document lists.
    """

    type: Type
    about: str
    recorded_by: str
    values: tuple[str, ...] = ()
    privacy: Privacy = "none"
    holds_roles: bool = False


def _of_a_person(
    type_: Type,
    about: str,
    recorded_by: str,
    values: tuple[str, ...] = (),
    *,
    holds_roles: bool = False,
) -> FieldEntry:
    return FieldEntry(type_, about, recorded_by, values, "about_a_person", holds_roles)


_REQUEST: Final = "the request"
FIELDS: Final[dict[str, FieldEntry]] = {
    "model.name": FieldEntry("text", "The model's name", "model.registered"),
    "model.task": FieldEntry(
        "text", "What kind of answer it gives", "model.registered", get_args(Task)
    ),
    "model.risk_tier": FieldEntry(
        "text", "low, medium, high, prohibited", "model.registered", get_args(RiskTier)
    ),
    "model.purposes": FieldEntry("texts", "What it may be used for", "model.registered"),
    "model.tags": FieldEntry("texts", "Tags it was registered with", "model.registered"),
    "version.state": FieldEntry(
        "text", "registered, deprecated or archived", "version.registered", get_args(LifeCycle)
    ),
    "version.registered": FieldEntry("instant", "When it was registered", "version.registered"),
    "version.days_past_sunset": FieldEntry(
        "number", "Whole days since the day its deprecation names", "version.deprecated"
    ),
    "version.data_classes": FieldEntry(
        "texts",
        "Classifications of its data sets",
        "version.registered",
        get_args(Classification),
    ),
    "lineage.code_commit": FieldEntry("text", "The commit it was built from", "version.registered"),
    "lineage.code_dirty": FieldEntry(
        "truth", "Whether uncommitted changes went in", "version.registered"
    ),
    "lineage.data_sets": FieldEntry("texts", "Names of its data sets", "version.registered"),
    "lineage.recalled": FieldEntry(
        "truth", "Whether it, or anything it was made from, is recalled", "recall.placed"
    ),
    "lineage.weak": FieldEntry(
        "texts", "Which of its links are weak, and how", "version.registered", WEAKNESSES
    ),
    "target.environment": FieldEntry("text", "Where it shall run", "release.requested"),
    "running.any": FieldEntry(
        "truth", "Whether a version of the model runs in the environment now", "deployment.recorded"
    ),
    "running.version": FieldEntry(
        "text", "The version that runs in the environment now", "deployment.recorded"
    ),
    "evaluation.age_days": FieldEntry(
        "number", "Whole days since the oldest held-out metric", "metrics.observed"
    ),
    "actor.type": _of_a_person(
        "text", "person, workload or service", "actor.enrolled", get_args(ActorType)
    ),
    "actor.via": _of_a_person("text", "How the asker signed in", _REQUEST, get_args(Via)),
    "actor.second_factor": _of_a_person(
        "truth", "Whether the asker signed in with a second factor", _REQUEST
    ),
    "actor.roles": _of_a_person(
        "texts", "Roles the asker holds now", "role.granted", holds_roles=True
    ),
    "ci.ref": FieldEntry("text", "The ref that the CI job ran for, by its id token", _REQUEST),
    "ci.ref_protected": FieldEntry(
        "truth", "Whether that ref is protected, by the job's id token", _REQUEST
    ),
    "ci.environment": FieldEntry(
        "text", "The CI service's environment of the job, by its id token", _REQUEST
    ),
    "grant.role": _of_a_person(
        "text", "The role that is given or taken", _REQUEST, holds_roles=True
    ),
    "grant.to_self": _of_a_person("truth", "Whether the asker is the receiver", _REQUEST),
    "grant.receiver_type": _of_a_person(
        "text", "What kind of actor receives it", "actor.enrolled", get_args(ActorType)
    ),
    "grant.receiver_roles": _of_a_person(
        "texts", "Roles the receiver holds now", "role.granted", holds_roles=True
    ),
    "enrol.actor_type": _of_a_person(
        "text", "What kind of actor is enrolled", _REQUEST, get_args(ActorType)
    ),
    "grant.days": _of_a_person(
        "number", "Days until the role that is given ends, begun ones counted", _REQUEST
    ),
    "grant.unlimited": _of_a_person(
        "truth", "Whether the role is given for every model and without an end", _REQUEST
    ),
    "directory.administrators": FieldEntry(
        "number", "How many hold the role administrator, for everything and always", "role.granted"
    ),
    "reviews.access_overdue": FieldEntry(
        "number", "Access reviews that should have been completed", "access.review_opened"
    ),
    "delegation.role": _of_a_person(
        "text", "The role in which somebody shall stand in", _REQUEST, holds_roles=True
    ),
    "delegation.days": FieldEntry(
        "number", "Days until the delegation ends, begun ones counted", _REQUEST
    ),
    "exception.minutes": FieldEntry(
        "number", "Minutes until the exception ends, begun ones counted", _REQUEST
    ),
    "exception.uses": FieldEntry("number", "How often the exception may be used", _REQUEST),
    "exception.review_days": FieldEntry(
        "number", "Days from the exception's end until its review is due", _REQUEST
    ),
    "reviews.of_monitoring": FieldEntry(
        "number", "Reviews owed of what monitoring saw of the model here", "review.required"
    ),
    "reviews.overdue": FieldEntry(
        "number", "Reviews after the fact that are past their day", "review.required"
    ),
    "reviews.overdue_here": FieldEntry(
        "number",
        "Reviews after the fact of this model, in this environment, that are past their day",
        "review.required",
    ),
    "approval.pack": FieldEntry(
        "text", "The digest of everything the approver was shown", _REQUEST
    ),
    "passkey.own": _of_a_person(
        "truth", "Whether the passkey is that of whoever asked for it first", _REQUEST
    ),
    "review.of": FieldEntry("text", "The kind of event that is reviewed", "review.required"),
    "change.proposed": FieldEntry(
        "text", "The kind of event that is proposed", "change.proposed", tuple(sorted(PROPOSABLE))
    ),
    "registry.change": FieldEntry(
        "text", "What a registry elsewhere did", _REQUEST, get_args(RegistryChange)
    ),
    "registry.name": FieldEntry(
        "text", "The alias, stage, tag or new name that a registry elsewhere gave", _REQUEST
    ),
    "registry.signature": FieldEntry(
        "text",
        "Whether the signature of the git tag that told it holds",
        _REQUEST,
        get_args(Signature),
    ),
    "registry.source": FieldEntry("text", "Which registry elsewhere did it", _REQUEST),
    "registry.told_by": FieldEntry("text", "How it became known here", _REQUEST, get_args(ToldBy)),
    "metadata.missing": FieldEntry(
        "texts", "Fields that the schema in force requires and that hold nothing", "metadata.stated"
    ),
    "metadata.disputed": FieldEntry(
        "texts", "Fields of which sources say different things, undecided", "metadata.stated"
    ),
    "metadata.required": FieldEntry(
        "truth", "True where every required field holds something, else unknown", "metadata.stated"
    ),
    "metadata.source": FieldEntry("text", "Who says what fields hold", _REQUEST),
    "documentation.missing": FieldEntry(
        "texts",
        "Sections of the version's documentation that are required and that nobody signed",
        "documentation.signed",
    ),
    "documentation.required": FieldEntry(
        "truth",
        "True where somebody signed every required section, else unknown",
        "documentation.signed",
    ),
    "policy.changes_itself": FieldEntry(
        "truth", "Whether the new policy is another than the one in force", _REQUEST
    ),
}
