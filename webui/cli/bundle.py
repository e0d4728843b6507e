"""``counterseal bundle``: entries and documents to take home, with a verifier of their own."""

from __future__ import annotations

from pathlib import Path

import click

from webui.cli.files import write_file
from webui.cli.home import home_option, opened


@click.command()
@home_option
@click.argument("numbers", nargs=-1, type=click.IntRange(min=0), metavar="NUMBER...")
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="A report, by the entry that recorded it: its PDF comes along.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the bundle is written, such as evidence.zip.",
)
def bundle(numbers: tuple[int, ...], reports: tuple[int, ...], output: Path) -> None:
    """Write entries NUMBER..., their proofs and verify.py as one zip file.

    Whoever has it can verify it offline with Python and `cryptography`, without this program.
    """
    from ledger.bundle import make_bundle
    from webui.issuing import issued_file

    with opened() as wiring:
        files = {}
        for number in reports:
            state, data = issued_file(wiring, number)
            files[f"{state.report}.pdf"] = data
        made = make_bundle(wiring.log, [*numbers, *reports], files)
        vkey = wiring.log.vkey
    write_file(output, made)
    click.echo(f"{output}: {len(numbers) + len(reports)} entries, {len(files)} documents")
    click.echo(
        f"Check it anywhere: unzip verify.py, then\n  python verify.py {output} --vkey '{vkey}'"
    )
