"""``counterseal at`` and ``trace``: what ran then, and where a prediction comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from webui.client.commands.ask import asking, json_option, show
from webui.client.errors import SettingError
from webui.client.plain import number, object_of, objects, text, text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webui.client.client import Client


@click.command()
@click.argument("model")
@click.option("--env", "environment", required=True, metavar="ENV", help="The environment.")
@click.option(
    "--time", "moment", required=True, help="As 2026-03-03T14:05:00Z, or '2026-03-03 14:05' in UTC."
)
@json_option
def at(*, model: str, environment: str, moment: str, as_json: bool) -> None:
    """Tell what of MODEL ran in ENV at a time. Exit code 1: nothing ran."""
    with asking() as client:
        found = _at(client, model, environment, moment)
    show(found, _ran(found), as_json=as_json)
    if found.get("ran") is None:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("stamp", default="")
@click.option("--model", default="", help="With --env and --time instead of a stamp.")
@click.option("--env", "environment", default="", metavar="ENV")
@click.option("--time", "moment", default="")
@json_option
def trace(*, stamp: str, model: str, environment: str, moment: str, as_json: bool) -> None:
    """Tell which version, data, approvals and reports a prediction's STAMP leads back to.

    STAMP is what record-deployment printed, or the number of the deployment's entry.
    """
    if bool(stamp) == bool(model and environment and moment):
        raise SettingError(
            "It is not said what to trace.",
            code="nothing-to-trace",
            remedy="Give a stamp, or all of --model, --env and --time.",
        )
    with asking() as client:
        if not stamp:
            ran = _at(client, model, environment, moment)
            if ran.get("ran") is None:
                show(ran, _ran(ran), as_json=as_json)
                raise click.exceptions.Exit(1)
            stamp = text(object_of(ran, "ran"), "stamp")
        found = client.read("trace", stamp)
    show(found, list(_traced(found)), as_json=as_json)


def _at(client: Client, model: str, environment: str, moment: str) -> dict[str, Any]:
    query = [("environment", environment), ("time", moment)]
    return client.read("models", model, "ran-at", query=query)


def _ran(found: dict[str, Any]) -> list[str]:
    where = f"{text(found, 'environment')} at {text(found, 'at')}"
    if found.get("ran") is None:
        return [f"Nothing of {text(found, 'model')} ran in {where}."]
    ran = object_of(found, "ran")
    run = object_of(ran, "deployment")
    return [
        f"{text(run, 'model')} {text(run, 'version')} ran in {where}.",
        f"Entry {number(run, 'since')}, stamp {text(ran, 'stamp')}",
    ]


def _traced(found: dict[str, Any]) -> Iterator[str]:
    run, version = object_of(found, "deployment"), object_of(found, "version")
    until = text_or_none(run, "ended_at")
    yield (
        f"{text(run, 'model')} {text(run, 'version')} in {text(run, 'environment')} from "
        f"{text(run, 'at')} {f'until {until}' if until else 'on, still runs'}"
    )
    yield f"artifact: sha256 {text(run, 'artifact')}"
    for name, of, kind in objects(version, "data_sets", _data_set):
        yield f"data: {name} {of} ({kind})"
    if version.get("code") is not None:
        code = object_of(version, "code")
        yield f"code: {text(code, 'repository')} {text(code, 'commit')}"
    release = found.get("release")
    yield f"release: {number(object_of(found, 'release'), 'since') if release else 'none'}"
    for actor, entry in objects(
        found, "approvals", lambda one: (text(one, "actor"), number(one, "entry"))
    ):
        yield f"approved by {actor}, entry {entry}"
    for name in objects(found, "reports", lambda one: text(one, "report")):
        yield f"report: {name}"


def _data_set(plain: dict[str, Any]) -> tuple[str, str, str]:
    return text(plain, "name"), text(plain, "version"), text(plain, "classification")
