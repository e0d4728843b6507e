"""Verify what somebody took home: a bundle, a proof with its entry, or a report as PDF."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING

import click

from ledger.errors import InputError, OutsideError, ProofError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from webui.wiring import Wiring


def check_file(file: Path, vkeys: Sequence[str], root: bytes | None = None) -> None:
    """Verify a bundle or a proof, and say what it proves.

    Raises:
        InputError: it is neither, or the verifier key of a proof is missing.
        LedgerError: it does not verify.
    """
    if file.suffix == ".zip":
        _check_bundle(file, vkeys, root)
    elif root is not None:
        raise InputError("A proof names no root key; leave out --root.", code="invalid-root")
    elif file.suffix == ".tlog-proof":
        _check_proof(file, vkeys)
    else:
        raise InputError(
            "This is nothing that can be verified.",
            code="unknown-target",
            remedy="Give a folder, a URL, or a file ending in .zip, .tlog-proof or .pdf.",
        )


def _check_bundle(file: Path, vkeys: Sequence[str], root: bytes | None) -> None:
    """Run the verifier that ships in every bundle: ours, not the one in this bundle."""
    if len(vkeys) > 1:
        raise InputError("A bundle is verified with one --vkey.", code="too-many-vkeys")
    with resources.as_file(resources.files("ledger") / "standalone" / "verify.py") as program:
        chosen = [argument for key in vkeys for argument in ("--vkey", key)]
        chosen += [] if root is None else ["--root", root.hex()]
        command = [sys.executable, "-I", str(program), str(file), *chosen]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own program)
    click.echo(done.stdout + done.stderr, nl=False)
    if done.returncode:
        raise click.exceptions.Exit(done.returncode)


def _check_proof(file: Path, vkeys: Sequence[str]) -> None:
    from ledger.core.note import parse_vkey
    from ledger.core.proof import check_proof, parse_proof
    from ledger.events.entry import decode_entry

    if not vkeys:
        raise InputError(
            "A proof is checked against a verifier key.",
            code="vkey-missing",
            remedy="Give --vkey, as the log's operator publishes it.",
        )
    proof = parse_proof(_read(file))
    entry = decode_entry(_read(file.with_suffix(".json")))
    tree = check_proof(proof, entry.leaf, [parse_vkey(text) for text in vkeys])
    if (entry.sequence, entry.origin) != (proof.index, tree.origin):
        raise ProofError("The entry was signed for another place.", code="misplaced")
    click.echo(f"Log    {tree.origin}, {tree.size} entries, root {tree.root.hex()}")
    click.echo(f"Entry  {entry.sequence}, {entry.kind}, {entry.recorded_at}")
    click.echo("verified: the entry is in the tree that the log's key signed")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OutsideError(
            f"The file {file} can't be read: {error.strerror}.",
            code="file-unreadable",
            remedy="A proof and its entry stand side by side: 42.tlog-proof and 42.json.",
        ) from error


def find_report(wiring: Wiring, file: Path) -> str:
    """The register's word on a file, and the entry that it was recorded by.

    Raises:
        ProofError: it is unsealed or altered, or no report of this installation.
    """
    from webui.register import judge

    found = judge(wiring.reader, _read(file))
    word = found.word.replace("_", " ")
    if found.genuine:
        return f"{file.name} is {word}: {found.sentence}"
    raise ProofError(
        f"{file.name} is {word}: {found.sentence}",
        code="report-unknown",
        remedy="Ask whoever gave it to you for the file that was issued.",
    )
