"""``counterseal next-version``: how the next version of a model is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from webui.client.commands.ask import asking, json_option, show
from webui.client.plain import text, text_or_none, texts

if TYPE_CHECKING:
    from io import BufferedReader


@click.command("next-version")
@click.argument("model")
@click.option(
    "--planned",
    type=click.File("rb"),
    metavar="FILE",
    help="Fields of version.registered without a version; register --dry-run --json tells them.",
)
@json_option
def next_version(*, model: str, planned: BufferedReader | None, as_json: bool) -> None:
    """Suggest a name for MODEL's next version, by its scheme and by what changed.

    The name alone stands on stdout. Exit code 1: there is none without the artifact's digest.
    """
    from webui.client.commands.submit import read_fields

    body: dict[str, Any] = {"model": model}
    if planned is not None:
        body["planned"] = read_fields(planned.read())
    with asking() as client:
        found = client.ask("next-version", body=body)
    version = text_or_none(found, "version")
    show(found, [version] if version else [], as_json=as_json)
    if not as_json:
        after = text_or_none(found, "after") or "none"
        changed = ", ".join(texts(found, "changed")).replace("_", " ") or "nothing known"
        click.echo(f"{text(found, 'scheme')}, after {after}; changed: {changed}", err=True)
    if version is None:
        raise click.exceptions.Exit(1)
