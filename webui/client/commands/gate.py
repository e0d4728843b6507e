"""``counterseal gate``: may these bytes be deployed there now? Never 0 by accident.

The table is its own, and a pipeline may rely on it:

* 0: the policy in force allows it;
* 1: the policy refuses it, with the reasons;
* 2: it can't be told: no connection, no trust in the certificate, another server, an answer that is
  not understood, no such version, a token that does not reach so far, bytes that can't be read, a
  fault of this program;
* 130: it was interrupted.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from webui.client.commands.ask import asking_quickly, json_option, plain, show, write_new

if TYPE_CHECKING:
    from webui.client.answers import Gate

ALLOWED: Final = 0
DENIED: Final = 1
CANT_TELL: Final = 2


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--to", "environment", required=True, metavar="ENV", help="The environment.")
@click.option(
    "--artifact",
    type=click.Path(),
    metavar="PATH",
    help="The file or directory that is to be deployed: its own digest is asked about, not the one "
    "that was registered.",
)
@click.option(
    "--admission",
    "receipt",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Keep the allowance as a signed admission receipt, for nodes without a network.",
)
@click.option(
    "--hours",
    type=click.IntRange(1, 720),
    default=24,
    show_default=True,
    help="How long the admission receipt is good.",
)
@json_option
def gate(
    *,
    model: str,
    version: str,
    environment: str,
    artifact: str | None,
    receipt: str | None,
    hours: int,
    as_json: bool,
) -> None:
    """Ask whether VERSION may be deployed to ENV now, by whoever holds the token.

    \b
    Exit code 0: allowed.
              1: denied, with the reasons.
              2: it can't be told, for whatever cause.
    """  # noqa: D301 (click reads the form feed as "keep these lines")
    try:
        found = _asked(model, version, environment, artifact, hours if receipt else 0)
        if receipt and found.allowed:
            _keep(found, receipt)
        show({**asdict(found), "exit_code": _code(found)}, _lines(found), as_json=as_json)
        sys.stdout.flush()
        code = _code(found)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is not a yes)
        code = _cannot_tell(error)
    raise click.exceptions.Exit(code)


def _asked(model: str, version: str, environment: str, artifact: str | None, hours: int) -> Gate:
    digest = ""
    if artifact is not None:
        from pathlib import Path

        from webui.client.capture.artifact import digest_of

        digest = digest_of(Path(artifact)).sha256
    with asking_quickly() as client:
        return client.gate(model, version, environment, artifact=digest, admission_hours=hours)


def _code(found: Gate) -> int:
    return {"allow": ALLOWED, "deny": DENIED}.get(found.outcome, CANT_TELL)


def _keep(found: Gate, file: str) -> None:
    """Write the receipt, checked as a node would check it where the log's key is pinned."""
    from webui.client.errors import AnswerError
    from webui.client.settings import VKEY

    if found.admission is None:
        raise AnswerError("The server gave no admission receipt.")
    vkey = os.environ.get(VKEY, "")
    if vkey:
        from webui.client.commands.admission import check

        check(found.admission.encode(), vkey, found)
    write_new(file, found.admission.encode() + b"\n")


def _lines(found: Gate) -> list[str]:
    what = f"{found.model} {found.version} to {found.environment}"
    if found.allowed:
        return [f"allowed: {what}"]
    return [f"DENIED: {what}", *(f"- {sentence}" for sentence in found.sentences)]


def _cannot_tell(error: Exception) -> int:
    from webui.client.admit import WrongError
    from webui.client.errors import ClientError

    known = isinstance(error, ClientError | WrongError)
    sentence = str(error) if known else f"something failed ({type(error).__name__})."
    click.echo(f"Can't tell: {plain(sentence)}", err=True)
    return CANT_TELL
