"""T5 fields: is what must be said about a thing said, in the words that are admitted?

``required`` names fields; one that this ledger has no place for is never found by looking, so it
makes the finding insufficient and is named in its sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ledger.events.assurance import AccessDenied
from ledger.events.deployment import DeploymentRolledBack
from ledger.events.model import Classification, DataSet
from ledger.events.people import RoleGranted
from ledger.state.aggregates import DeploymentState, ModelState
from policies.controls.classes import in_words
from policies.controls.finding import Deviation, Tally, both, many
from policies.controls.primitives.arguments import Arguments

if TYPE_CHECKING:
    from ledger.state.history import Recorded
    from policies.controls.finding import Finding
    from policies.controls.material import Material

Subject = Literal["data_set", "model", "deployment", "role_grant", "rollback", "denial"]


class FieldsArguments(Arguments):
    """Which fields of which things. ``data`` keeps to data sets, or models, of such data.

    ``admitted`` narrows a field to some of its words.
    """

    subject: Subject
    required: tuple[str, ...] = Field(min_length=1)
    data: tuple[Classification, ...] = ()
    admitted: dict[str, tuple[str, ...]] = Field(default_factory=dict)


@dataclass(frozen=True)
class _Thing:
    """Something with fields: how it is called, where it stands and what is said of it."""

    name: str
    entries: tuple[int, ...]
    said: dict[str, object]


_NOUNS: dict[Subject, tuple[str, str, tuple[str, ...]]] = {
    "data_set": ("data set", "version.registered", tuple(DataSet.model_fields)),
    "model": ("model", "model.registered", tuple(ModelState.model_fields)),
    "deployment": ("deployment", "deployment.recorded", tuple(DeploymentState.model_fields)),
    "role_grant": ("role grant", "role.granted", (*RoleGranted.model_fields, "granted_by")),
    "rollback": ("roll-back", "deployment.rolled_back", tuple(DeploymentRolledBack.model_fields)),
    "denial": ("refused attempt", "access.denied", (*AccessDenied.model_fields, "reasons")),
}

_WORDS = {
    "legal_basis": "legal basis",
    "purposes": "purposes",
    "region": "region",
    "retain_until": "date until which it is kept",
    "de_identification": "method of de-identification",
    "art9_condition": "condition for special-category data",
    "decision_mode": "mode of decision (automated or not)",
    "oversight_role": "role that oversees it",
    "disclosures": "register of disclosures",
    "processor": "processor",
    "minimum_necessary": "statement of what is the minimum necessary",
    "attempted": "what was tried",
    "reasons": "why it was refused",
    "transmission_encryption": "how transmission is encrypted",
    "granted_by": "person who granted it",
}


def known_fields(subject: Subject) -> tuple[str, ...]:
    """The fields that the ledger has a place for."""
    return _NOUNS[subject][2]


def fields(material: Material, arguments: FieldsArguments) -> Finding:
    """T5: every field asked for is there and, where words are admitted, holds one of them."""
    return concluded(tallied(material, arguments), arguments)


def tallied(material: Material, arguments: FieldsArguments) -> Tally:
    """T5, thing by thing."""
    things = _things(material, arguments)
    unknown = _unknown(arguments)
    exceptions = tuple(
        Deviation(thing.entries, f"{thing.name}: {'; '.join(lacks)}.")
        for thing in things
        if (lacks := _lacks(thing, arguments, unknown))
    )
    return Tally(
        population=len(things),
        tested=len(things),
        exceptions=exceptions,
        entries=both(*(thing.entries for thing in things)),
    )


def concluded(tally: Tally, arguments: FieldsArguments) -> Finding:
    """What follows for T5 from a tally: fields without a place are missing, whatever there is."""
    noun, source, _ = _NOUNS[arguments.subject]
    unknown = _unknown(arguments)
    tally = replace(
        tally,
        tested=0 if len(unknown) == len(arguments.required) else tally.population,
        missing=tuple(
            Deviation((), f"The ledger has no place for: {_word(name)}.") for name in unknown
        ),
    )
    return tally.found(
        "T5",
        1,
        (source,),
        _sentence(tally, tally.population, noun, arguments, unknown),
        human_part="missing" if unknown else "none",
    )


def _unknown(arguments: FieldsArguments) -> tuple[str, ...]:
    known = _NOUNS[arguments.subject][2]
    return tuple(name for name in arguments.required if name not in known)


def _sentence(
    tally: Tally, number: int, noun: str, arguments: FieldsArguments, unknown: tuple[str, ...]
) -> str:
    which = f"{noun} in scope" if arguments.subject in {"data_set", "model"} else noun
    if arguments.data:
        which = f"{noun} with {in_words(arguments.data)}"
    fields_ = ", ".join(_word(name) for name in arguments.required if name not in unknown)
    return {
        "pass": f"{many(number, which, _plural(which))}: each states: {fields_}.",
        "fail": f"{tally.failed:,} of {many(number, which, _plural(which))} "
        f"{'lacks' if tally.failed == 1 else 'lack'} what must be stated: {fields_}.",
        "insufficient_evidence": f"{many(number, which, _plural(which))}. The ledger has no place "
        f"for: {', '.join(_word(name) for name in unknown)}.",
    }.get(tally.verdict, f"No {which} was recorded in the period.")


def _plural(which: str) -> str:
    for joint in (" in scope", " with "):
        head, found, rest = which.partition(joint)
        if found:
            return f"{head}s{joint}{rest}"
    return f"{which}s"


def _word(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


def _lacks(thing: _Thing, arguments: FieldsArguments, unknown: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for name in arguments.required:
        if name in unknown:
            continue
        value = thing.said.get(name)
        if value in (None, "", (), []):
            found.append(f"no {_word(name)}")
        elif name in arguments.admitted and value not in arguments.admitted[name]:
            found.append(f"{_word(name)} is {value}")
    return tuple(found)


def _things(material: Material, arguments: FieldsArguments) -> tuple[_Thing, ...]:
    if arguments.subject == "data_set":
        return _data_sets(material, arguments)
    if arguments.subject == "model":
        return _models(material, arguments)
    if arguments.subject == "deployment":
        return tuple(
            _Thing(
                f"Deployment of {item.model} {item.version} to {item.environment} "
                f"(entry {item.since})",
                (item.since,),
                item.model_dump(),
            )
            for item in material.stretches
            if not arguments.data
            or any(
                held.classification in arguments.data
                for held in material.history.registry.version(item.model, item.version).data_sets
            )
        )
    kind = _NOUNS[arguments.subject][1]
    return tuple(_from_entry(item) for item in material.of_kind(kind))


def _data_sets(material: Material, arguments: FieldsArguments) -> tuple[_Thing, ...]:
    """Data sets by name and version, each with every entry that registered a version on it."""
    found: dict[tuple[str, str, DataSet], list[int]] = {}
    for version in material.versions:
        for held in version.data_sets:
            if not arguments.data or held.classification in arguments.data:
                key = (held.name, held.version, held)
                found.setdefault(key, []).append(version.since)
    return tuple(
        _Thing(
            f"Data set {name} {version} ({held.classification.replace('_', ' ')})",
            both(entries),
            held.model_dump(),
        )
        for (name, version, held), entries in found.items()
    )


def _models(material: Material, arguments: FieldsArguments) -> tuple[_Thing, ...]:
    used = {
        version.model
        for version in material.versions
        if any(held.classification in arguments.data for held in version.data_sets)
    }
    return tuple(
        _Thing(f"Model {item.model}", (item.since,), item.model_dump())
        for item in material.models
        if not arguments.data or item.model in used
    )


def _from_entry(item: Recorded) -> _Thing:
    """An entry's fields: public ones as they are, private ones as "committed" where they are."""
    entry = item.entry
    committed = {commitment.field: "committed" for commitment in entry.commitments}
    said: dict[str, object] = {**entry.event.facts(), **committed, "granted_by": entry.actor.id}
    if entry.decision is not None:
        said["reasons"] = tuple(result.code for result in entry.decision.unmet)
    return _Thing(f"Entry {entry.sequence}", (entry.sequence,), said)
