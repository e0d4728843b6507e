"""One page over everything that has a name or a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from webui.here import wired
from webui.life.searching import MOST, MOST_CHARACTERS, search

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/search", "search", _search)


def _search() -> ResponseReturnValue:
    text = request.args.get("text", "").strip()
    found = search(wired().reader, text) if text else None
    return render_template(
        "search.html", text=text, found=found, most=MOST, longest=MOST_CHARACTERS
    )
