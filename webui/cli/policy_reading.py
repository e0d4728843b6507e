"""``counterseal policy check``, ``explain`` and ``diff``: documents read closely."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, opened, said_home
from webui.cli.policy_history import read_document, read_text

if TYPE_CHECKING:
    from policies.doctor import Finding
    from policies.document import Document
    from policies.staffing import Holders, Signers
    from policies.strict_yaml import Places

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_WIDTH = 100
_COLOURS = {"looser": "red", "tighter": "green", "both": "yellow", "same": None}


@click.command()
@home_option
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path, *, as_json: bool) -> None:
    """Examine the policy in FILE: rules that never apply or can never be met, dead seats, doubles.

    With --home, the seats are held against who holds which role there. Exits with 1 where there
    are errors; warnings and notes are told, and exit with 0.
    """
    from policies import PolicyError
    from policies.doctor import examine
    from policies.names_used import place_of
    from policies.strict_yaml import read_yaml_with_places

    places: Places = {}
    try:
        document = read_document(file)
        _, places = read_yaml_with_places(read_text(file), str(file))
    except PolicyError as error:
        click.echo(f"{error}" if not as_json else json.dumps([_unread(error)], indent=1))
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED) from None
    there = (None, None) if said_home() is None else _there(document)
    found = examine(document, *there)
    lines = [place_of(places, one.path).line for one in found]
    if as_json:
        told = [_as_object(one, line) for one, line in zip(found, lines, strict=True)]
        click.echo(json.dumps(told, indent=1))
    else:
        for one, line in zip(found, lines, strict=True):
            click.echo(f"{file}:{line}: {one.level}: {one.sentence} [{one.code}]")
        if not found:
            click.echo(f"{file}: nothing found")
    if any(one.level == "error" for one in found):
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


def _unread(error: Exception) -> dict[str, object]:
    return {
        "level": "error",
        "code": getattr(error, "code", ""),
        "sentence": getattr(error, "bare", str(error)),
        "line": getattr(error, "line", 0),
    }


def _as_object(one: Finding, line: int) -> dict[str, object]:
    return {"level": one.level, "code": one.code, "sentence": one.sentence, "line": line}


def _there(document: Document) -> tuple[Holders, Signers]:
    """Who holds the roles of a document in the installation that was named, and has a passkey."""
    with opened() as wiring:
        from ledger.events.names import format_instant

        reader, now = wiring.reader, format_instant(wiring.now())
        holders = {
            role: {one.person: one.type for one in map(reader.actor, reader.holding(role, now))}
            for role in document.roles
        }
        signers: dict[str, bool] = {}
        for key in reader.passkeys(status="in_force"):
            person = reader.actor(key.actor).person
            signers[person] = signers.get(person, False) or not key.backup_eligible
        return holders, signers


@click.command()
@home_option
@click.argument("file", type=_FILE, required=False)
def explain(file: Path | None) -> None:
    """Say in sentences what the policy in FILE asks; without FILE, the policy in force."""
    from policies.prose import tell

    if file is None:
        with opened() as wiring:
            document = wiring.policy()
    else:
        document = read_document(file)
    for section in tell(document):
        click.secho(section.heading, bold=True)
        click.echo(textwrap.fill(section.lead, _WIDTH))
        for sentence in section.sentences:
            click.echo(
                textwrap.fill(sentence, _WIDTH, initial_indent="  - ", subsequent_indent="    ")
            )
        click.echo()


@click.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff(before: Path, after: Path, *, as_json: bool) -> None:
    """Say how the policy in AFTER differs in meaning from that in BEFORE, and which way."""
    from policies.diff import diff as compare
    from policies.diff import verdicts

    found = compare(read_document(before), read_document(after))
    directions = verdicts(found)
    if as_json:
        told = {"gates": directions, "differences": [vars(one) for one in found]}
        click.echo(json.dumps(told, indent=1))
        return
    for place, direction in directions.items():
        word = "only words" if direction == "same" else direction
        click.secho(f"{place}: {word}", fg=_COLOURS[direction])
        for one in found:
            if one.place == place:
                click.echo(
                    textwrap.fill(
                        f"{one.sentence} [{one.direction}]",
                        _WIDTH,
                        initial_indent="  ",
                        subsequent_indent="    ",
                    )
                )
    if not found:
        click.echo("They mean the same.")
