"""Frameworks: those that ship, the organisation's own, and the crosswalk between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import render_template, request

from ledger.errors import InputError, UnknownSubjectError
from ledger.state.frameworks import FrameworkState
from policies import PolicyError
from policies.controls.crosswalk import shipped_crosswalk
from policies.controls.shipped import FRAMEWORKS
from policies.strict_yaml import write_yaml
from webui.frameworks import draft, every_framework, framework_named, rows_of
from webui.here import wired
from webui.pages.asking import ask, concluded, text

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from webui.frameworks import Draft

_HERE: Final = "/frameworks"
_LONGEST_NUMBER: Final = 15


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = f"{_HERE}/<name>"
    blueprint.add_url_rule(_HERE, "frameworks", _frameworks)
    blueprint.add_url_rule(_HERE, "read_framework", _read, methods=["POST"])
    blueprint.add_url_rule(one, "framework", _framework)
    blueprint.add_url_rule(f"{one}/withdraw", "withdraw_framework", _withdraw, methods=["POST"])


def _frameworks() -> ResponseReturnValue:
    return _listed("")


def _listed(written: str, error: PolicyError | None = None, found: Draft | None = None) -> str:
    reader = wired().reader
    return render_template(
        "frameworks.html",
        frameworks=every_framework(reader),
        withdrawn=reader.all_of(FrameworkState, status="withdrawn"),
        crosswalk=shipped_crosswalk(),
        refs={one.id: (fw, one) for fw in every_framework(reader) for one in fw.controls},
        written=written,
        error=error,
        found=found,
    )


def _read() -> ResponseReturnValue:
    """Read what was written; say what it holds, or put it in force."""
    written = request.form.get("document", "").replace("\r\n", "\n")
    try:
        found = draft(wired().reader, written, "what you wrote")
    except PolicyError as error:
        return _listed(written, error), 422
    if text("act") != "activate":
        return _listed(written, found=found)
    if found.event is None:
        raise InputError("These rows are in force already.", code="nothing-new")
    fields = found.event.facts()
    return concluded(
        ask("framework.activated", fields),
        "The rows are in force.",
        f"{_HERE}/{found.own.framework.id}",
        stay=_HERE,
    )


def _framework(name: str) -> ResponseReturnValue:
    """A framework's rows, in the version of an entry where one is named."""
    reader = wired().reader
    held = reader.state_of(FrameworkState, name)
    at = request.args.get("entry", "")
    if at:
        found = rows_of(reader, _number(at))
        if found is None or found.id != name:
            raise UnknownSubjectError("No rows of it were put in force there.", pointer="/entry")
    elif held is not None:
        found = rows_of(reader, held.since)
    else:
        found = framework_named(reader, name)
    return render_template(
        "framework.html",
        framework=found,
        held=held,
        own=name not in FRAMEWORKS,
        crosswalk=shipped_crosswalk(),
        yaml=_yaml(held) if held is not None else "",
    )


def _yaml(held: FrameworkState) -> str:
    event = wired().log.entry(held.since).event
    return write_yaml(event.facts()["document"])


def _withdraw(name: str) -> ResponseReturnValue:
    fields = {"framework": name, "reason": text("reason")}
    return concluded(
        ask("framework.withdrawn", fields), "The framework is withdrawn.", f"{_HERE}/{name}"
    )


def _number(said: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise InputError("An entry is named by its number.", pointer="/entry")
    return int(said)
