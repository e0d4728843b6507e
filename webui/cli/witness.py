"""``counterseal witness``: run a witness of other people's logs."""

from __future__ import annotations

from pathlib import Path

import click

# The end of the year 9999: what a stranger's 63 bits may say beyond it is not shown.
_LAST_SECOND = 253_402_300_799
_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))


@click.group()
def witness() -> None:
    """Be a witness of logs: cosign what continues what was seen before, and nothing else."""


@witness.command()
@_FOLDER
@click.option("--name", required=True, help="The name of its keys, as in witness.example/one.")
@click.option("--ml-dsa-44", is_flag=True, help="Sign by ML-DSA-44 as well.")
def init(folder: Path, name: str, ml_dsa_44: bool) -> None:
    """Make a new witness in a folder of its own, and print its verifier keys."""
    from ledger.errors import CheckpointError
    from webui.witness.cosigner import create_witness

    try:
        made = create_witness(folder, name, ml_dsa_44=ml_dsa_44)
    except CheckpointError:
        msg = "a name has neither spaces nor plus signs."
        raise click.BadParameter(msg, param_hint="'--name'") from None
    _print_keys(made.vkeys)
    made.close()


@witness.command("vkey")
@_FOLDER
def show_vkey(folder: Path) -> None:
    """Print its verifier keys (C2SP tlog-cosignature), one on a line."""
    from webui.witness.cosigner import open_witness

    opened = open_witness(folder)
    _print_keys(opened.vkeys)
    opened.close()


@witness.command("add-log")
@_FOLDER
@click.argument("vkey")
def add_log(folder: Path, vkey: str) -> None:
    """Watch a log from now on: VKEY is its verifier key, whose name is the log's origin."""
    from ledger.core.note import ED25519_COSIGNATURE, parse_vkey
    from ledger.errors import CheckpointError
    from webui.witness.cosigner import open_witness

    try:
        key = parse_vkey(vkey)
    except CheckpointError as error:
        raise click.BadParameter(str(error), param_hint="'VKEY'") from None
    if key.sig_type == ED25519_COSIGNATURE:
        msg = "this is the key of a witness, not of a log."
        raise click.BadParameter(msg, param_hint="'VKEY'")
    opened = open_witness(folder)
    added = opened.notebook.trust(key)
    opened.close()
    click.echo(f"{'Watching' if added else 'Watching already'} {key.name}")


@witness.command()
@click.argument("policy", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(policy: Path, checkpoint: Path) -> None:
    """Check a signed checkpoint (a file) under a trust policy (a file): who signed, and when.

    Needs no installation and no network: this is for auditors and everybody else.
    """
    from datetime import UTC, datetime

    from ledger.core.checkpoint import parse_checkpoint
    from ledger.core.note import parse_note
    from ledger.core.trust import parse_trust_policy, satisfied
    from ledger.errors import CheckpointError

    note = parse_note(checkpoint.read_bytes())
    tree = parse_checkpoint(note.text)
    verdict = satisfied(parse_trust_policy(policy.read_bytes()), note)
    click.echo(f"{tree.size} entries of {tree.origin}, root {tree.root.hex()}")
    click.echo(f"Signed by the log: {'yes' if verdict.log else 'by none that the policy lists'}")
    for one, cosignature in verdict.counted:
        moment = datetime.fromtimestamp(min(cosignature.time, _LAST_SECOND), UTC)
        click.echo(f"Witnessed by {one.name}, {moment:%Y-%m-%d %H:%M:%S} UTC")
    for one in verdict.missing:
        click.echo(f"Not witnessed by {one.name}")
    if not verdict.valid:
        raise CheckpointError("The policy does not accept this checkpoint.", code="not-accepted")
    click.echo("The policy accepts this checkpoint.")


@witness.command()
@_FOLDER
def logs(folder: Path) -> None:
    """List the logs it watches: size of the largest tree seen, refused checkpoints, origin."""
    from webui.witness.cosigner import open_witness

    opened = open_witness(folder)
    for origin, size in opened.notebook.logs():
        click.echo(f"{size:>12}  {len(opened.notebook.evidence(origin)):>4}  {origin}")
    opened.close()


@witness.command()
@_FOLDER
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="0: any."
)
def serve(folder: Path, host: str, port: int) -> None:
    """Answer logs and monitors until interrupted. What is asked and answered is public."""
    from ledger.core.witnessing import MAX_REQUEST_BYTES
    from webui.server import Server
    from webui.witness.app import create_witness_app
    from webui.witness.cosigner import open_witness

    opened = open_witness(folder)
    try:
        server = Server(
            create_witness_app(opened), host=host, port=port, most_body_bytes=MAX_REQUEST_BYTES
        )
        server.start()
        click.echo(f"Witness {opened.notebook.name} at {server.url} (stop with Ctrl-C)")
        try:
            server.wait()
        finally:
            server.stop()
    finally:
        opened.close()
    click.echo("Stopped.")


def _print_keys(keys: tuple[str, ...]) -> None:
    for key in keys:
        click.echo(key)
