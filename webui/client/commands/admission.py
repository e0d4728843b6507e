"""``counterseal admission``: receipts checked, the program that does so, a webhook that asks."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webui.client.commands.ask import json_option, show
from webui.client.settings import VKEY

if TYPE_CHECKING:
    from webui.client.admit import Admission
    from webui.client.answers import Gate


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def admission() -> None:
    """Check admission receipts, as a node without a network does."""


@admission.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--vkey", default=None, help=f"The log's verifier key. Default: {VKEY}.")
@click.option("--to", "environment", required=True, metavar="ENV", help="The environment here.")
@click.option("--artifact", type=click.Path(exists=True, path_type=Path), metavar="PATH")
@click.option("--digest", metavar="SHA256", help="In the place of --artifact.")
@click.option("--model", default="")
@click.option("--version", default="")
@click.option("--key", default="", help="The log's key for admissions, where it is pinned.")
@click.option("--hours", type=click.IntRange(min=1), help="The oldest that it may be.")
@click.option(
    "--without-release", is_flag=True, help="For an environment whose policy asks for no release."
)
@json_option
def verify(
    *,
    file: Path,
    vkey: str | None,
    environment: str,
    artifact: Path | None,
    digest: str | None,
    model: str,
    version: str,
    key: str,
    hours: int | None,
    without_release: bool,
    as_json: bool,
) -> None:
    """Check the admission receipt in FILE against what is to run here. It asks nobody.

    Exit code 0: admitted. 1: not admitted, and why. 2: it could not be tried.
    """
    from webui.client import moment
    from webui.client.admit import Expected, WrongError, admit, artifact_digest, read_vkey
    from webui.client.errors import ProofError, SettingError

    if (artifact is None) == (digest is None):
        raise SettingError("Give either --artifact or --digest.")
    try:
        known = read_vkey(vkey or os.environ.get(VKEY, ""))
        bytes_of = digest or artifact_digest(artifact or Path())
        receipt = file.read_bytes()
    except (WrongError, OSError) as error:
        raise SettingError(f"It could not be tried: {error}.") from None
    expected = Expected(
        environment=environment,
        artifact=bytes_of.lower(),
        model=model,
        version=version,
        key=key,
        hours=hours,
        without_release=without_release,
    )
    try:
        found = admit(receipt, known, expected, moment.now())
    except WrongError as error:
        raise ProofError(f"NOT ADMITTED: {error}.", code="not-admitted") from None
    until = f"until {found.expires_at}"
    line = f"admitted: {found.model} {found.version} in {found.environment}, {until}"
    show({"admitted": True, **asdict(found)}, [line], as_json=as_json)


@admission.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
def program(output: Path) -> None:
    """Write the program that checks receipts on a node: one file, Python and `cryptography`."""
    from webui.client import admit
    from webui.client.commands.ask import write_new

    write_new(str(output), Path(admit.__file__).read_bytes())
    click.echo(f"Wrote {output}; read it before you trust it.")


@admission.command()
@click.option("--certificate", type=_FILE, required=True, metavar="PEM", help="Its certificate.")
@click.option("--private-key", type=_FILE, required=True, metavar="PEM", help="The key of it.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8443, show_default=True)
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    required=True,
    metavar="NAMESPACE=ENV",
    help="Which environment a namespace is. Others are refused.",
)
@click.option("--pass-unnamed", is_flag=True, help="Let objects pass that name no model.")
@click.option(
    "--receipts",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Verify admission receipts (DIGEST.json) instead of asking the gate; no network is used.",
)
@click.option("--vkey", default=None, help=f"For --receipts: the log's key. Default: {VKEY}.")
@click.option("--hours", type=click.IntRange(min=1), help="For --receipts: how old they may be.")
def serve(
    *,
    certificate: Path,
    private_key: Path,
    host: str,
    port: int,
    namespaces: tuple[str, ...],
    pass_unnamed: bool,
    receipts: Path | None,
    vkey: str | None,
    hours: int | None,
) -> None:
    """Answer Kubernetes: may this model run here? A validating admission webhook, over TLS."""
    import signal
    import ssl

    from webui.client import moment
    from webui.client.admit import WrongError, read_vkey
    from webui.client.commands.ask import asking_quickly
    from webui.client.errors import SettingError
    from webui.client.judges import GateJudge, ReceiptJudge
    from webui.client.kubernetes import Rules
    from webui.client.webhook import Webhook

    judge: GateJudge | ReceiptJudge = GateJudge(asking_quickly)
    try:
        if receipts is not None:
            known = read_vkey(vkey or os.environ.get(VKEY, ""))
            judge = ReceiptJudge(receipts, known, hours, moment.now)
        rules = Rules(_environments(namespaces), pass_unnamed)
        ending = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ending)
        webhook = Webhook(
            host, port, certificate=certificate, key=private_key, rules=rules, judge=judge
        )
    except (WrongError, OSError, ssl.SSLError) as error:
        raise SettingError(f"The webhook can't be started: {error}.") from None
    webhook.start()
    click.echo(f"Answers at https://{webhook.address[0]}:{webhook.address[1]}/validate")
    signal.sigwait(ending)
    webhook.stop()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)


def _environments(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        namespace, separator, environment = one.partition("=")
        if not separator or not namespace or not environment:
            raise click.BadParameter("Write NAMESPACE=ENV.", param_hint="'--namespace'")
        found[namespace] = environment
    return found


def check(receipt: bytes, vkey: str, asked: Gate) -> Admission:
    """Check a receipt that just came from the server.

    Raises:
        ProofError: it does not hold.
    """
    from webui.client import moment
    from webui.client.admit import Expected, WrongError, admit, read_vkey
    from webui.client.errors import ProofError

    expected = Expected(
        environment=asked.environment,
        artifact=asked.artifact,
        model=asked.model,
        version=asked.version,
        without_release=True,
    )
    try:
        return admit(receipt, read_vkey(vkey), expected, moment.now())
    except WrongError as error:
        raise ProofError(f"The admission receipt does not verify: {error}.") from None
