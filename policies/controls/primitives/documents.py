"""T6 document and T7 cadence: was what must be written attached in time, and repeated in time?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ledger.events.assurance import ReportIssued
from ledger.events.catalogue import CATALOGUE
from ledger.events.model import Classification  # noqa: TC001 (pydantic reads it at run time)
from policies.controls.classes import in_words
from policies.controls.finding import (
    Deviation,
    Finding,
    HumanPart,
    Tally,
    both,
    many,
    not_recorded,
)
from policies.controls.primitives.arguments import Arguments
from policies.controls.primitives.intervals import gaps, life

if TYPE_CHECKING:
    from ledger.state.aggregates import Evidence, VersionState
    from policies.controls.material import Material


_NAMES = {"dpia": "impact assessment (DPIA)"}


class DocumentArguments(Arguments):
    """``types``: any of these types of document will do. ``of``: about each version, or about us.

    A document about us is what people signed a statement for: for ``control``, which must be named.
    ``data`` and ``risk_tiers`` keep to versions trained on such data, or models of such tiers.
    """

    types: tuple[str, ...] = Field(min_length=1)
    of: Literal["version", "organisation"] = "version"
    control: str = ""
    data: tuple[Classification, ...] = ()
    risk_tiers: tuple[str, ...] = ()


def document(material: Material, arguments: DocumentArguments) -> Finding:
    """T6: each version in use had the document before its first production deployment.

    A document attached only afterwards, or expired when it was still needed, is an exception; none
    at all is missing evidence, since it may lie elsewhere.
    """
    if arguments.of == "organisation":
        return _of_the_organisation(material, _named(arguments), arguments.control)
    return concluded(tallied(material, arguments), arguments)


def _named(arguments: DocumentArguments) -> str:
    return " or ".join(_NAMES.get(item, item.replace("_", " ")) for item in arguments.types)


def tallied(material: Material, arguments: DocumentArguments) -> Tally:
    """T6 of versions, one by one; those whose document expired are noted."""
    name = _named(arguments)
    versions = _asked_of(material, arguments)
    exceptions: list[Deviation] = []
    missing: list[Deviation] = []
    entries: list[int] = []
    expired = 0
    for version in versions:
        first = material.first_uses[version.model, version.version]
        held = [item for item in version.evidence if item.type in arguments.types]
        part, deviation = _judge(material, version, held, name)
        expired += part == "expired"
        entries.extend((version.since, first.entry, *(item.entry for item in held)))
        if deviation is not None:
            (missing if not held else exceptions).append(deviation)
    return Tally(
        len(versions),
        len(versions) - len(missing),
        tuple(exceptions),
        tuple(missing),
        both(entries),
        noted=expired,
    )


def concluded(tally: Tally, arguments: DocumentArguments) -> Finding:
    """What follows for T6 of versions from a tally."""
    part: HumanPart = "attached" if tally.population else "none"
    if tally.noted:
        part = "expired"
    elif tally.lacking:
        part = "missing"
    return tally.found(
        "T6",
        1,
        ("evidence.attached", "version.registered", "deployment.recorded"),
        _document_sentence(tally, _named(arguments), arguments),
        human_part=part,
    )


def _of_the_organisation(material: Material, name: str, control: str) -> Finding:
    """Whether a statement is signed for the control, and still stands at the end of the period."""
    said = material.statement(control)
    if said is None or said.signed is None:
        return not_recorded(
            "T6",
            2,
            f"No statement is signed for this control ({name}); sign one, or show the paper.",
        )
    expired = said.signed_until < material.last_day
    over = f"The statement in entry {said.signed} stood until {said.signed_until}."
    tally = Tally(1, 1, (Deviation((said.signed,), over),) if expired else (), (), (said.signed,))
    sentence = over if expired else f"Entry {said.signed} is a signed statement ({name})."
    return tally.found(
        "T6",
        2,
        ("statement.signed",),
        sentence,
        human_part="expired" if expired else "attached",
    )


def _asked_of(material: Material, arguments: DocumentArguments) -> tuple[VersionState, ...]:
    return tuple(
        version
        for version in material.in_use
        if (
            not arguments.data
            or any(held.classification in arguments.data for held in version.data_sets)
        )
        and (
            not arguments.risk_tiers
            or material.history.registry.model(version.model).risk_tier in arguments.risk_tiers
        )
    )


def _judge(
    material: Material, version: VersionState, held: list[Evidence], name: str
) -> tuple[HumanPart, Deviation | None]:
    """The state of a version's document, and what is wrong with it."""
    who = f"{version.model} {version.version}"
    first = material.first_uses[version.model, version.version]
    if not held:
        none = Deviation((version.since, first.entry), f"{who}: no {name} is attached.")
        return "missing", none
    early = [item for item in held if item.entry < first.entry]
    if not early:
        late = held[0]
        said = (
            f"{who}: {name} attached in entry {late.entry}, after the first production deployment "
            f"(entry {first.entry})."
        )
        return "attached", Deviation((first.entry, late.entry), said)
    if not any(_valid(item.valid_until, first.at[:10]) for item in early):
        said = f"{who}: {name} expired before it was deployed."
        return "expired", Deviation((early[-1].entry, first.entry), said)
    needed = _needed_until(material, version)
    if not any(_valid(item.valid_until, needed) for item in held):
        said = f"{who}: {name} expired while the version was in use."
        return "expired", Deviation((held[-1].entry, first.entry), said)
    return "attached", None


def _valid(valid_until: str | None, day: str) -> bool:
    return valid_until is None or valid_until >= day


def _needed_until(material: Material, version: VersionState) -> str:
    """The last day of the period on which the version ran in production."""
    last = material.scope.period.until.isoformat()
    ends = [
        min(item.ended_at[:10], last) if item.ended_at else last
        for item in material.stretches_of[version.model, version.version]
    ]
    return min(max(ends), material.as_of[:10])


def _document_sentence(tally: Tally, name: str, arguments: DocumentArguments) -> str:
    which = f" trained on {in_words(arguments.data)}" if arguments.data else ""
    if arguments.risk_tiers:
        which += f" of {' or '.join(arguments.risk_tiers)} risk"
    held = many(tally.population, f"version{which} in production", f"versions{which} in production")
    late = tally.failed
    none = tally.lacking
    return {
        "pass": f"{held}: each had its {name} before the first production deployment.",
        "fail": f"{held}: {late:,} had the {name} too late or expired"
        + (f", {none:,} had none attached." if none else "."),
        "insufficient_evidence": f"{held}: for {none:,} no {name} is attached.",
    }.get(tally.verdict, f"No version{which} ran in production in the period.")


class CadenceArguments(Arguments):
    """A kind of event, or a kind still to come, and the largest gap between two, in days."""

    kind: str
    every_days: int = Field(ge=1, le=3660)
    framework: str = ""


_UNRECORDED = {
    "login.failed": "Reviews of failed sign-ins",
}


_CALLED = {
    ReportIssued.kind: ("report of this kind", "reports of this kind"),
    "access.reviewed": ("access review", "access reviews"),
    "activity.reviewed": ("review of activity", "reviews of activity"),
}


def cadence(material: Material, arguments: CadenceArguments) -> Finding:
    """T7: no gap in the period is longer than allowed, from its first day to its last.

    The period is cut to the life of the ledger. Insufficient where what remains is shorter than
    the cadence, or where such events are not recorded at all.
    """
    if arguments.kind not in CATALOGUE:
        return _not_recorded(arguments)
    found = [
        item
        for item in material.of_kind(arguments.kind)
        if not arguments.framework
        or (
            isinstance(item.entry.event, ReportIssued)
            and item.entry.event.framework == arguments.framework
        )
    ]
    entries = tuple(item.entry.sequence for item in found)
    days = [date.fromisoformat(item.entry.recorded_at[:10]) for item in found]
    start, end = life(material)
    found_gaps = gaps([start, *days, end], entries, arguments.every_days)
    short = (end - start).days < arguments.every_days
    missing = (
        (Deviation((), "The time covered is shorter than the interval asked for."),)
        if short and not found
        else ()
    )
    number = max(len(found), 1)
    tally = Tally(number, number, () if missing else found_gaps, missing, entries)
    covered = (end - start).days + 1
    return tally.found(
        "T7",
        1,
        (arguments.kind,),
        _cadence_sentence(tally, arguments, len(found), covered),
        population=len(found),
    )


def _cadence_sentence(tally: Tally, arguments: CadenceArguments, number: int, covered: int) -> str:
    one, several = _CALLED.get(arguments.kind, (arguments.kind, arguments.kind))
    held = f"{many(number, one, several)} in the period"
    every = many(arguments.every_days, "day")
    return {
        "pass": f"{held}; no gap is longer than {every}.",
        "fail": f"{held}; {many(len(tally.exceptions), 'gap')} longer than {every}.",
    }.get(
        tally.verdict,
        f"No {one} yet; the time covered ({many(covered, 'day')}) is shorter than the interval of "
        f"{every}.",
    )


def _not_recorded(arguments: CadenceArguments) -> Finding:
    what = _UNRECORDED.get(arguments.kind, f"Events of kind {arguments.kind}")
    sentence = (
        f"{what} are not recorded in this ledger; show from elsewhere that one was made at least "
        f"every {many(arguments.every_days, 'day')}."
    )
    return not_recorded("T7", 1, sentence)
