"""``counterseal submit``: any event, from a file or from stdin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from webui.client.commands.ask import asking, json_option, kept_option, key_option, show_receipt

if TYPE_CHECKING:
    from io import BufferedReader

_MOST_BYTES = 262_144


@click.command()
@click.argument("kind")
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--spool",
    "may_spool",
    is_flag=True,
    help="Where the server is away, keep it on disk and send it later, in order, once.",
)
@key_option
@kept_option
@json_option
def submit(
    *, kind: str, file: BufferedReader, may_spool: bool, key: str, kept: str | None, as_json: bool
) -> None:
    """Ask that an event of KIND happens, whose fields are the JSON object in FILE (or stdin).

    Answered when it is durable. Exit code 3: the policy refused, which is recorded.
    """
    send(kind, read_fields(file.read(_MOST_BYTES + 1)), key, kept, may_spool, as_json=as_json)


def send(
    kind: str, event: dict[str, Any], key: str, kept: str | None, may_spool: bool, *, as_json: bool
) -> None:
    """Submit, or keep for later where the server is away and that was asked for."""
    if may_spool:
        from webui.client.commands.spool import submit_or_keep

        submit_or_keep(kind, event, key, kept, as_json=as_json)
        return
    with asking() as client:
        show_receipt(client, client.submit(kind, event, key=key), kept, as_json=as_json)


def read_fields(data: bytes) -> dict[str, Any]:
    """The fields of an event.

    Raises:
        SettingError: they are not a JSON object, or too large.
    """
    from webui.client.errors import AnswerError, SettingError
    from webui.client.plain import read_object

    if len(data) > _MOST_BYTES:
        raise SettingError(f"The event is larger than {_MOST_BYTES} bytes.")
    try:
        return read_object(data)
    except AnswerError:
        raise SettingError("The event is not a JSON object.", code="event-malformed") from None
