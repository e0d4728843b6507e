"""``counterseal observe`` and ``drift``: what monitoring sees, and how it differs from approval."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import click

from webui.client.commands.ask import asking, json_option, kept_option, key_option, show
from webui.client.errors import SettingError
from webui.client.plain import objects, text, text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEASURED: Final = re.compile(r"([a-z0-9][a-z0-9_.-]*)=(-?[0-9]+(?:\.[0-9]+)?)", re.ASCII)


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--in", "environment", required=True, metavar="ENV", help="Where it was measured.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    required=True,
    metavar="NAME=VALUE",
    help="What was measured; may be given several times.",
)
@click.option(
    "--lower-is-better",
    "lower",
    multiple=True,
    metavar="NAME",
    help="Of which of them less is better; of the others more is.",
)
@click.option("--on", "data_set", default="live", show_default=True, help="On which data.")
@click.option(
    "--samples", type=click.IntRange(1), default=None, help="How many examples it was measured on."
)
@click.option(
    "--spool", "may_spool", is_flag=True, help="Keep it on disk where the server is away."
)
@key_option
@kept_option
@json_option
def observe(
    *,
    model: str,
    version: str,
    environment: str,
    metrics: tuple[str, ...],
    lower: tuple[str, ...],
    data_set: str,
    samples: int | None,
    may_spool: bool,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Record what monitoring measured of VERSION. Exit code 3: the policy refuses it.

    Where it is much worse than at approval, the policy may owe a review and have people told.
    """
    from webui.client.commands.submit import send

    found = [_metric(one, lower, data_set, samples) for one in metrics]
    stray = set(lower) - {str(one["name"]) for one in found}
    if stray:
        raise SettingError(f"--lower-is-better names {min(stray)}, which no --metric does.")
    event = {
        "model": model,
        "version": version,
        "phase": "monitoring",
        "environment": environment,
        "metrics": found,
    }
    send("metrics.observed", event, key, kept, may_spool, as_json=as_json)


def _metric(
    said: str, lower: tuple[str, ...], data_set: str, samples: int | None
) -> dict[str, Any]:
    found = _MEASURED.fullmatch(said)
    if found is None:
        raise SettingError(
            f"{said!r} is not NAME=VALUE.", remedy="Write for example --metric accuracy=0.931."
        )
    metric: dict[str, Any] = {
        "name": found[1],
        "value": found[2],
        "data_set": data_set,
        "held_out": False,
        "higher_is_better": found[1] not in lower,
    }
    return metric if samples is None else {**metric, "sample_size": samples}


@click.command()
@click.argument("model")
@json_option
def drift(*, model: str, as_json: bool) -> None:
    """Show what monitoring sees of what runs of MODEL, against what was measured at approval.

    Exit code 1: a review of it is owed.
    """
    with asking() as client:
        found = client.read("models", model, "drift")
    show(found, list(_told(found)), as_json=as_json)
    if any(
        one.get("review", {}) and one["review"]["status"] == "required" for one in _items(found)
    ):
        raise click.exceptions.Exit(1)


def _items(found: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return objects(found, "items", dict)


def _told(found: dict[str, Any]) -> Iterator[str]:
    items = _items(found)
    if not items:
        yield "Monitoring told nothing of what runs."
    for one in items:
        approved = text_or_none(one, "approved")
        seen = objects(one, "observed", lambda each: text(each, "value"))[-1]
        place = f"{text(one, 'version')} in {text(one, 'environment')}: {text(one, 'metric')}"
        if approved is None:
            yield f"{place} {seen}; nothing was measured at approval"
            continue
        review = one.get("review")
        owed = f"; a review is {review['status']}, due {review['due'][:10]}" if review else ""
        yield f"{place} {seen}, at approval {approved}, worse by {text(one, 'drift')}{owed}"
