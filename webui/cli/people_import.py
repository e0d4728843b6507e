"""``counterseal people import``: a list of people held against the ledger, and carried out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened

if TYPE_CHECKING:
    from ledger.events.actor import Actor
    from webui.feed.carrying_out import CarriedOut
    from webui.feed.difference import Difference, Terms
    from webui.identity.scope import TokenScope
    from webui.wiring import Wiring

_TOKEN: Final = "COUNTERSEAL_TOKEN"  # noqa: S105 (the name of a variable)
_ENCODINGS: Final = ("utf-8", "utf-16", "windows-1252")


@click.command("import")
@home_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--source",
    default="people-list",
    show_default=True,
    help="What the list is called; the next one of this name is held against this one.",
)
@click.option("--as-of", default="", help="Of when it speaks: an instant in UTC. Default: now.")
@click.option("--partial", is_flag=True, help="Not everybody is on it: who is absent stays.")
@click.option(
    "--manages",
    "managed",
    multiple=True,
    metavar="ROLE",
    help="A role that this list alone decides: who stands on it without the role loses it.",
)
@click.option("--provider", default="", help="Whose subjects the column subject holds.")
@click.option(
    "--encoding", default="", type=click.Choice(("", *_ENCODINGS)), help="Where it says none."
)
@click.option("--apply", "do", is_flag=True, help="Carry out what is shown. Without it: only show.")
@click.option("--leavers", type=int, help="How many leave, where that is unusually many.")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"A file with the token of who asks: an administrator, or a workload with the role "
    f"people_feed. Default: what {_TOKEN} holds, else the service itself, which enrols nobody.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(
    *,
    file: Path,
    source: str,
    as_of: str,
    partial: bool,
    managed: tuple[str, ...],
    provider: str,
    encoding: Any,
    do: bool,
    leavers: int | None,
    token_file: Path | None,
    as_json: bool,
) -> None:
    """Hold a list of people (CSV) against the ledger: who joins, moves and leaves.

    Shows the difference and changes nothing, unless --apply is said. Columns: email, name; and as
    wanted id, subject, roles, status (active or left), left. Everything goes through the policy:
    roles are proposed where it keeps them for people. docs/people-feed.md tells all of it.
    """
    from webui.feed.carrying_out import carry_out
    from webui.feed.difference import difference
    from webui.feed.reading import ListError, read_list
    from webui.feed.telling import plain
    from webui.identity.schema import prepare

    with opened() as wiring:
        prepare(wiring.engine)
        asker, scope = _asker(wiring, token_file)
        terms = _terms(wiring, source, as_of, provider, managed, complete=not partial)
        try:
            people = read_list(file.read_bytes(), wiring.policy().roles, encoding)
            found = difference(wiring, asker, people, terms)
        except ListError as error:
            for fault in error.faults:
                click.echo(f"{file.name}, {fault}", err=True)
            raise
        done = carry_out(wiring, asker, found, scope=scope, leaving=leavers) if do else None
        if as_json:
            click.echo(json.dumps(plain(found, done), indent=1))
        else:
            _show(wiring, found, done)


def _asker(wiring: Wiring, token_file: Path | None) -> tuple[Actor, TokenScope | None]:
    """Who asks: whoever's token it is, or the service."""
    from ledger.errors import OutsideError
    from webui.identity.tokens import bearer_of

    try:
        secret = token_file.read_text("ascii") if token_file else os.environ.get(_TOKEN, "")
    except (OSError, UnicodeError):
        raise OutsideError("The file of the token can't be read.", code="token-file") from None
    if not secret.strip():
        return wiring.service, None
    bearer = bearer_of(wiring, f"Bearer {secret.strip()}")
    return bearer.actor, bearer.scope


def _terms(
    wiring: Wiring,
    source: str,
    as_of: str,
    provider: str,
    managed: tuple[str, ...],
    *,
    complete: bool,
) -> Terms:
    from ledger.errors import InputError, did_you_mean
    from ledger.events.names import format_instant, parse_instant
    from webui.feed.difference import Terms
    from webui.identity.feeds import is_source
    from webui.identity.providers import read_sign_in

    if not is_source(source):
        said = "Take up to 50 of a to z, 0 to 9, hyphen and underscore."
        raise InputError("This can't be the name of a list.", pointer="/source", remedy=said)
    roles = wiring.policy().roles
    for role in managed:
        if role not in roles:
            said = did_you_mean(role, roles)
            raise InputError(f"The policy knows no role {role}.", pointer="/manages", remedy=said)
    try:
        at = format_instant(parse_instant(as_of) if as_of else wiring.now())
    except ValueError:
        said = "Write it as 2026-11-30T17:00:00Z."
        raise InputError("This is no instant.", pointer="/as-of", remedy=said) from None
    found = None
    if provider:
        sign_in = read_sign_in(wiring.settings)
        found = sign_in.provider(provider)
        if found is None:
            known = ", ".join(one.name for one in sign_in.providers) or "none"
            raise InputError(
                "There is no such provider.", pointer="/provider", remedy=f"Known are: {known}."
            )
    return Terms(source, at, complete, frozenset(managed), found)


def _show(wiring: Wiring, found: Difference, done: CarriedOut | None) -> None:
    from webui.feed.carrying_out import is_unusual
    from webui.feed.telling import WHAT, summary, told
    from webui.naming import namer

    name_of = namer(wiring.reader)
    rows = [
        (
            str(one.listed.line) if one.listed else "",
            WHAT[one.what],
            one.listed.name if one.listed else name_of(one.fed.actor_id),
            step,
        )
        for one in found.changes
        for step in told(one) or ("",)
    ]
    if rows:
        print_columns(("line", "what", "who", "step"), rows)
        click.echo()
    click.echo(summary(found))
    for one in found.later:
        click.echo(f"Line {one.line} leaves later, at {one.left[:16]}: run the list again then.")
    if found.unlisted:
        click.echo(f"{len(found.unlisted)} who hold a role are on no list of this name:")
        for actor_id in found.unlisted:
            click.echo(f"  {actor_id}  {name_of(actor_id)}")
    if found.refused:
        click.echo(f"The policy does not take this list from you: {found.refused}.")
    if done is None:
        if is_unusual(found):
            click.echo(f"Unusually many leave: --apply needs --leavers {found.leaving} as well.")
        click.echo("Nothing was changed; --apply carries it out.")
        return
    if found.known_since is not None:
        click.echo(f"This very list was held against the ledger before, entry {found.known_since}.")
    for note in done.notes:
        click.echo(note)
    click.echo(f"{done.commands} commands are recorded, {done.closed} accounts closed.")
