"""``counterseal policy``: the rules in force, and the tools for changing them well."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click

from webui.cli.home import home_option, opened
from webui.cli.policy_changing import activate, propose
from webui.cli.policy_history import read_document, read_text, replay, simulate
from webui.cli.policy_reading import check, diff, explain
from webui.cli.policy_trial import test


@click.group()
def policy() -> None:
    """Look at policies: read them, test them, hold them against the past, propose others."""


@policy.command()
@home_option
def show() -> None:
    """Print the policy in force as YAML, as the ledger holds it."""
    from policies.strict_yaml import write_yaml
    from webui.wiring import policy_fields

    with opened() as wiring:
        state, event = wiring.reader.policy()
        fields = policy_fields(wiring.reader, event)
    click.echo(f"# {state.policy}, in force since entry {state.since}")
    click.echo(f"# digest {state.digest}")
    click.echo(write_yaml(fields), nl=False)


@policy.command()
def bundles() -> None:
    """List the bundles that can be put on top of a policy."""
    from policies.shipped import BUNDLES, shipped_bundle

    for name in BUNDLES:
        bundle = shipped_bundle(name)
        click.secho(name, bold=True)
        click.echo(textwrap.fill(f"{bundle.title}. {bundle.summary}", 96))
        click.echo(f"Source: {bundle.source_version}. {len(bundle.gates)} gates.\n")


@policy.command()
@click.argument(
    "base", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option("--with", "names", multiple=True, metavar="BUNDLE", help="A bundle's name or file.")
def compose(base: Path | None, names: tuple[str, ...]) -> None:
    """Print BASE (or the shipped policy) with bundles on top, as one document.

    Bundles only add gates. What is printed can be proposed, by `policy propose` or on the page of
    the policy.
    """
    from policies import document_text
    from policies.bundle import compose as composed
    from policies.bundle import load_bundle
    from policies.shipped import BUNDLES, shipped_bundle, shipped_policy

    document = shipped_policy() if base is None else read_document(base)
    chosen = [
        load_bundle(read_text(Path(name)), document, name)
        if name not in BUNDLES and Path(name).is_file()
        else shipped_bundle(name)
        for name in names
    ]
    click.echo(document_text(composed(document, chosen)), nl=False)


for _command in (check, explain, diff, test, simulate, replay, propose, activate):
    policy.add_command(_command)
