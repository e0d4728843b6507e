"""The inbox: what waits for me, what waits for others, what I asked for, and what happened last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from ledger.store.entries import Filter
from webui.here import wired
from webui.pages.changes import waiting_changes
from webui.pages.frame import me
from webui.pages.owed import reviews_owed
from webui.pages.waiting import waiting

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.query import Reader
    from ledger.state.aggregates import ReleaseState
    from webui.pages.waiting import Waiting

MOST_SHOWN = 50
MOST_ASKED = 8
MOST_DECIDED = 6
MOST_RECENT = 6
SHOWN = ("mine", "team", "overdue")


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/", "inbox", _inbox)


def _inbox() -> ResponseReturnValue:
    reader, actor = wired().reader, me().actor
    found = waiting(reader.releases(status="open", limit=MOST_SHOWN), actor)
    found.sort(key=lambda item: not item.overdue)
    mine = [item for item in found if item.for_me]
    show = request.args.get("show", "")
    late = [item for item in found if item.overdue]
    return render_template(
        "inbox.html",
        counts=reader.counts(),
        mine=mine,
        show=show if show in SHOWN else "",
        late=late,
        sections=_sections(found),
        reviews=reviews_owed(actor),
        notes={item.release.since: _note(reader, item.release) for item in mine},
        changes=waiting_changes(actor),
        asked=_asked_by(reader, actor.id),
        decided=_decided(reader),
        running=(running := reader.running()),
        ended={run.release for run in running if _ended(reader, run.release)},
        recent=reader.told(reader.entries(Filter(), limit=MOST_RECENT)),
    )


def _sections(found: list[Waiting]) -> list[tuple[str, str, list[Waiting]]]:
    """What waits for others than whoever looks: by whose turn it is."""
    of = {whose: [item for item in found if item.whose == whose] for whose in ("team", "others")}
    return [
        ("team", "Waiting for my team", of["team"]),
        ("others", "Waiting for others", of["others"]),
    ]


def _ended(reader: Reader, release: int | None) -> bool:
    """Whether something runs under a release that is no longer granted."""
    return release is not None and reader.release(release).status != "granted"


def _note(reader: Reader, release: ReleaseState) -> str:
    """What was said when it was asked for, while the vault still knows."""
    return reader.tell(release.since).private.get("note") or ""


def _decided(reader: Reader) -> list[ReleaseState]:
    """The releases among the last that are open no more."""
    return [item for item in reader.releases(limit=MOST_SHOWN) if item.status != "open"][
        :MOST_DECIDED
    ]


def _asked_by(reader: Reader, actor_id: str) -> list[ReleaseState]:
    """The releases that somebody asked for last."""
    wanted = Filter(kinds=("release.requested",), actor=actor_id, outcome="allow")
    return [reader.release(row.sequence) for row in reader.entries(wanted, limit=MOST_ASKED)]
