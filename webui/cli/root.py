"""``counterseal root``: a key that is kept offline and certifies the log's keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.cli.files import write_file
from webui.cli.home import home_option, opened
from webui.cli.key import USES, allowed, new_key

if TYPE_CHECKING:
    from ledger.keys.signer import FileSigner

_FILE = click.Path(dir_okay=False, path_type=Path)
_output = click.option("-o", "--output", type=_FILE, required=True, metavar="FILE")
_passphrase = click.option(
    "--passphrase-file",
    type=_FILE,
    required=True,
    metavar="FILE",
    help="A file that holds the root's passphrase, readable by its owner only.",
)


@click.group()
def root() -> None:
    """Keep a root key offline that certifies the log's keys.

    `create` and `certify` run where the root is, without a network; `request` and `name` where the
    log is. The files that go between hold no secret.
    """


@root.command()
@click.argument("file", type=_FILE)
@_passphrase
def create(file: Path, passphrase_file: Path) -> None:
    """Make a root key in FILE, encrypted. Run it on a machine that is never online."""
    from ledger.keys.root import create_root

    made = create_root(file, _secret(passphrase_file))
    click.echo(f"Root key  {made.public.hex()}")
    click.echo("Publish it: whoever verifies gives it with --root.")


@root.command()
@home_option
@click.argument("use", type=click.Choice(USES), required=False)
@click.option(
    "--token",
    "uri",
    metavar="URI",
    help="Make it on a token, pkcs11:token=...;object=..., or take one of a Vault, hv:NAME.",
)
@click.option("--existing", is_flag=True, help="The token holds the key already.")
@_output
def request(use: str | None, uri: str | None, existing: bool, output: Path) -> None:
    """Write what the root is asked to certify: a new key for USE, or all keys in force.

    With USE the new key is made here; it signs nothing until `key rotate --certificate`.
    """
    from ledger.keys.root import request_of

    with opened() as wiring:
        new = None
        if use is not None:
            made = new_key(wiring.log.keyring, use, uri, existing=existing)
            new = (use, made.public)
        asked = request_of(wiring.log.keys, new)
    write_file(output, asked.written())
    for one in asked.keys:
        click.echo(f"{one.use:<13} {one.public[:64]}")


@root.command()
@click.argument("asked", type=_FILE, metavar="REQUEST")
@click.option("--key", "file", type=_FILE, required=True, metavar="FILE", help="The root key.")
@_passphrase
@click.option("--previous", type=_FILE, metavar="FILE", help="The root that this one replaces.")
@click.option(
    "--previous-passphrase-file", type=_FILE, metavar="FILE", help="Default: the same passphrase."
)
@_output
def certify(  # noqa: PLR0917 (each is an option of the command)
    asked: Path,
    file: Path,
    passphrase_file: Path,
    previous: Path | None,
    previous_passphrase_file: Path | None,
    output: Path,
) -> None:
    """Certify the keys that REQUEST names; look at them before. Run it where the root is."""
    from ledger.keys.root import certify as answer
    from ledger.keys.root import read_request

    wanted = read_request(_read(asked))
    before = None
    if previous is not None:
        before = _open(previous, previous_passphrase_file or passphrase_file)
    made = answer(wanted, _open(file, passphrase_file), before)
    write_file(output, made.written())
    click.echo(f"Root {made.root} certifies for {made.origin}:")
    for one in made.keys:
        click.echo(f"{one.use:<13} {one.public[:64]}")


@root.command()
@home_option
@click.argument("certificates", type=_FILE, metavar="CERTIFICATES")
def name(certificates: Path) -> None:
    """Record the root that certified all keys in force; from then on it certifies every new one."""
    from ledger.keys.root import naming, read_certificates

    answer = read_certificates(_read(certificates))
    with opened() as wiring:
        receipt = allowed(wiring.submitter.submit(wiring.service, naming(answer)))
    click.echo(f"Entry {receipt.sequence}: the root key is {answer.root}")


def _open(file: Path, passphrase_file: Path) -> FileSigner:
    from ledger.keys.signer import open_signer

    return open_signer(file, _secret(passphrase_file))


def _secret(file: Path) -> bytes:
    from ledger.keys.signer import read_secret

    return read_secret(file).rstrip(b"\r\n")


def _read(file: Path) -> bytes:
    from ledger.errors import OutsideError

    try:
        return file.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"The file {file} can't be read: {error.strerror}.", code="file-unreadable"
        ) from error
