"""``counterseal export``: a version in somebody else's format."""

from __future__ import annotations

import click

from webui.client.commands.ask import asking, write_new


@click.command()
@click.argument("model")
@click.argument("version")
@click.option(
    "--as",
    "form",
    type=click.Choice(("cyclonedx", "spdx", "slsa", "openlineage", "card")),
    required=True,
    help="CycloneDX 1.7 ML-BOM, SPDX 3.0.1 JSON-LD, SLSA provenance v1, or a model card.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Default: stdout."
)
def export(*, model: str, version: str, form: str, output: str | None) -> None:
    """Tell what is recorded of VERSION in a format that other programs read."""
    with asking() as client:
        data = client.fetch("models", model, "versions", version, "export", form)
    if output:
        write_new(output, data)
    else:
        click.echo(data, nl=False)
