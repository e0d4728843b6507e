"""``counterseal artifacts``: the bytes of versions, kept by their digests."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.home import home_option, opened
from webui.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATH = click.Path(path_type=Path)


@click.group()
def artifacts() -> None:
    """Keep the bytes of versions in a store of their own (COUNTERSEAL_ARTIFACTS).

    A version records the digest of its artifact; the store holds bytes by it, and proves nothing.
    """


@artifacts.command()
@home_option
def init() -> None:
    """Set up the place that is named: write whose store it is.

    Until then nothing is put or looked for there, so a disk that is not mounted is no empty store.
    """
    from webui.artifacts.named import claim
    from webui.artifacts.store import opened_store

    with opened() as wiring, opened_store(wiring.settings, new=True) as store:
        claim(wiring, store.place)
    click.echo("The artifact store is set up.")


@artifacts.command()
@home_option
@click.argument("model")
@click.argument("version")
@click.argument("path", type=_PATH)
@click.option(
    "--leave-out",
    multiple=True,
    metavar="NAME",
    help="A file at the directory's top that is not of the model, such as its signature.",
)
def put(model: str, version: str, path: Path, leave_out: tuple[str, ...]) -> None:
    """Store the file or directory that VERSION of MODEL was registered with."""
    from webui.artifacts.named import claim
    from webui.artifacts.store import opened_store

    with opened() as wiring, opened_store(wiring.settings) as store:
        registered = wiring.reader.version(model, version).artifact
        claim(wiring, store.place)
        # Hashed once to know it, once more on its way.
        with _seeing(2 * registered.size_bytes) as seen:
            done = store.put(registered.sha256, path, leave_out=frozenset(leave_out), seen=seen)
    click.echo(f"sha256  {registered.sha256}")
    click.echo(f"{_files(done.files)}, {done.size:,} bytes, of which {done.new:,} were new.")


@artifacts.command()
@home_option
@click.argument("model")
@click.argument("version")
@click.option("-o", "--output", type=_PATH, required=True, metavar="PATH")
def get(model: str, version: str, output: Path) -> None:
    """Write the artifact of VERSION of MODEL to PATH, where nothing may be yet.

    It appears there whole and verified, or not at all.
    """
    from webui.artifacts.store import opened_store

    with opened() as wiring, opened_store(wiring.settings) as store:
        registered = wiring.reader.version(model, version).artifact
        with _seeing(registered.size_bytes) as seen:
            done = store.take(registered.sha256, output, seen)
    click.echo(f"{_files(len(done.files))}, {done.size:,} bytes, as registered: {output}")


@artifacts.command()
@home_option
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="Take N artifacts by lot, not all."
)
@click.option(
    "--complete", is_flag=True, help="A version whose artifact was never put is missing too."
)
def verify(sample: int | None, complete: bool) -> None:
    """Hash what is held again, and name what is damaged or missing."""
    import secrets

    from webui.artifacts.named import named
    from webui.artifacts.store import opened_store

    with opened() as wiring, opened_store(wiring.settings) as store:
        wanted = dict(named(wiring))
        if sample is not None and sample < len(wanted):
            drawn = secrets.SystemRandom().sample(sorted(wanted), sample)
            wanted = {one: wanted[one] for one in drawn}
        with _seeing(None) as seen:
            found = store.check(wanted, complete=complete, seen=seen)
    for one in found.problems:
        path = f", {one.path}" if one.path else ""
        click.echo(f"{one.model} {one.version}{path}: {one.what}")
    click.echo(f"{found.artifacts:,} artifacts, {_files(found.files)}, {found.size:,} bytes.")
    if found.absent:
        click.echo(f"{found.absent:,} artifacts are not held here.")
    if found.problems:
        click.echo(f"NOT VERIFIED: {len(found.problems):,} damaged or missing.")
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)
    click.echo("verified")


@artifacts.command()
@home_option
@click.option(
    "--older-than",
    default=24,
    show_default=True,
    type=click.IntRange(min=0, max=87_600),
    metavar="HOURS",
    help="What was written later is passed over: an upload may be under way.",
)
@click.option("--remove", is_flag=True, help="Remove it, after a question.")
@click.option("--yes", is_flag=True, help="Answer the question with yes.")
def garbage(older_than: int, remove: bool, yes: bool) -> None:
    """List what no version names, with sizes, and uploads that were broken off.

    Nothing is removed without --remove. Versions are never deleted, so what a version names stays.
    """
    from datetime import timedelta

    from ledger import clock
    from webui.artifacts.named import claim, named
    from webui.artifacts.store import opened_store

    with opened() as wiring, opened_store(wiring.settings) as store:
        claim(wiring, store.place)
        before = clock.now() - timedelta(hours=older_than)
        found = store.garbage(named(wiring), before)
        for one in found:
            click.echo(f"{one.size:>16,}  {one.name}")
        size = sum(one.size for one in found)
        click.echo(f"{size:>16,}  bytes in {_files(len(found))} that no version names")
        if remove and found:
            if not yes:
                click.confirm("Remove them for good?", abort=True)
            # Looked up again: a version may have been registered while the question stood.
            still = {one.name for one in store.garbage(named(wiring), before)}
            gone = [one for one in found if one.name in still]
            for one in gone:
                store.place.remove(one.name)
            click.echo(f"{_files(len(gone))} removed.")


@contextmanager
def _seeing(total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar that counts bytes."""
    with shown() as show:
        done = 0

        def seen(number: int) -> None:
            nonlocal done
            done += number
            show("Bytes", done, max(done, total or done))

        yield seen


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"
