"""``counterseal policy replay`` and ``simulate``: policies held against the real past."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.cli.columns import print_columns
from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, opened
from webui.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.events.decision import Result
    from ledger.events.entry import Entry
    from policies.document import Document
    from policies.replay import Replayed, Tally
    from policies.simulation import Simulation
    from webui.wiring import Wiring

    Progress = Callable[[str, int, int], None]

_STEP = 1_000


@click.command()
@home_option
@click.argument("number", required=False, type=click.IntRange(min=0), metavar="[ENTRY]")
@click.option("--all", "everything", is_flag=True, help="Every entry of the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(number: int | None, *, everything: bool, as_json: bool) -> None:
    """Take decisions again, and compare them byte for byte with those on record.

    The policy then in force decides anew, on the state as it then was. `counterseal verify` does
    this too, and proves the entries themselves.
    """
    if (number is None) != everything:
        msg = "name an ENTRY, or give --all."
        raise click.UsageError(msg)
    found, tally = _replayed(number)
    if number is not None:
        _tell_one(number, found, as_json=as_json)
    else:
        _tell_all(tally, as_json=as_json)


def _replayed(number: int | None) -> tuple[Replayed | None, Tally]:
    """What came out of one entry, and of all of them."""
    from policies.replay import Tally
    from policies.replay import replay as decide_again
    from webui.collector import settle

    wanted, tally = None, Tally()
    with opened() as wiring, shown() as progress:
        size = wiring.reader.head().size
        stop = size if number is None else min(number + 1, size)
        settle()
        for one in decide_again(_told_progress(wiring.reader.past(stop), stop, progress)):
            tally.add(one)
            if one.entry.sequence == number:
                wanted = one
    return wanted, tally


def _told_progress(entries: Iterable[Entry], total: int, progress: Progress) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        done = entry.sequence + 1
        if done % _STEP == 0 or done == total:
            progress("entries", done, total)


@click.command()
@home_option
@click.argument("candidate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", type=click.IntRange(min=0), default=0, metavar="ENTRY", help="Begin here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def simulate(candidate: Path, since: int, *, as_json: bool) -> None:
    """Say what the real past would have been under the policy in CANDIDATE.

    Newly allowed comes first. Nothing is recorded. People act otherwise under other rules, so this
    says what would have been decided about what they did, and no more.
    """
    from ledger.events.names import format_instant
    from policies.simulate import simulate as decide_otherwise
    from webui.collector import settle

    document = read_document(candidate)
    with opened() as wiring, shown() as progress:
        size = wiring.reader.head().size
        settle()
        found = decide_otherwise(
            _told_progress(wiring.reader.past(size), size, progress),
            document,
            since=since,
            now=format_instant(wiring.now()),
        )
        if as_json:
            click.echo(json.dumps(found.as_object(), indent=1))
        else:
            _tell_simulation(wiring, document, found)


def read_document(file: Path) -> Document:
    """The policy document in a file.

    Raises:
        PolicyError: what is wrong with it, and where.
        OutsideError: the file can't be read.
    """
    from policies import load_document

    return load_document(read_text(file), str(file))


def read_with_base(file: Path) -> tuple[Document, int]:
    """A document, or a bundle on top of the shipped one; and how many gates are the base's.

    Raises:
        PolicyError: what is wrong with it, and where.
        OutsideError: the file can't be read.
    """
    from policies.bundle import compose, is_bundle, load_bundle
    from policies.shipped import shipped_policy

    text = read_text(file)
    if not is_bundle(text):
        return read_document(file), 0
    base = shipped_policy()
    return compose(base, [load_bundle(text, base, str(file))]), len(base.gates)


def read_text(file: Path) -> str:
    """The text of a file.

    Raises:
        OutsideError: it can't be read.
    """
    from ledger.errors import OutsideError

    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutsideError(f"The file {file} can't be read.", code="file-unreadable") from error


def _tell_one(number: int, one: Replayed | None, *, as_json: bool) -> None:
    if one is None:
        click.echo(f"Entry {number}: no policy decided it, or it is not there.", err=True)
        raise click.exceptions.Exit(ExitCode.WRONG_INPUT)
    if as_json:
        click.echo(json.dumps(_as_object(one), indent=1))
    else:
        _tell_entry(one)
    if one.code:
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


def _tell_entry(one: Replayed) -> None:
    entry = one.entry
    asked = getattr(entry.event, "attempted", entry.kind)
    click.echo(f"Entry {entry.sequence}, {asked}, {entry.recorded_at}: {_word(one)}")
    if one.why:
        click.echo(f"  {one.why}")
    for part in one.differences:
        click.echo(f"  {part.gate}/{part.requirement}")
        click.echo(f"    recorded   {part.recorded or '(nothing)'}")
        click.echo(f"    comes out  {part.found or '(nothing)'}")


def _word(one: Replayed) -> str:
    from ledger.state.redecide import DIFFERS

    if not one.code:
        decision = one.entry.decision
        return f"{decision.outcome if decision else ''}, the same byte for byte"
    return "comes out otherwise" if one.code == DIFFERS else "cannot be replayed"


def _as_object(one: Replayed) -> dict[str, object]:
    return {
        "entry": one.entry.sequence,
        "kind": one.entry.kind,
        "code": one.code,
        "why": one.why,
        "differences": [vars(part) for part in one.differences],
    }


def _tell_all(tally: Tally, *, as_json: bool) -> None:
    number = len(tally.wrong) + tally.more
    if as_json:
        wrong = [_as_object(one) for one in tally.wrong]
        told = {"same": tally.same, "not_kept": tally.not_kept, "wrong": wrong, "more": tally.more}
        click.echo(json.dumps(told, indent=1))
    else:
        click.echo(f"{tally.same:>10,}  decisions come out the same, byte for byte")
        if tally.not_kept:
            click.echo(f"{tally.not_kept:>10,}  refusals can't be replayed: only a digest is kept")
        click.echo(f"{number:>10,}  decisions don't")
        for one in tally.wrong:
            _tell_entry(one)
    if number:
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


_VERDICTS = {
    "newly_allowed": ("NEWLY ALLOWED", "red"),
    "newly_refused": ("Newly refused", "yellow"),
    "not_decidable": ("Not decidable", "cyan"),
}
_SHOWN = 40


def _tell_simulation(wiring: Wiring, document: Document, found: Simulation) -> None:
    from policies.simulation import VERDICTS

    click.echo(f"Candidate  {document.id}, {document.title} ({found.candidate[:16]})")
    click.echo(f"Past       entries {found.since} to {found.size - 1}")
    click.echo()
    for verdict in VERDICTS:
        word, colour = _VERDICTS[verdict]
        number = found.numbers[verdict]
        click.secho(f"{number:>10,}  {word}", fg=colour if number else None)
    click.echo(f"{found.same:>10,}  as they were decided")
    if found.refusals_unknown:
        many = found.refusals_unknown
        click.echo(f"{many:>10,}  refusals whose command is known by its digest alone")
    for verdict in VERDICTS:
        _tell_changes(found, verdict)
    _tell_releases(wiring, found)


def _tell_changes(found: Simulation, verdict: str) -> None:
    changes = [change for change in found.changes if change.verdict == verdict]
    if not changes:
        return
    word, colour = _VERDICTS[verdict]
    click.echo()
    click.secho(word, fg=colour)
    print_columns(
        ("Entry", "What", "Model", "Version", "Where", "Rule"),
        [
            (
                str(one.entry),
                one.kind,
                one.model,
                one.version,
                one.environment,
                ", ".join(one.rules) + (f" (granted at {one.later})" if one.later >= 0 else ""),
            )
            for one in changes[:_SHOWN]
        ],
    )
    left = sum(count for of, count in found.numbers.items() if of == verdict) - _SHOWN
    if left > 0:
        click.echo(f"... and {left} more; --json lists them.")
    for title, counts in (("by rule", found.by_rule), ("by model", found.by_model)):
        parts = [f"{name} {count}" for (of, name), count in counts.most_common() if of == verdict]
        click.echo(f"  {title}: {', '.join(parts) or '-'}")


def _tell_releases(wiring: Wiring, found: Simulation) -> None:
    if not found.releases:
        return
    click.echo()
    click.echo("Releases that wait or are granted now")
    for one in found.releases:
        where = f"{one.model} {one.version} to {one.environment}"
        click.echo(f"  release {one.release}, {where}, {one.status}")
        click.echo(f"    lacks now      {_lacks(wiring, one.before)}")
        click.echo(f"    would lack     {_lacks(wiring, one.after)}")


def _lacks(wiring: Wiring, results: tuple[Result, ...]) -> str:
    from policies import sentence

    def name_of(actor: str) -> str:
        found = wiring.reader.people([actor]).get(actor)
        return (found.name if found else "") or actor[:8]

    return "; ".join(sentence(item, name_of) for item in results) or "nothing"
