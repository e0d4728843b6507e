"""``counterseal publisher``: which pipelines are trusted, and who trusted them.

To trust or remove one is an administrator's act, recorded under their name: they show a token of
their own. Whoever runs the command holds the keys, but is not thereby an administrator.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.wiring import Wiring

_MOST = 1_000
_TOKEN = "COUNTERSEAL_TOKEN"  # noqa: S105 (the name of a variable)
_FILE = click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"A file with your API token. Default: what {_TOKEN} holds.",
)


@click.group()
def publisher() -> None:
    """List, trust and remove pipelines that act without a secret."""


@publisher.command("list")
@home_option
def list_all() -> None:
    """List publishers, newest first; removed ones too."""
    with opened() as wiring:
        rows = [
            (
                str(one.since),
                one.actor_id,
                one.issuer,
                one.repository_id,
                one.owner_id,
                " ".join(one.kinds),
                "" if one.removed is None else f"removed {one.removed}",
            )
            for one in wiring.reader.publishers(limit=_MOST)
        ]
    print_columns(("entry", "workload", "issuer", "repository", "owner", "kinds", "state"), rows)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--workload", required=True, metavar="ID", help="Whom it speaks for."),
            click.option("--service", required=True, help="github, gitlab, or another; see docs."),
            click.option("--own", default="", help="The name of your own service, if it is one."),
            click.option("--audience", required=True, help="The one audience of its tokens."),
            click.option("--repository-id", required=True, help="GitLab: the project's id."),
            click.option("--owner-id", required=True, help="GitLab: the namespace's id."),
            click.option("--name", default="", help="The repository's name, for people."),
            click.option("--ref", default="", help="Only this ref, such as refs/heads/main."),
            click.option("--ref-protected", is_flag=True, help="Only from a protected ref."),
            click.option("--ci-environment", default="", help="Only in this CI environment."),
            click.option("--workflow", default="", help="Only this workflow file."),
            click.option("--kind", "kinds", multiple=True, required=True, help="It may submit."),
            click.option("--model", "models", multiple=True, help="Only for this model."),
            click.option("--environment", "environments", multiple=True, help="Deploys to this."),
        )
    ):
        command = option(command)
    return command


@publisher.command()
@home_option
@_options
@_FILE
def trust(*, token_file: Path | None, service: str, own: str, **said: Any) -> None:
    """Trust the pipelines of a repository, by its ids.

    Where the policy asks for a second person, propose it on the page Publishers.
    """
    from webui.identity.ci_services import issuer_of

    provider, issuer = issuer_of(service, own)
    fields: dict[str, Any] = {
        "actor_id": said["workload"],
        "provider": provider,
        "issuer": issuer,
        "kinds": list(said["kinds"]),
        **{name: said[name] for name in ("audience", "repository_id", "owner_id")},
    }
    optional = {
        "repository": said["name"],
        "ref": said["ref"],
        "ref_protected": said["ref_protected"],
        "ci_environment": said["ci_environment"],
        "workflow": said["workflow"],
        "models": list(said["models"]),
        "deploys_to": list(said["environments"]),
    }
    fields |= {name: value for name, value in optional.items() if value}
    with opened() as wiring:
        number = _submit(wiring, token_file, "publisher.trusted", fields)
    click.echo(f"Trusted by entry {number}.")


@publisher.command()
@home_option
@click.argument("number", type=click.IntRange(min=0))
@_FILE
def remove(number: int, token_file: Path | None) -> None:
    """Remove a publisher, by the entry that trusted it."""
    with opened() as wiring:
        entry = _submit(wiring, token_file, "publisher.removed", {"publisher": number})
    click.echo(f"Removed by entry {entry}.")


def _submit(wiring: Wiring, token_file: Path | None, kind: str, fields: dict[str, Any]) -> int:
    from ledger.errors import OutsideError, RefusedError
    from ledger.events.catalogue import read_command
    from policies import explain
    from webui.identity.schema import prepare
    from webui.identity.scope import check_submit
    from webui.identity.tokens import bearer_of
    from webui.naming import namer

    try:
        secret = token_file.read_text("ascii") if token_file else os.environ.get(_TOKEN, "")
    except (OSError, UnicodeError):
        raise OutsideError("The file of the token can't be read.", code="token-file") from None
    prepare(wiring.engine)
    bearer = bearer_of(wiring, f"Bearer {secret.strip()}")
    event = read_command(kind, fields)
    check_submit(wiring, bearer.scope, event)
    receipt = wiring.submitter.submit(bearer.actor, event)
    if receipt.outcome == "deny":
        reasons = explain(receipt.decision, namer(wiring.reader)) if receipt.decision else []
        raise RefusedError(
            f"The policy in force refuses it: {'; '.join(reasons)}.",
            remedy="Propose it on the page Publishers, where a second person is asked for.",
            entry=receipt.sequence,
        )
    return receipt.sequence
