"""``counterseal register``: capture what a version is made of, and register it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webui.client.commands.ask import (
    asking,
    json_option,
    key_option,
    plain,
    show,
    write_new,
)
from webui.client.plain import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from webui.client.answers import Recorded
    from webui.client.capture.found import Capture

_LACKING = "E_FIELD_MISSING"
_CLASSES = ("public", "internal", "confidential", "personal", "special_category", "phi")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("model")
@click.argument("version")
@click.option(
    "--model",
    "path",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    metavar="PATH",
    help="The model: a file or a directory.",
)
@click.option(
    "--facts",
    type=click.File("rb"),
    metavar="FILE",
    help="Fields of version.registered as JSON, which go before what is found: metrics, data sets.",
)
@click.option(
    "--classification",
    type=click.Choice(_CLASSES),
    help="What kind of data DVC's inputs are; without it they stand in the manifest alone.",
)
@click.option(
    "--manifest",
    default="counterseal-capture.json",
    show_default=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Where everything that was found is written; its digest is attached to the version.",
)
@click.option(
    "--signature", type=_FILE, metavar="FILE", help="A model-signing bundle that must hold."
)
@click.option("--signature-key", type=_FILE, metavar="PEM", help="The public key it must be of.")
@click.option(
    "--sign-with",
    type=_FILE,
    metavar="PEM",
    help="Sign the model with this EC key first, as model-signing does, into MODEL.sig.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="A field of the organisation's schema of metadata; may be given several times.",
)
@click.option("--no-git", is_flag=True, help="Do not look at git.")
@click.option("--dry-run", is_flag=True, help="Show what would be registered; ask nobody.")
@key_option
@json_option
def register(
    *,
    model: str,
    version: str,
    path: Path,
    facts: Any,
    classification: str | None,
    manifest: str,
    signature: Path | None,
    signature_key: Path | None,
    sign_with: Path | None,
    fields: tuple[str, ...],
    no_git: bool,
    dry_run: bool,
    key: str,
    as_json: bool,
) -> None:
    """Find out what VERSION of MODEL is made of, and register it, in one batch with the findings.

    Nothing is executed, imported or unpickled to look at it. Where anything can't be taken for
    what it says it is, nothing is registered. Exit code 3: the policy refuses it.
    """
    from webui.client.capture.found import capture, event_of, evidence_of, manifest_of
    from webui.client.commands.submit import read_fields

    said = {} if facts is None else read_fields(facts.read())
    with _progress(path, quiet=as_json) as seen:
        found = capture(path, os.environ, git=not no_git, seen=seen)
    found = _signed(found, path, signature, signature_key, sign_with)
    event = event_of(model, version, found, said, classification or "")
    if fields:
        from webui.client.commands.describing import values_of

        event["metadata"] = {**event.get("metadata", {}), **values_of(fields)}
    document = manifest_of(found)
    evidence = evidence_of(model, version, document)
    for notice in found.notices():
        click.echo(f"Note: {plain(notice)}.", err=True)
    if dry_run:
        _show_dry(event, evidence, document, as_json=as_json)
        return
    write_new(manifest, document)
    recorded = _submit(event, evidence, key)
    _show_recorded(recorded, event, manifest, as_json=as_json)


def _submit(event: dict[str, Any], evidence: dict[str, Any], key: str) -> tuple[Recorded, ...]:
    """Both in one batch: whoever may register may attach, or neither is asked for."""
    from webui.client.client import new_key

    chosen = key or new_key()
    commands = [
        ("version.registered", event, f"{chosen[:180]}-version"),
        ("evidence.attached", evidence, f"{chosen[:180]}-manifest"),
    ]
    with asking() as client:
        # A refusal is an entry of its own, so it is asked first whether both would be allowed.
        decision = client.decide(*commands[0][:2])
        if not decision.allowed:
            client.submit(commands[0][0], event, key=commands[0][2])
        recorded = client.submit_many(commands)
        if any(one.code == _LACKING and one.state == "warned" for one in decision.results):
            of = ("models", event["model"], "versions", event["version"], "metadata")
            lacking = ", ".join(texts(client.read(*of), "missing"))
            click.echo(f"Warning: required and missing: {plain(lacking)}.", err=True)
        return recorded


def _signed(
    found: Capture,
    path: Path,
    signature: Path | None,
    signature_key: Path | None,
    sign_with: Path | None,
) -> Capture:
    """The capture with the signature that holds, if one was asked about or made."""
    if sign_with is None and signature is None:
        return found
    from cryptography.hazmat.primitives import serialization

    from webui.client.capture.signed import check_signature, sign
    from webui.client.errors import SettingError

    if sign_with is not None:
        made = sign(found.artifact, path.name, sign_with.read_bytes())
        write_new(f"{path}.sig", made)
        private = serialization.load_pem_private_key(sign_with.read_bytes(), None)
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return replace(found, signed=check_signature(made, public, found.artifact))
    if signature is None or signature_key is None:
        raise SettingError("A signature is checked under a key: give --signature-key.")
    known = check_signature(signature.read_bytes(), signature_key.read_bytes(), found.artifact)
    return replace(found, signed=known)


def _show_dry(
    event: dict[str, Any], evidence: dict[str, Any], document: bytes, *, as_json: bool
) -> None:
    import json

    found = {"event": event, "evidence": evidence, "manifest": json.loads(document)}
    lines = [
        f"Would register {event['model']} {event['version']}:",
        *json.dumps(event, indent=1).splitlines(),
        f"with {evidence['type']} {evidence['sha256']} ({evidence['size_bytes']} bytes).",
    ]
    show(found, lines, as_json=as_json)


def _show_recorded(
    recorded: tuple[Recorded, ...], event: dict[str, Any], manifest: str, *, as_json: bool
) -> None:
    found = {
        "artifact": event["artifact"]["sha256"],
        "entries": [
            {"entry": one.receipt.sequence, "kind": one.receipt.kind, "status": one.status}
            for one in recorded
        ],
        "manifest": manifest,
    }
    lines = [f"Artifact  {event['artifact']['sha256']}"]
    lines += [f"Entry {one.receipt.sequence}: {one.status} {one.receipt.kind}" for one in recorded]
    lines.append(f"Keep {manifest}: its digest is attached to the version.")
    show(found, lines, as_json=as_json)
    if any(one.status == "denied" for one in recorded):
        raise click.exceptions.Exit(3)


@contextmanager
def _progress(path: Path, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Tells how far hashing is, on a terminal; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    length = max(sum(_sizes(path)), 1)
    with click.progressbar(length=length, label="Hashing", file=sys.stderr) as bar:
        yield bar.update


def _sizes(path: Path) -> Iterator[int]:
    if path.is_file():
        yield path.stat().st_size
        return
    for where, _, names in os.walk(path):
        for name in names:
            yield (Path(where) / name).lstat().st_size
