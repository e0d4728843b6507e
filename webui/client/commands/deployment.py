"""``counterseal record-deployment``, ``rollback`` and ``deprecate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from webui.client.commands.ask import (
    asking,
    json_option,
    kept_option,
    key_option,
    show_receipt,
)

if TYPE_CHECKING:
    from webui.client.client import Client

_CAUSES = ("quality", "incident", "security", "privacy", "performance", "other")
_ENDS = ("superseded", "quality", "security", "privacy", "regulatory", "end_of_life")


@click.command("record-deployment")
@click.argument("model")
@click.argument("version")
@click.option("--to", "environment", required=True, metavar="ENV", help="The environment.")
@click.option(
    "--artifact",
    type=click.Path(),
    metavar="PATH",
    help="What was really deployed. Default: the bytes that were registered.",
)
@click.option("--target", default=None, help="Where exactly: a cluster, a host, a name.")
@click.option("--region", default=None)
@click.option(
    "--spool", "may_spool", is_flag=True, help="Keep it on disk where the server is away."
)
@key_option
@kept_option
@json_option
def record_deployment(
    *,
    model: str,
    version: str,
    environment: str,
    artifact: str | None,
    target: str | None,
    region: str | None,
    may_spool: bool,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Record that VERSION runs in ENV from now on. Exit code 3: the policy refuses it."""
    from webui.client.commands.submit import send

    event: dict[str, Any] = {"model": model, "version": version, "environment": environment}
    event.update({k: v for k, v in (("target", target), ("region", region)) if v})
    event["artifact"] = _digest(artifact) or _registered(model, version)
    send("deployment.recorded", event, key, kept, may_spool, as_json=as_json)


@click.command()
@click.argument("model")
@click.option("--in", "environment", required=True, metavar="ENV", help="The environment.")
@click.option(
    "--to-version",
    "version",
    default="",
    metavar="VERSION",
    help="Default: the last one that ran there before, is approved, not deprecated, archived or "
    "recalled.",
)
@click.option("--cause", type=click.Choice(_CAUSES), required=True)
@click.option("--reason", required=True, help="What happened; kept in the vault.")
@key_option
@kept_option
@json_option
def rollback(
    *,
    model: str,
    environment: str,
    version: str,
    cause: str,
    reason: str,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Put an earlier version of MODEL back in ENV: one entry, and the history keeps both.

    It records; what runs is changed by the pipeline. Exit code 3: the policy refuses it.
    """
    with asking() as client:
        back = version or _before(client, model, environment)
        event = {
            "model": model,
            "version": back,
            "environment": environment,
            "artifact": client.version(model, back).artifact,
            "cause": cause,
            "reason": reason,
        }
        receipt = client.submit("deployment.rolled_back", event, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)
    if not as_json:
        click.echo(f"{model} in {environment} is {back} again.")


@click.command()
@click.argument("model")
@click.argument("version")
@click.option("--cause", type=click.Choice(_ENDS), required=True)
@click.option("--on", "effective_on", required=True, metavar="DAY", help="From when: YYYY-MM-DD.")
@click.option("--replacement", default=None, metavar="VERSION")
@click.option("--reason", required=True, help="Why; kept in the vault.")
@key_option
@kept_option
@json_option
def deprecate(
    *,
    model: str,
    version: str,
    cause: str,
    effective_on: str,
    replacement: str | None,
    reason: str,
    key: str,
    kept: str | None,
    as_json: bool,
) -> None:
    """Say that VERSION should no longer be used; it can't be deployed any more."""
    event = {
        "model": model,
        "version": version,
        "cause": cause,
        "effective_on": effective_on,
        "reason": reason,
    }
    if replacement:
        event["replacement"] = replacement
    with asking() as client:
        receipt = client.submit("version.deprecated", event, key=key)
        show_receipt(client, receipt, kept, as_json=as_json)


def _digest(artifact: str | None) -> str:
    if artifact is None:
        return ""
    from pathlib import Path

    from webui.client.capture.artifact import digest_of

    return digest_of(Path(artifact)).sha256


def _registered(model: str, version: str) -> str:
    with asking() as client:
        return client.version(model, version).artifact


def _before(client: Client, model: str, environment: str) -> str:
    """The version to go back to: the last approved one that may run again.

    Raises:
        SettingError: none ran there before that may run again.
    """
    from webui.client.errors import SettingError
    from webui.client.plain import objects, text, text_or_none

    found = client.read("models", model, "fallback", query=[("environment", environment)])
    version = text_or_none(found, "version")
    if version:
        return version
    passed = objects(found, "passed_over", lambda one: (text(one, "version"), text(one, "reason")))
    why = "".join(f" {name}: {reason}." for name, reason in passed)
    raise SettingError(
        f"No other version of {model} ran in {environment} before that may run again.{why}",
        code="nothing-to-go-back-to",
        remedy="Name one with --to-version.",
    )
