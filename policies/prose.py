"""A whole document in sentences, gate by gate, for whoever must answer for it.

Says what the rules say and nothing that they don't; where a form of requirement is new here, it is
told by what it is set to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from policies.describe import describe, describe_review
from policies.expression.parse import parse
from policies.expression.words import words
from policies.period import period_in_words
from policies.reasons import humanize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.document import Document, Gate

_TOLD: Final = frozenset(
    {"id", "event", "title", "when", "require", "controls", "warn_until", "afterwards"}
)


@dataclass(frozen=True)
class Section:
    """A heading and the sentences under it; ``lead`` says what it is about, or is empty."""

    heading: str
    lead: str
    sentences: tuple[str, ...]


def tell(document: Document) -> tuple[Section, ...]:
    """A document as sections of sentences."""
    return (
        Section(document.title, document.summary, tuple(_frame(document))),
        *(_gate(gate) for gate in document.gates),
    )


def _frame(document: Document) -> Iterator[str]:
    yield (
        f"{len(document.opens)} kinds of event are open; any other is refused. All gates of a kind "
        "that apply must be met, and what was never recorded meets nothing."
    )
    for role, about in sorted(document.roles.items()):
        yield f"Role {humanize(role)}: {about}."
    for name, metric in sorted(document.metrics.items()):
        better = "higher" if metric.higher_is_better else "lower"
        yield f"Metric {name}: {metric.about}; {better} is better."
    for name, field in sorted((document.metadata or {}).items()):
        yield f"Metadata {name}: {field.about}."
    for freeze in getattr(document, "calendar", None) or ():
        name = humanize(freeze.id)
        yield f"Window {name}: {freeze.title}, {_window(freeze)}, {freeze.zone} time."
    for rule in getattr(document, "retention", None) or ():
        kept = f"{period_in_words(rule.keep)} {_SINCE[rule.since]}"
        yield f"Kept: what belongs to {', '.join(rule.events)}, for {kept} ({rule.basis})."


_SINCE: Final = {
    "recorded": "from the day of the entry",
    "last_in_use": "from the day on which the version ran last",
    "placed": "from the day on which the version was last put into production",
}


def _window(freeze: Any) -> str:
    if freeze.weekly is not None:
        return f"every week from {freeze.weekly.starts} to {freeze.weekly.ends}"
    return f"from {freeze.starts.replace('T', ' ')} to {freeze.ends.replace('T', ' ')}"


def _gate(gate: Gate) -> Section:
    where = f" where {words(parse(gate.when))}" if gate.when is not None else ""
    lead = f"Before {gate.event}{where}:"
    return Section(gate.title, lead, (*_requirements(gate), *_rest(gate)))


def _requirements(gate: Gate) -> Iterator[str]:
    for item in gate.require:
        text = describe(item)
        if item.check is not None:
            text = f"{text} (that is: {words(parse(item.check))})"
        yield f"{text}."


def _rest(gate: Gate) -> Iterator[str]:
    warn_until = getattr(gate, "warn_until", None)
    if warn_until:
        yield f"Until the end of {warn_until} this only warns; from the next day on it refuses."
    for name in type(gate).model_fields:
        value = getattr(gate, name)
        if name not in _TOLD and value not in (None, (), False):
            yield f"{humanize(name).capitalize()}: {told(value)}."
    for review in gate.afterwards:
        yield f"{describe_review(review)}."
    if gate.controls:
        yield f"This serves {', '.join(gate.controls)}."


def told(value: Any) -> str:
    """Any setting in words, for those that have no sentence of their own."""
    if hasattr(type(value), "model_fields"):
        parts = (
            f"{humanize(name)} {told(getattr(value, name))}"
            for name in type(value).model_fields
            if getattr(value, name) not in (None, (), False)
        )
        return "; ".join(parts)
    if isinstance(value, (tuple, list)):
        return ", ".join(told(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else humanize(str(value))
