"""Issue a report: verify the ledger, fold it to its head, make the file, record that it was made.

The file is there before its entry is: a crash between the two leaves a file that no entry names,
never an entry whose file was not made. Under an idempotency key it is recorded once, however often
it is made: who makes it again finds the report that was recorded, and takes away its own file.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ledger.audit import audit
from ledger.bundle import make_bundle
from ledger.core.digest import hex_digest
from ledger.errors import (
    ConflictError,
    InDoubtError,
    InputError,
    IntegrityError,
    LedgerError,
    OutsideError,
    RefusedError,
    UnknownSubjectError,
)
from ledger.events.assurance import ReportIssued
from ledger.publication import publication_state
from ledger.state.history import replay
from ledger.store.database import reading
from ledger.store.idempotency import find_keys, key_digest
from policies import explain, sentence
from policies.controls.outside import Anchor, Integrity
from policies.controls.scope import Period, Scope
from webui.frameworks import frameworks_of
from webui.naming import namer
from webui.reports.assemble import Fingerprints, ReportContext
from webui.reports.assemble.context import Verified
from webui.reports.assemble.kinds import report_kind
from webui.reports.assemble.sampled import SampleMaterial
from webui.reports.make import make_report, silent
from webui.sampling import frozen, recomputed, scope_of
from webui.sealing import check_time, seal_stamp
from webui.verifying import kept_runs
from webui.wiring import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ledger.audit import Audit
    from ledger.events.actor import Actor
    from ledger.events.entry import Entry
    from ledger.state.aggregates import ReportState
    from ledger.submit import Receipt
    from webui.reports.make import MadeReport, Note
    from webui.wiring import Wiring

DEMO_WATERMARK = "DEMO DATA"
PRODUCTION = ("production",)
_NOTED_EACH = 500
_OF_KIND = 30  # so that the name of a report, at most 64 characters, has room for the rest
_SLUG = re.compile("[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """What a report is asked to be about.

    ``kind`` is one of ``webui.reports.assemble.kinds.KINDS``. The period is in days of UTC, both
    ends included; no models means all of them; ``environments`` count as production. A report about
    a ``sample`` has the scope of that sample, and the period may be left out.
    """

    kind: str
    period_from: str = ""
    period_until: str = ""
    models: tuple[str, ...] = ()
    environments: tuple[str, ...] = PRODUCTION
    sample: int | None = None


@dataclass(frozen=True)
class IssuedReport:
    """A report on disk and in the ledger. ``sealed_sha256`` is the digest of the file."""

    sequence: int
    report: str
    path: Path
    pages: int
    sealed_sha256: str
    verdicts: dict[str, int]


@dataclass(frozen=True)
class Manner:
    """How a report is made: under which idempotency key, by what mark in the name of its file.

    ``note`` is told the step, how much of it is done and of how much, and may raise to end the
    work; it is asked a last time right before anything is kept. ``workers`` are the processes that
    check signatures, by default one for each core.
    """

    key: str = ""
    mark: str = ""
    note: Callable[[str, int, int], None] = silent
    workers: int | None = None


def issue_report(
    wiring: Wiring, actor: Actor, wanted: Wanted, manner: Manner | None = None
) -> IssuedReport:
    """Make, seal, keep and record a report over the whole ledger as it stands.

    Under a key that has recorded one already, that one is found and nothing is made.

    Raises:
        ConflictError: the key stands for a report of something else.
        InputError: no such kind, the days are no period, or what the kind is about is not named.
        UnknownSubjectError: no such model or sample.
        RefusedError: the policy does not let this actor issue reports; the refusal is an entry.
        IntegrityError: the ledger is read-only.
        OutsideError: the file can't be written.
    """
    how = manner or Manner()
    scope = scope_wanted(wiring, wanted)
    earlier = issued_before(wiring, actor, how.key, wanted)
    if earlier is not None:
        return earlier
    check_may_issue(wiring, actor, wanted, scope)
    found = audit(wiring.log, how.note, workers=how.workers, redecide=wiring.redecide())
    name = f"{wanted.kind[:_OF_KIND]}-{found.size}-{how.mark or secrets.token_hex(3)}"
    made = _made(wiring, wanted, scope, found, name, note=how.note)
    check_time(wiring, made.sealed)
    how.note("recording", 0, 0)
    path = wiring.settings.reports / f"{name}.pdf"
    _write(path, made.sealed)
    event = _event(wanted, scope, found, name, made)
    try:
        receipt = wiring.submitter.submit(actor, event, how.key or f"report/{name}")
    except InDoubtError:
        raise  # the entry may be there, and then its file must be
    except ConflictError:
        path.unlink()
        earlier = issued_before(wiring, actor, how.key, wanted)
        if earlier is None:
            raise
        return earlier
    except LedgerError:
        path.unlink()
        raise
    if receipt.outcome != "allow":
        path.unlink()
        raise _refused(wiring, receipt)
    return _issued(wiring, receipt.sequence)


def issued_before(wiring: Wiring, actor: Actor, key: str, wanted: Wanted) -> IssuedReport | None:
    """The report that was recorded for an actor under a key, if one was.

    Raises:
        ConflictError: ``idempotency-key-reused``: something else was.
    """
    number = _recorded_under(wiring, actor, key) if key else None
    if number is None:
        return None
    event = wiring.log.entry(number).event
    if isinstance(event, ReportIssued) and _is_of(event, wanted):
        return _issued(wiring, number)
    raise ConflictError(
        "This idempotency key was used for another command.",
        code="idempotency-key-reused",
        remedy="Use a new key for a new command.",
        sequence=number,
    )


def _recorded_under(wiring: Wiring, actor: Actor, key: str) -> int | None:
    digest = key_digest(actor.id, key)
    with reading(wiring.engine) as connection:
        found = find_keys(connection, wiring.log.log_id, [digest]).get(digest)
    return None if found is None else found[1]


def _is_of(event: ReportIssued, wanted: Wanted) -> bool:
    if wanted.sample is not None:
        return (event.framework, event.sample) == (wanted.kind, wanted.sample)
    return (
        event.framework,
        event.period_from,
        event.period_until,
        event.models,
        event.environments or PRODUCTION,
    ) == (
        wanted.kind,
        wanted.period_from,
        wanted.period_until,
        wanted.models,
        wanted.environments or PRODUCTION,
    )


def _issued(wiring: Wiring, number: int) -> IssuedReport:
    state = wiring.reader.report(number)
    path = wiring.settings.reports / f"{state.report}.pdf"
    return IssuedReport(number, state.report, path, state.pages, state.sealed, dict(state.verdicts))


def issued_file(wiring: Wiring, number: int) -> tuple[ReportState, bytes]:
    """A report that was issued, and its file, which is the one that was recorded.

    Raises:
        UnknownSubjectError: no such report, or its file is gone.
        IntegrityError: the file is another.
    """
    state = wiring.reader.report(number)
    path = wiring.settings.reports / f"{state.report}.pdf"
    if not path.is_file():
        raise UnknownSubjectError(
            "The file of this report is not here any more.",
            code="report-file-missing",
            remedy="Restore it; the entry names its SHA-256.",
        )
    data = path.read_bytes()
    if hex_digest(data) != state.sealed:
        raise IntegrityError(
            "The file of this report is not the one that was issued.",
            code="report-file-changed",
            remedy="Restore it; the entry names its SHA-256.",
        )
    return state, data


def scope_wanted(wiring: Wiring, wanted: Wanted) -> Scope:
    """The scope of a report that is asked for.

    Raises:
        InputError: no such kind, the days are no period, or what the kind is about is not named.
        UnknownSubjectError: no such model or sample.
    """
    needs = report_kind(wanted.kind, frameworks_of(wiring.reader)).needs
    if needs == "sample":
        if wanted.sample is None:
            raise _not_named("Name the sample that this report is about.", "/sample")
        sample = wiring.reader.sample(wanted.sample)
        if sample.status != "drawn":
            raise InputError(
                "This sample is not drawn yet.", pointer="/sample", code="sample-not-drawn"
            )
        return scope_of(sample)
    if wanted.sample is not None:
        raise InputError("This kind of report is about no sample.", pointer="/sample")
    for model in wanted.models:
        wiring.reader.model(model)
    for environment in wanted.environments:
        if not _SLUG.fullmatch(environment):
            raise InputError(
                "This is no name of an environment.",
                pointer="/environments",
                remedy="Small letters, digits, hyphens and underscores.",
            )
    if needs == "model" and len(wanted.models) != 1:
        raise _not_named("Name the one model that this report is about.", "/models")
    period = Period(_day(wanted.period_from, "/from"), _day(wanted.period_until, "/to"))
    scope = Scope(period, tuple(wanted.models), tuple(wanted.environments) or PRODUCTION)
    if needs == "model":
        _check_registered(wiring, scope)
    return scope


def _check_registered(wiring: Wiring, scope: Scope) -> None:
    since = wiring.log.entry(wiring.reader.model(scope.models[0]).since).recorded_at
    if since[:10] > scope.period.until.isoformat():
        raise InputError(
            "The model was registered only after this period.",
            pointer="/to",
            remedy=f"It was registered on {since[:10]}.",
            code="invalid-period",
        )


def _not_named(sentence: str, pointer: str) -> InputError:
    return InputError(sentence, pointer=pointer, code="scope-missing")


def _made(
    wiring: Wiring, wanted: Wanted, scope: Scope, found: Audit, name: str, *, note: Note
) -> MadeReport:
    key, certificate = wiring.seal()
    return make_report(
        wanted.kind,
        scope,
        replay(_noted(wiring.reader.past(found.size), found.size, note)),
        _context(wiring, wanted, found, name),
        seal_key_pem=key,
        certificate_pem=certificate,
        signing_time=wiring.now(),
        prove=_prover(wiring, found),
        note=note,
        stamp=seal_stamp(wiring),
    )


def _noted(entries: Iterator[Entry], total: int, note: Note) -> Iterator[Entry]:
    """Entries, told how many were read."""
    for number, entry in enumerate(entries):
        if number % _NOTED_EACH == 0:
            note("folding", number, total)
        yield entry


def _prover(wiring: Wiring, found: Audit) -> Callable[[Sequence[int]], bytes] | None:
    """What proves entries under the checkpoint that was verified; nothing does where it was not."""
    if not found.sound:
        return None
    return lambda numbers: make_bundle(wiring.log, numbers, {}, under=found.checkpoint)


def _sample(wiring: Wiring, wanted: Wanted) -> SampleMaterial | None:
    if wanted.sample is None:
        return None
    held = frozen(wiring, wiring.reader.sample(wanted.sample))
    return SampleMaterial(held.sample, held.material, recomputed(held))


def anchors(wiring: Wiring) -> tuple[Anchor, ...]:
    """Who outside has signed how much: witnesses, and authorities whose tokens are kept."""
    state = publication_state(wiring.log)
    witnesses = (Anchor(one.shown_name, one.signed_size) for one in state.witnesses)
    stamps = (Anchor(one.authority, one.size) for one in state.timestamps)
    return tuple(one for one in (*witnesses, *stamps) if one.size)


def _context(wiring: Wiring, wanted: Wanted, found: Audit, name: str) -> ReportContext:
    name_of = namer(wiring.reader)
    problems = tuple(item.sentence for item in found.problems)
    return ReportContext(
        origin=wiring.log.origin,
        root=found.root.hex(),
        report_id=name,
        generator=generator(),
        names=name_of,
        sentence=lambda result: sentence(result, name_of),
        integrity=Integrity(found.size, problems, anchors(wiring)),
        fingerprints=Fingerprints(
            checkpoint=wiring.log.vkey,
            entries=wiring.log.keyring.entries.public.hex(),
            seal=wiring.seal_fingerprint(),
        ),
        watermark=DEMO_WATERMARK if wiring.is_demo else "",
        sample=_sample(wiring, wanted),
        text=lambda entry, field: wiring.reader.tell(entry).private.get(field) or "",
        runs=tuple(Verified(run.ended_at, run.size, run.problems) for run in kept_runs(wiring)),
    )


def check_may_issue(wiring: Wiring, actor: Actor, wanted: Wanted, scope: Scope) -> None:
    """Ask the policy before the work; a refusal is recorded like any other."""
    if wiring.log.alarm:
        raise IntegrityError(
            "The ledger is read-only: " + wiring.log.alarm, code="ledger-read-only"
        )
    nothing = "0" * 64
    event = ReportIssued(
        report=wanted.kind,
        framework=wanted.kind,
        period_from=scope.period.start.isoformat(),
        period_until=scope.period.until.isoformat(),
        models=scope.models,
        environments=scope.production,
        sample=wanted.sample,
        position=0,
        root=nothing,
        unsealed=nothing,
        sealed=nothing,
        pages=0,
        verdicts={},
    )
    if not wiring.submitter.preview(actor, event).allowed:
        raise _refused(wiring, wiring.submitter.submit(actor, event))


def _event(wanted: Wanted, scope: Scope, found: Audit, name: str, made: MadeReport) -> ReportIssued:
    return ReportIssued(
        report=name,
        framework=wanted.kind,
        environments=scope.production,
        sample=wanted.sample,
        period_from=scope.period.start.isoformat(),
        period_until=scope.period.until.isoformat(),
        models=scope.models,
        position=found.size,
        root=found.root.hex(),
        unsealed=made.unsealed_sha256,
        sealed=made.sealed_sha256,
        pages=made.pages,
        verdicts={str(verdict): number for verdict, number in made.verdicts.items()},
    )


def _refused(wiring: Wiring, receipt: Receipt) -> RefusedError:
    decision = receipt.decision
    reasons = explain(decision, namer(wiring.reader)) if decision is not None else []
    return RefusedError(
        f"The policy does not allow this: {'; '.join(reasons[:3])}.",
        remedy="The refusal is recorded. Ask an administrator for a role that may do this.",
        entry=receipt.sequence,
    )


def _day(text: str, pointer: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "This is not a day.",
            pointer=pointer,
            remedy="Write it as YYYY-MM-DD.",
            code="invalid-period",
        ) from None


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise OutsideError(
            f"The report can't be written to {path.parent}: {error.strerror}.",
            code="report-unwritable",
            remedy="Make room or give the folder back its permissions; nothing was recorded.",
        ) from error
