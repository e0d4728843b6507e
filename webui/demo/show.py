"""The demonstration from its beginning to its end: train, serve, play, verify, tell, go on serving.

Played once into a home. A second time on the same home everything is verified and told again, with
new sign-in links; after an interruption the story is played on to its end.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

from ledger.audit import audit
from ledger.errors import LedgerError
from webui.app import create_app
from webui.demo.company import ADMINISTRATOR
from webui.demo.entrance import (
    invited_callers,
    open_accounts,
    operator_caller,
    retire_tokens,
    set_up_administrator,
    sign_in_links,
)
from webui.demo.place import folder_of, occupied, open_demo, read_story, write_story
from webui.demo.play import Play
from webui.demo.recipes import recipes
from webui.demo.seals import Seal, check_seal
from webui.demo.stage import Stage
from webui.demo.summary import NARROWEST, print_summary, print_way_in
from webui.demo.training import Workshop
from webui.server import Server
from webui.standing.follower import Follower

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webui.demo.place import Issued, Story
    from webui.demo.training import Run
    from webui.settings import Settings
    from webui.wiring import Wiring

_TRAINERS: Final = 2
_LINK_MINUTES: Final = 60


def show(settings: Settings, *, port: int, serve: bool) -> bool:
    """Show everything in a home; returns whether everything verified.

    With ``serve`` it returns when the process is interrupted.

    Raises:
        ConflictError: the home holds a real installation, or another demonstration runs in it.
        OutsideError: something outside failed: git, scikit-learn, the disk, the port.
    """
    with occupied(settings), _open(settings) as wiring, _served(wiring, port) as server:
        story = read_story(settings, wiring.now().date().isoformat())
        if story.finished:
            _say(f"This home holds the demonstration of {story.begun_on}; it is not played again.")
        else:
            _play(wiring, server, story, _train(settings, story))
        sound = _tell(wiring, server, story)
        if serve:
            _say("Serving until interrupted (Ctrl-C) ...")
            server.wait()
        else:
            _say(f"Served no longer. To look around: counterseal demo --home {settings.home}")
    return sound


@contextmanager
def _open(settings: Settings) -> Iterator[Wiring]:
    wiring = open_demo(settings)
    try:
        yield wiring
    finally:
        wiring.close()


@contextmanager
def _served(wiring: Wiring, port: int) -> Iterator[Server]:
    server = Server(create_app(wiring), port=port)
    follower = Follower(wiring)
    server.start()
    follower.start()
    try:
        yield server
    finally:
        follower.stop()
        server.stop()


def _train(settings: Settings, story: Story) -> list[Run]:
    """Every version, trained from its own commit, two at a time."""
    workshop = Workshop(folder_of(settings))
    workshop.open()
    wanted = recipes(date.fromisoformat(story.begun_on))
    commits = [workshop.commit(recipe) for recipe in wanted]
    _say(f"Training {len(wanted)} versions of two models with scikit-learn ...")
    runs = []
    with ThreadPoolExecutor(_TRAINERS) as pool:
        for run in pool.map(workshop.train, wanted, commits):
            first = run.said["metrics"][0]
            _say(f"  {run.recipe.model} {run.recipe.version}: {first['name']} {first['value']}")
            runs.append(run)
    return runs


def _play(wiring: Wiring, server: Server, story: Story, runs: list[Run]) -> None:
    """Everybody acts through the HTTP API, each with a token of their own."""
    import httpx

    _say(f"Playing the story through the HTTP API at {server.url} ...")
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as http:
        administrator = set_up_administrator(wiring, http)
        actors = story.actors | {ADMINISTRATOR.key: administrator}
        callers = {ADMINISTRATOR.key: operator_caller(wiring, http, administrator)}
        keep = partial(write_story, wiring.settings)
        play = Play(Stage(callers, actors, story, say=_say, keep=keep), runs)
        play.invite_everybody()
        open_accounts(wiring, story.actors)
        callers.update(invited_callers(wiring, http, callers[ADMINISTRATOR.key], story.actors))
        play.govern()
        play.issue_reports(wiring.settings.reports, wiring.now().date().isoformat())
        retire_tokens(callers)
    story.finished = True
    write_story(wiring.settings, story)


def _tell(wiring: Wiring, server: Server, story: Story) -> bool:
    """Verify everything, print the summary and the way in; returns whether all is well."""
    _say("Verifying everything ...")
    found = audit(wiring.log, redecide=wiring.redecide())
    seals = {name: _seal(wiring, one) for name, one in story.reports.items()}
    console = Console()
    if not console.is_terminal:
        console.width = NARROWEST
    print_summary(console, story, wiring.settings.reports, found, seals)
    links = sign_in_links(wiring, server.url, story.actors, minutes=_LINK_MINUTES)
    print_way_in(console, server.url, links, _LINK_MINUTES)
    return found.sound and all(seal.sound for seal in seals.values())


def _seal(wiring: Wiring, issued: Issued) -> Seal:
    """What is found of a report's seal; in a damaged ledger its entry may not be readable."""
    try:
        recorded = wiring.reader.report(issued.entry).sealed
    except LedgerError as error:
        return Seal(False, f"not in the registry: {error.code}")
    path = wiring.settings.reports / issued.file
    return check_seal(path, recorded, wiring.seal_fingerprint())


def _say(sentence: str) -> None:
    """Tell how far it is, at once, on stderr."""
    click.echo(sentence, err=True)
