"""How templates say things: names, sentences, phrases, times, sizes. Filters of the pages.

Templates write ``{{ actor|name }}``, ``{{ result|say }}``, ``{{ event|phrase }}``,
``{{ instant|age }}`` and so on; each name is looked up once for a page.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from flask import g

from ledger.events.names import format_instant
from policies import sentence
from webui.here import wired
from webui.naming import namer
from webui.pages import words
from webui.reports.appearance import VERDICT_LOOKS
from webui.reports.assemble.words import KIND_WORDS, duration, seconds_between

if TYPE_CHECKING:
    from flask.sansio.app import App

    from ledger.events.decision import Result
    from ledger.events.event import Event
    from ledger.state.aggregates import RoleHeld

_KILO: Final = 1000
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")


def install(app: App) -> None:
    """Give the filters to every template of ``app``."""
    app.jinja_env.filters.update(
        name=name,
        gone=gone,
        say=say,
        phrase=phrase,
        detail=detail,
        wanted=wanted,
        plain=words.plain,
        attempt=words.attempt,
        signed_in_by=words.signed_in_by,
        kind=kind,
        capital=capital,
        age=age,
        lasted=lasted,
        size=size,
        limits=limits,
    )
    # Macros see globals only: each form carries a value that makes it happen once.
    app.jinja_env.globals.update(
        once=lambda: secrets.token_urlsafe(18), verdict_looks=VERDICT_LOOKS
    )


def limits(held: RoleHeld) -> str:
    """For which models a role counts, and until when; what is over is said to be."""
    said = words.limits(held)
    over = not held.in_time(format_instant(wired().now()))
    return f"{said} (over)" if over else said


def name(actor_id: str) -> str:
    """The name of an actor, or what it is."""
    if "name_of" not in g:
        g.name_of = namer(wired().reader)
    found: str = g.name_of(actor_id)
    return found


def gone(subject: str) -> str:
    """Why a text of somebody is not there: erased by which entry, or missing."""
    found = wired().reader.subject(subject)
    if found is None or found.erased is None:
        return "missing"
    return f"erased on {(found.erased_at or '')[:10]}, entry {found.erased}"


def say(result: Result) -> str:
    """What a requirement said, as the beginning of a sentence."""
    return capital(sentence(result, name))


def wanted(event: Event) -> str:
    """What somebody wants to happen."""
    return words.wanted(event, name)


def phrase(event: Event) -> str:
    """What happened, to follow the name of who did it."""
    return words.phrase(event, name)


def detail(event: Event) -> str:
    """What a list of entries says beside the kind."""
    return words.detail(event, name)


def kind(name_of_kind: str) -> str:
    """A kind of event in words."""
    return KIND_WORDS.get(name_of_kind, name_of_kind)


def capital(text: str) -> str:
    """The same with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def age(instant: str) -> str:
    """How long ago, from an RFC 3339 instant to now."""
    return lasted(instant, format_instant(wired().now()))


def lasted(earlier: str, later: str) -> str:
    """How long, from one instant to another."""
    return duration(max(0, seconds_between(earlier, later)))


def size(count: int) -> str:
    """A number of bytes in the unit that suits it: 1,624 is ``1.6 kB``."""
    value, place = float(count), 0
    while value >= _KILO and place < len(_UNITS) - 1:
        value, place = value / _KILO, place + 1
    return f"{value:.1f} {_UNITS[place]}" if place else f"{count} bytes"
