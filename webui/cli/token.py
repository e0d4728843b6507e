"""``counterseal token``: API tokens for workloads and people, made by an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened

if TYPE_CHECKING:
    from webui.identity.scope import TokenScope
    from webui.wiring import Wiring


@click.group()
def token() -> None:
    """Make, list and revoke API tokens."""


@token.command()
@home_option
@click.option("--actor", default="", metavar="ID", help="Whose token: an id of `people list`.")
@click.option("--workload", default="", metavar="NAME", help="Or enrol a new workload first.")
@click.option("--role", "roles", multiple=True, help="A role for the new workload.")
@click.option("--label", required=True, help="What the token is for.")
@click.option("--kind", "kinds", multiple=True, help="A kind of event it may submit; * for all.")
@click.option("--model", "models", multiple=True, help="Only for this model. Default: all.")
@click.option(
    "--environment", "environments", multiple=True, help="Only this environment. Default: all."
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366))
def create(
    *,
    actor: str,
    workload: str,
    roles: tuple[str, ...],
    label: str,
    kinds: tuple[str, ...],
    models: tuple[str, ...],
    environments: tuple[str, ...],
    days: int,
) -> None:
    """Make a token and print it, once. Without --kind it can only read."""
    from webui.identity.schema import prepare
    from webui.identity.tokens import create_token

    if bool(actor) == bool(workload):
        msg = "Name either --actor or --workload."
        raise click.UsageError(msg)
    if roles and not workload:
        msg = "--role goes with --workload; others get roles on the page People."
        raise click.UsageError(msg)
    scope = _scope(kinds, models, environments)
    with opened() as wiring:
        prepare(wiring.engine)
        actor_id = actor or _enrol(wiring, workload, roles)
        token_id, secret = create_token(
            wiring,
            actor_id=actor_id,
            label=label,
            scope=scope,
            days=days,
            created_by=wiring.service.id,
        )
    click.echo(f"Token {token_id} of {actor_id}, for {days} days. It is shown only now:", err=True)
    click.echo(secret)


@token.command("list")
@home_option
@click.option("--actor", default="", metavar="ID", help="Only this actor's.")
def list_all(actor: str) -> None:
    """List tokens, newest first; never their secrets."""
    from webui.identity.schema import prepare
    from webui.identity.tokens import list_tokens

    with opened() as wiring:
        prepare(wiring.engine)
        rows = [
            (
                it.token_id,
                it.actor_id,
                it.label,
                it.expires_at[:10],
                (it.last_used_at or "")[:10],
                (it.revoked_at or "")[:10],
            )
            for it in list_tokens(wiring, actor or None)
        ]
    print_columns(("token", "actor", "label", "expires", "used", "revoked"), rows)


@token.command()
@home_option
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """Revoke a token; it opens nothing from now on."""
    from webui.identity.schema import prepare
    from webui.identity.tokens import revoke_token

    with opened() as wiring:
        prepare(wiring.engine)
        revoke_token(wiring, token_id)
    click.echo(f"Token {token_id} is revoked.")


def _scope(
    kinds: tuple[str, ...], models: tuple[str, ...], environments: tuple[str, ...]
) -> TokenScope:
    from pydantic import ValidationError

    from ledger.errors import InputError
    from webui.identity.scope import TokenScope

    try:
        return TokenScope(
            kinds="*" if "*" in kinds else kinds,
            models=models or "*",
            environments=environments or "*",
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = str(first["loc"][0]) if first["loc"] else "kinds"
        raise InputError(f"The scope's {place} are wrong: {first['msg']}.") from None


def _enrol(wiring: Wiring, name: str, roles: tuple[str, ...]) -> str:
    from ledger.events.catalogue import read_command
    from ledger.genesis import new_actor_id
    from webui.cli.serviced import submit_as_service

    actor_id = new_actor_id()
    enrolled = {"actor_id": actor_id, "actor_type": "workload", "name": name}
    events = [read_command("actor.enrolled", enrolled)]
    events += [read_command("role.granted", {"actor_id": actor_id, "role": it}) for it in roles]
    submit_as_service(wiring, events)
    return actor_id
