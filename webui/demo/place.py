"""The home of a demonstration: one process at a time, and never a real installation's.

A demonstration leaves a lock file in its home before anything else; a home that holds an
installation without one is left alone. What happened is kept in ``story.json``; until that is
there, nothing was played, and an installation that was half made is made whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import ConflictError, LedgerError, OutsideError
from ledger.genesis import new_actor_id
from webui.demo.company import INVITED
from webui.wiring import create, open_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from webui.settings import Settings
    from webui.wiring import Wiring

_FOLDER: Final = "demo"
_STORY: Final = "story.json"
_LOCK: Final = "lock"
_NOT_THERE: Final = {"home-missing", "log-missing", "schema-mismatch"}


@dataclass(frozen=True)
class Line:
    """One thing that happened: in which scene, by whom, what, how it ended, its entry, and why."""

    scene: str
    who: str
    what: str
    outcome: str
    entry: int
    why: str = ""


@dataclass(frozen=True)
class Issued:
    """A report: its file in the home's reports, its entry and its verdicts."""

    file: str
    entry: int
    pages: int
    verdicts: dict[str, int]


@dataclass
class Story:
    """What must stay the same when an interrupted demonstration goes on, and what happened."""

    begun_on: str
    actors: dict[str, str]
    lines: list[Line] = field(default_factory=list)
    reports: dict[str, Issued] = field(default_factory=dict)
    finished: bool = False


def folder_of(settings: Settings) -> Path:
    """Where the demonstration keeps its repository, its runs and its story."""
    return settings.home / _FOLDER


@contextmanager
def occupied(settings: Settings) -> Iterator[None]:
    """Hold the home for the length of a block, so that two demonstrations never share one.

    Raises:
        ConflictError: another demonstration runs in this home, or it holds something else.
        OutsideError: the home can't be written.
    """
    _check_ours(settings)
    folder = folder_of(settings)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutsideError(
            f"The home {settings.home} can't be written: {error.strerror}.",
            code="home-unwritable",
            remedy="Name another home with --home.",
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                "A demonstration is running in this home.",
                code="demo-running",
                remedy="Use the address that it printed, or name another home with --home.",
            ) from None
        yield
    finally:
        os.close(handle)


def open_demo(settings: Settings) -> Wiring:
    """The demonstration's installation, made where it is not there yet.

    Raises:
        ConflictError: the home or its database holds a real installation; nothing is changed.
    """
    try:
        wiring = open_home(settings)
    except LedgerError as error:
        if error.code not in _NOT_THERE or (folder_of(settings) / _STORY).exists():
            raise
        return create(settings, origin=f"counterseal.local/{secrets.token_hex(4)}", demo=True)
    if not wiring.is_demo:
        wiring.close()
        raise _not_ours(settings)
    return wiring


def read_story(settings: Settings, today: str) -> Story:
    """The story so far; a new one begins today, with random ids for everybody."""
    path = folder_of(settings) / _STORY
    if not path.exists():
        story = Story(today, {member.key: new_actor_id() for member in INVITED})
        write_story(settings, story)
        return story
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        lines = [Line(**line) for line in said.pop("lines")]
        reports = {name: Issued(**one) for name, one in said.pop("reports").items()}
        return Story(**said, lines=lines, reports=reports)
    except (ValueError, TypeError, KeyError) as error:
        raise OutsideError(
            f"The file {path} is damaged.",
            code="story-damaged",
            remedy="The ledger itself is whole or not as `counterseal verify` says. "
            "For a new demonstration name another home with --home.",
        ) from error


def write_story(settings: Settings, story: Story) -> None:
    """Keep the story; the file is the old one or the new one, never half of it."""
    path = folder_of(settings) / _STORY
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(story), indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(path)


def _check_ours(settings: Settings) -> None:
    """A home that something stands in must be one that a demonstration began."""
    folder = folder_of(settings)
    if (folder / _LOCK).exists():
        return
    held = (settings.keys, settings.home / "ledger.db", settings.home / "guard.db")
    if any(path.exists() for path in held) or (folder.is_dir() and any(folder.iterdir())):
        raise _not_ours(settings)


def _not_ours(settings: Settings) -> ConflictError:
    return ConflictError(
        f"The home {settings.home} holds something else than a demonstration; it is left alone.",
        code="home-not-a-demo",
        remedy="Name another folder with --home.",
    )
