"""``counterseal key``: the log's own keys, replaced, distrusted and encrypted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.cli.client_key import client
from webui.cli.home import home_option, opened, settings

if TYPE_CHECKING:
    from ledger.keys.keyring import Keyring
    from ledger.keys.signer import Signer
    from ledger.receipt import Receipt

USES = ("entries", "checkpoints", "cosignatures", "admissions")
_MOST_SHOWN = 64


@click.group()
def key() -> None:
    """List, replace, distrust or encrypt the log's own keys; make a workload's."""


key.add_command(client)


@key.command("list")
@home_option
def list_() -> None:
    """List every key that the log ever had, and where it counts."""
    with opened() as wiring:
        spans = wiring.log.keys.spans
    for span in spans:
        until = "now" if span.until < 0 else f"entry {span.until - 1}"
        doubt = f", not to be trusted from entry {span.doubtful} on" if span.doubtful >= 0 else ""
        click.echo(f"{span.use:<13} from entry {span.since} to {until}{doubt}")
        click.echo(f"              {_shown(span.public)}")


@key.command()
@home_option
@click.argument("use", type=click.Choice(USES))
@click.option(
    "--token",
    "uri",
    metavar="URI",
    help="Make it on a token (pkcs11:), or take one of a Vault (hv:) or key service (awskms:,"
    " gcpkms:).",
)
@click.option("--existing", is_flag=True, help="The token holds the key already.")
@click.option(
    "--certificate",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What the root answered to `root request USE`: the key that it certifies is taken.",
)
def rotate(use: str, uri: str | None, existing: bool, certificate: Path | None) -> None:
    """Replace the key for USE by a new one; an entry says so, signed by the old key.

    The new key is made first, in a file or, with --token, where it can't be taken out of. Tell
    others the new verifier key when checkpoints changed.
    """
    from ledger.events.log import KeyRotated
    from ledger.state.keys import ROOT, possession_message

    with opened() as wiring:
        known = wiring.log.keys.now(use)
        old = known.hex() if known is not None else None
        keyring = wiring.log.keyring
        if certificate is not None:
            made, word = _certified(keyring, use, certificate)
        elif wiring.log.keys.now(ROOT) is not None:
            raise _needs_root(use)
        else:
            made, word = new_key(keyring, use, uri, existing=existing), None
        message = possession_message(wiring.log.origin, use, old, made.public.hex())
        fields = {
            "use": use,
            "algorithm": "ml-dsa-44" if use == "cosignatures" else "ed25519",
            "old": old,
            "new": made.public.hex(),
            "proof": made.sign(message).hex(),
            "certificate": word,
        }
        event = KeyRotated.model_validate(fields)
        receipt = allowed(wiring.submitter.submit(wiring.service, event))
        vkey = wiring.log.vkey
    click.echo(f"Entry {receipt.sequence}: the key for {use} is {made.public.hex()[:64]}")
    if use == "checkpoints":
        click.echo(f"Verifier key  {vkey}")


@key.command()
@home_option
@click.argument("use", type=click.Choice(USES))
@click.argument("public")
@click.option(
    "--until",
    "trusted_until",
    type=click.IntRange(min=0),
    required=True,
    metavar="ENTRY",
    help="The first entry from which on its signatures are not to be trusted.",
)
@click.option("--reason", default=None, help="Why; kept in the vault, not in the ledger.")
def compromised(use: str, public: str, trusted_until: int, reason: str | None) -> None:
    """Say that a key that was replaced is not to be trusted from some entry on.

    PUBLIC is the public key in hexadecimal, as `key list` shows it. What it signed before stands.
    """
    from ledger.events.log import KeyCompromised

    with opened() as wiring:
        known = [span.public.hex() for span in wiring.log.keys.of(use)]
        whole = next((one for one in known if public and one.startswith(public)), public)
        fields = {"use": use, "public": whole, "trusted_until": trusted_until, "reason": reason}
        event = KeyCompromised.model_validate(fields)
        receipt = allowed(wiring.submitter.submit(wiring.service, event))
    click.echo(f"Entry {receipt.sequence}: said of the key {whole[:64]}")


@key.command()
@home_option
def encrypt() -> None:
    """Encrypt the log's key files with the passphrase in COUNTERSEAL_KEY_PASSPHRASE_FILE."""
    from ledger.keys.signer import encrypt_key
    from webui.wiring import passphrase_of

    place = settings()
    passphrase = passphrase_of(place)
    for use in USES:
        for file in sorted(place.log_keys.glob(f"{use}*.pem")):
            if b"BEGIN ENCRYPTED" not in file.read_bytes():
                encrypt_key(file, passphrase)
                click.echo(f"{file.name} is encrypted")


def _shown(public: bytes) -> str:
    """A key in hexadecimal; of a long one (ML-DSA-44) the beginning, which names it."""
    text = public.hex()
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def new_key(keyring: Keyring, use: str, uri: str | None, *, existing: bool) -> Signer:
    """A key that signs nothing yet: in a file, or on a token."""
    return keyring.new_key(use) if uri is None else keyring.token_key(use, uri, make=not existing)


def _certified(keyring: Keyring, use: str, file: Path) -> tuple[Signer, str]:
    """The new key that a root certified, and the root's word for it."""
    from ledger.errors import InputError
    from ledger.keys.root import read_certificates

    answer = read_certificates(file.read_bytes())
    given = next((one for one in answer.keys if one.use == use), None)
    if given is None:
        raise InputError(f"The root certified no key for {use}.", code="not-certified")
    return keyring.held(use, bytes.fromhex(given.public)), given.certificate


def _needs_root(use: str) -> Exception:
    from ledger.errors import ConflictError

    return ConflictError(
        "This log has a root key, which certifies every new key.",
        code="not-certified",
        remedy=f"Run `counterseal root request {use}`, let the root certify it, then give"
        " --certificate.",
    )


def allowed(receipt: Receipt) -> Receipt:
    """The receipt, if the policy allowed it.

    Raises:
        RefusedError: it did not.
    """
    from ledger.errors import RefusedError

    if receipt.outcome != "allow":
        raise RefusedError(
            "The policy does not allow this.",
            remedy="The refusal is recorded.",
            entry=receipt.sequence,
        )
    return receipt
