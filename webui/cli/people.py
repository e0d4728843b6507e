"""``counterseal people``: who may act, and in which roles."""

from __future__ import annotations

import click

from webui.cli.columns import print_columns
from webui.cli.home import home_option, opened
from webui.cli.installation import DEFAULT_PORT
from webui.cli.people_import import import_

_PAGE = 200


@click.group()
def people() -> None:
    """List people, workloads and access reviews, invite somebody, import a list of people."""


people.add_command(import_)


@people.command("list")
@home_option
def list_people() -> None:
    """List everybody who is enrolled, newest first."""
    from webui.feed.known import everybody

    with opened() as wiring:
        rows = [
            (
                actor.id,
                actor.type,
                wiring.reader.person(actor.id).name,
                " ".join(held.role for held in actor.roles),
            )
            for actor in everybody(wiring)
        ]
    print_columns(("id", "type", "name", "roles"), rows)


@people.command()
@home_option
@click.option("--name", required=True, help="How the person is called.")
@click.option("--email", required=True, help="Where to find the person; also for signing in.")
@click.option("--role", "roles", multiple=True, help="May be given several times.")
@click.option("--port", default=DEFAULT_PORT, help="The port that the link will name.")
def invite(name: str, email: str, roles: tuple[str, ...], port: int) -> None:
    """Enrol a person and print the one-time link that opens the account.

    Done as the service, so only where the policy lets the service do it.
    """
    from ledger.events.catalogue import read_command
    from ledger.genesis import new_actor_id
    from webui.cli.serviced import submit_as_service
    from webui.identity.accounts import normal_address
    from webui.identity.links import INVITATION_MINUTES, issue_setup_link, setup_url

    actor_id = new_actor_id()
    enrolled = {
        "actor_id": actor_id,
        "actor_type": "person",
        "name": name,
        "email": normal_address(email),
    }
    events = [read_command("actor.enrolled", enrolled)]
    events += [read_command("role.granted", {"actor_id": actor_id, "role": it}) for it in roles]
    with opened() as wiring:
        submit_as_service(wiring, events)
        secret = issue_setup_link(wiring, for_actor=actor_id)
    click.echo(f"Enrolled as {actor_id}. The link opens the account once, within")
    click.echo(f"{INVITATION_MINUTES // 60 // 24} days:")
    click.echo()
    click.echo(f"  {setup_url(f'http://localhost:{port}', secret)}")


@people.command()
@home_option
def reviews() -> None:
    """List access reviews, newest first, with what each still waits for.

    They are opened and decided by people under their own names: on the page Access reviews, or by
    the API.
    """
    from ledger.events.names import format_instant
    from webui.access_reviews import actors_of, to_do

    with opened() as wiring:
        now = format_instant(wiring.now())
        rows = [
            (
                str(one.since),
                one.opened_at[:10],
                one.due[:10] + (" OVERDUE" if one.completed is None and one.due < now else ""),
                str(len(one.rows)),
                "" if one.completed is not None else str(to_do(one, actors_of(wiring, one))),
                "open" if one.completed is None else f"completed {one.completed}",
            )
            for one in wiring.reader.access_reviews(limit=_PAGE)
        ]
    print_columns(("entry", "opened", "due", "rows", "to do", "state"), rows)
