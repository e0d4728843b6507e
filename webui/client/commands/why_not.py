"""``counterseal whynot``: everything that stands between a version and an environment."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from webui.client.commands.ask import asking_quickly, json_option, show

if TYPE_CHECKING:
    from io import BufferedReader

    from webui.client.answers import Unmet, WhyNot


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--to", "environment", required=True, metavar="ENV", help="The environment.")
@click.option(
    "--planned",
    type=click.File("rb"),
    metavar="FILE",
    help="Fields of version.registered for a version that does not exist yet.",
)
@json_option
def whynot(
    *, model: str, version: str, environment: str, planned: BufferedReader | None, as_json: bool
) -> None:
    """Tell every condition that is not met yet before VERSION may run in ENV, and who can meet it.

    Exit code 0: nothing is missing. 1: something is. Nothing is recorded.
    """
    from webui.client.commands.submit import read_fields

    fields = None if planned is None else read_fields(planned.read())
    with asking_quickly() as client:
        found = client.why_not(model, version, environment, fields)
    show(asdict(found), _lines(found), as_json=as_json)
    if found.unmet:
        raise click.exceptions.Exit(1)


def _lines(found: WhyNot) -> list[str]:
    where = f"{found.model} {found.version} to {found.environment}"
    if not found.unmet:
        return [f"Nothing stands between {where} and a deployment."]
    number = len(found.unmet)
    noun = "condition is" if number == 1 else "conditions are"
    lines = [f"{where}: {number} {noun} not met."]
    for one in found.unmet:
        lines.append(f"- [{one.step}] {one.sentence}")
        lines += [f"    {line}" for line in _who(one)]
    return lines


def _who(unmet: Unmet) -> list[str]:
    lines = []
    for voices in unmet.who:
        roles = " or ".join(role.replace("_", " ") for role in voices.roles)
        people = ", ".join(voices.people) or "nobody holds the role now"
        lines.append(f"{voices.number} of {roles}: {people}")
    return lines
