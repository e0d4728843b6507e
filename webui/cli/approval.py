"""``counterseal approval``: read what a passkey was asked to sign, without any service."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_MOST_BYTES = 65_535
_WORDS = {
    "format": "Format",
    "log": "Ledger",
    "decision": "Decision",
    "release": "Release",
    "actor": "By",
    "roles": "Roles held",
    "model": "Model",
    "version": "Version",
    "environment": "May run in",
    "artifact": "Artifact, SHA-256",
    "pack": "All that was shown, SHA-256",
    "policy": "Policy, SHA-256",
    "head": "History before",
    "reason": "Commitment to the reason",
    "expires": "To be signed until",
    "nonce": "Nonce",
}


@click.group()
def approval() -> None:
    """Look at what a passkey signs."""


@approval.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--digest", help="The digest that a page or notice named; it must be the same.")
def show(file: Path, digest: str | None) -> None:
    """Render the approval statement in FILE (- for standard input), and what a passkey signs of it.

    FILE holds the statement, byte for byte as the page showed it, or an entry's envelope with a
    signed approval. Nothing is asked of any service.
    """
    from ledger.core.digest import hex_digest
    from ledger.errors import InputError, ProofError
    from ledger.events.approval import read_statement

    statement = _statement_in(_read(file))
    said = read_statement(statement)
    found = hex_digest(statement)
    for name, value in said.model_dump(mode="json", exclude_none=True).items():
        shown = value
        if name == "head":
            shown = f"{value['size']} entries, root {value['root']}"
        elif name == "roles":
            shown = ", ".join(value) or "none"
        click.echo(f"{_WORDS[name] + ':':<29}{shown}")
    click.echo(f"\n{'A passkey signs, SHA-256:':<29}{found}")
    if digest is None:
        return
    if not digest.isascii():
        raise InputError("A digest is 64 hexadecimal digits.")
    if digest.strip().lower() != found:
        raise ProofError("That is not the digest of this statement.", code="digest-differs")
    click.echo("It is the digest that you gave.")


def _read(file: Path) -> bytes:
    from ledger.errors import InputError, OutsideError

    if str(file) == "-":
        data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    else:
        try:
            with file.open("rb") as opened:
                data = opened.read(_MOST_BYTES + 1)
        except OSError as error:
            raise OutsideError(f"The file can't be read: {error.strerror}.") from error
    if len(data) > _MOST_BYTES:
        raise InputError("This is too long for a statement.", code="too-large")
    return data


def _statement_in(data: bytes) -> bytes:
    """The statement itself, or that of an entry; an editor's last newline is left out."""
    from ledger.core.rfc4648 import from_base64
    from ledger.errors import InputError
    from ledger.events.entry import decode_entry
    from ledger.events.proof import WebAuthnProof

    if not data.startswith(b'{"payload"'):
        return data.removesuffix(b"\n").removesuffix(b"\r")
    proof = decode_entry(data.removesuffix(b"\n")).proof
    if not isinstance(proof, WebAuthnProof):
        raise InputError("No passkey signed this entry.")
    return from_base64(proof.statement)
