"""The sampling desk: a nonce is bound, the population frozen, the sample drawn and looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask import render_template, request

from ledger.errors import InputError, UnknownSubjectError
from ledger.state.samples import SampleState
from webui.here import wired
from webui.pages.asking import ask, concluded, optional, text
from webui.pages.frame import before, first_page, me, next_page
from webui.sampling import draw_sample, extend_sample, frozen, recomputed

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.state.aggregates import DeploymentState

ON_A_PAGE: Final = 50
_HERE: Final = "/samples"
_LONGEST_NUMBER: Final = 15


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    one = f"{_HERE}/<int:number>"
    blueprint.add_url_rule(_HERE, "samples", _samples)
    blueprint.add_url_rule(_HERE, "open_sample", _open, methods=["POST"])
    blueprint.add_url_rule(one, "sample", _sample)
    blueprint.add_url_rule(f"{one}/draw", "draw_sample", _draw, methods=["POST"])
    blueprint.add_url_rule(f"{one}/rows", "extend_sample", _extend, methods=["POST"])


def _samples() -> ResponseReturnValue:
    wiring = wired()
    found = wiring.reader.all_of(SampleState, before=before(), limit=ON_A_PAGE)
    today = wiring.now().date()
    return render_template(
        "samples.html",
        samples=found,
        models=wiring.reader.models(limit=500),
        since=(today - timedelta(days=90)).isoformat(),
        until=today.isoformat(),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _open() -> ResponseReturnValue:
    """Bind whoever asks to their nonce; this entry is the last one of the population."""
    size = text("size")
    environments = tuple(text("environments").replace(",", " ").split()) or ("production",)
    fields = {
        "population": "changes",
        "period_from": text("from"),
        "period_until": text("until"),
        "models": tuple(request.form.getlist("models")),
        "environments": environments,
        "commitment": text("commitment").lower(),
        **({"size": _number(size, "/size")} if size else {}),
    }
    receipt = ask("sample.opened", fields)
    back = f"{_HERE}/{receipt.sequence}" if receipt.outcome == "allow" else _HERE
    return concluded(receipt, "The population is frozen.", back, stay=_HERE)


def _sample(number: int) -> ResponseReturnValue:
    """A sample; what it says is computed again where that is asked for."""
    wiring = wired()
    sample = wiring.reader.sample(number)
    again = request.args.get("again") == "1" and sample.status == "drawn"
    held = frozen(wiring, sample) if again else None
    return render_template(
        "sample.html",
        sample=sample,
        mine=sample.opener == me().actor.id,
        steps=recomputed(held) if held is not None else (),
        rows={row: _change(row) for row in sample.chosen},
    )


def _change(row: int) -> DeploymentState | None:
    """The change of a row; None where somebody added an entry that is none."""
    try:
        return wired().reader.deployment(row)
    except UnknownSubjectError:
        return None


def _draw(number: int) -> ResponseReturnValue:
    receipt = draw_sample(wired(), me().actor, number, text("nonce"), _once("draw"))
    return concluded(receipt, "The sample is drawn.", f"{_HERE}/{number}")


def _extend(number: int) -> ResponseReturnValue:
    rows = tuple(_number(one, "/rows") for one in text("rows").replace(",", " ").split())
    if not rows or not text("reason"):
        raise InputError("Name rows by their entries, and say why.", pointer="/rows")
    reason = optional(reason=text("reason"))["reason"]
    receipt = extend_sample(wired(), me().actor, number, rows, reason, _once("rows"))
    return concluded(receipt, "The rows are added.", f"{_HERE}/{number}")


def _once(what: str) -> str:
    """The form's own key, so that sending it twice does it once."""
    once = request.form.get("once", "")
    return f"page/{once}/{what}" if once else ""


def _number(said: str, pointer: str) -> int:
    if not (said.isascii() and said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise InputError("This is no number.", pointer=pointer)
    return int(said)
