"""A condition in words, as somebody reads it who does not read conditions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.expression.parse import Both, Call, Either, Field, Items, Literal, Not, Relation
from policies.fields import DIFFERENCE_PREFIX, DRIFT_PREFIX, METRIC_PREFIX

if TYPE_CHECKING:
    from policies.expression.parse import Node

_SIGNS: Final = {
    "==": "is",
    "!=": "is not",
    ">=": "is at least",
    ">": "is more than",
    "<=": "is at most",
    "<": "is less than",
}
_INSTANTS: Final = {
    ">=": "is on or after",
    ">": "is after",
    "<=": "is on or before",
    "<": "is before",
}
_NOUNS: Final = {
    "model.name": "the model",
    "model.task": "the model's task",
    "model.risk_tier": "the model's risk tier",
    "model.purposes": "the model's purposes",
    "model.tags": "the model's tags",
    "version.state": "the version's state",
    "version.days_past_sunset": "the days since its deprecation's day",
    "version.registered": "the time of its registration",
    "version.data_classes": "the classes of its data",
    "lineage.code_commit": "the code commit",
    "lineage.code_dirty": "uncommitted changes went in",
    "lineage.data_sets": "its data sets",
    "lineage.recalled": "it, or anything it was made from, is recalled",
    "lineage.weak": "the kinds of weak links in its lineage",
    "metadata.missing": "the required fields that are missing",
    "metadata.disputed": "the fields on which sources disagree",
    "metadata.required": "every required field is there",
    "metadata.source": "the source that says it",
    "documentation.missing": "the required sections that nobody signed",
    "documentation.required": "every required section is signed",
    "target.environment": "the environment",
    "running.any": "a version of the model runs there",
    "running.version": "the version that runs there",
    "evaluation.age_days": "the age of the oldest metric in days",
    "actor.type": "the asker's type",
    "actor.via": "the asker's way of signing in",
    "actor.second_factor": "the asker signed in with a second factor",
    "actor.roles": "the asker's roles",
    "ci.ref": "the ref of the CI job",
    "ci.ref_protected": "the ref of the CI job is protected",
    "ci.environment": "the environment of the CI job",
    "passkey.own": "the key is that of whoever asked for it first",
    "grant.role": "the role",
    "grant.to_self": "the asker is the receiver",
    "grant.receiver_type": "the receiver's type",
    "grant.receiver_roles": "the receiver's roles",
    "grant.days": "the days of the role",
    "grant.unlimited": "the role has neither limits nor an end",
    "reviews.access_overdue": "the access reviews that are overdue",
    "enrol.actor_type": "the type of who is enrolled",
    "directory.administrators": "the number of administrators",
    "delegation.role": "the role that is delegated",
    "delegation.days": "the days of the delegation",
    "exception.minutes": "the minutes of the exception",
    "exception.uses": "the uses of the exception",
    "exception.review_days": "the days until the review of the exception",
    "reviews.of_monitoring": "the number of open reviews of what monitoring saw here",
    "reviews.overdue": "the reviews that are overdue",
    "reviews.overdue_here": "the number of overdue reviews of this model here",
    "approval.pack": "the digest of what the approver was shown",
    "review.of": "the kind that is reviewed",
    "change.proposed": "the kind that is proposed",
    "registry.change": "what changed in the other registry",
    "registry.name": "the name that changed there",
    "registry.signature": "the signature of the git tag",
    "registry.source": "the other registry",
    "registry.told_by": "how the change became known",
    "policy.changes_itself": "the new policy is another than the one in force",
}


def words(node: Node) -> str:  # noqa: PLR0911 (one return per kind of node)
    """A condition as part of a sentence."""
    if isinstance(node, Field):
        return noun(node.path)
    if isinstance(node, Call):
        thing = noun(node.field.path)
        return f"{thing} is recorded" if node.name == "has" else f"the number of {_bare(thing)}"
    if isinstance(node, Not):
        return f"it is not so that {words(node.part)}"
    if isinstance(node, (Both, Either)):
        joined = " and " if isinstance(node, Both) else " or "
        return joined.join(_grouped(part) for part in node.parts)
    if isinstance(node, Relation):
        return _relation(node)
    if isinstance(node, Items):
        texts = [words(item) for item in node.items]
        return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"
    return _literal(node)


def noun(path: str) -> str:
    """What a fact is called; one that has no name here is called by its path."""
    if path in _NOUNS:
        return _NOUNS[path]
    if path.startswith(METRIC_PREFIX):
        return f"{path.removeprefix(METRIC_PREFIX)} on held-out data"
    if path.startswith(DIFFERENCE_PREFIX):
        name = path.removeprefix(DIFFERENCE_PREFIX)
        return f"{name} less that of the version that runs there"
    if path.startswith(DRIFT_PREFIX):
        return f"how much worse {path.removeprefix(DRIFT_PREFIX)} is seen than at approval"
    return path


def _relation(node: Relation) -> str:
    left, right = words(node.left), words(node.right)
    if node.sign == "in":
        if isinstance(node.left, Literal):
            return f"{right} include {left}"
        return f"{left} is {right}" if isinstance(node.right, Items) else f"{right} include {left}"
    instants = any(
        isinstance(side, Literal) and isinstance(side.value, datetime)
        for side in (node.left, node.right)
    )
    return f"{left} {(_INSTANTS if instants else _SIGNS).get(node.sign, _SIGNS[node.sign])} {right}"


def _grouped(node: Node) -> str:
    text = words(node)
    return f"({text})" if isinstance(node, (Both, Either)) else text


def _literal(literal: Literal) -> str:
    value = literal.value
    if isinstance(value, bool):
        return "always" if value else "never"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return value.replace("_", " ")


def _bare(thing: str) -> str:
    return thing.removeprefix("the ").removeprefix("its ")
