"""``counterseal gto``: the tags of GTO read, checked against the policy, and recorded.

``check`` ends as ``gate`` does: 0 allowed, 1 refused, 2 it can't be told, never 0 by accident.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from webui.client.commands.ask import asking, asking_quickly, json_option, plain, show
from webui.client.commands.inventory import PATIENT, hand_in, line_of
from webui.client.plain import objects, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from webui.client.client import Client
    from webui.client.gto import Tag

ALLOWED: Final = 0
DENIED: Final = 1
CANT_TELL: Final = 2
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_REFS: Final = frozenset({"ref_moved", "ref_removed"})


@click.group()
def gto() -> None:
    """Read the tags with which GTO registers versions and gives them stages."""


def _where(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--repo", type=_FOLDER, default=".", help="Where the repository is."),
            click.option(
                "--source", default="gto", show_default=True, help="Its short name in the ledger."
            ),
        )
    ):
        command = option(command)
    return command


@gto.command("show")
@click.option("--repo", type=_FOLDER, default=".", help="Where the repository is.")
@json_option
def show_tags(*, repo: Path, as_json: bool) -> None:
    """Show what the tags say; ask nobody."""
    from webui.client.gto import read_tags, stages

    tags = read_tags(repo)
    now = stages(tags)
    found = {
        "tags": [one.item() for one in tags],
        "stages": [
            {"model": model, "stage": stage, "version": one.version, "ref": one.ref}
            for (model, stage), one in sorted(now.items())
        ],
    }
    lines = [
        f"{one.ref}: {one.means.replace('_', ' ')} at {one.commit[:12]}, signature {one.signature}"
        for one in tags
    ]
    lines += [
        f"{model} in {stage}: {one.version or one.commit}"
        for (model, stage), one in sorted(now.items())
    ]
    show(found, lines or ["There are no tags of GTO."], as_json=as_json)


@gto.command()
@click.argument("tag", required=False)
@_where
@click.option(
    "--environment",
    "environments",
    multiple=True,
    metavar="STAGE=ENV",
    help="A stage that is an environment: giving it to a version must pass the gate.",
)
@json_option
def check(
    *, tag: str | None, repo: Path, source: str, environments: tuple[str, ...], as_json: bool
) -> None:
    """Ask whether the policy allows TAG, or every tag that the ledger was not told of.

    Refused are tags that moved or were removed, changes that the policy refuses, and stages that
    are environments where the gate is shut.

    \b
    Exit code 0: allowed.
              1: refused, with the reasons.
              2: it can't be told, for whatever cause.
    """  # noqa: D301 (click reads the form feed as "keep these lines")
    try:
        found = _checked(tag, repo, source, _environments(environments))
        lines = [f"DENIED: {one}" for one in found] or ["allowed"]
        code = DENIED if found else ALLOWED
        show({"refused": found, "exit_code": code}, lines, as_json=as_json)
    except click.UsageError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, it is not a yes)
        from webui.client.errors import ClientError

        said = str(error) if isinstance(error, ClientError) else type(error).__name__
        click.echo(f"Can't tell: {plain(said)}", err=True)
        code = CANT_TELL
    raise click.exceptions.Exit(code)


@gto.command("record")
@_where
@json_option
def record_tags(*, repo: Path, source: str, as_json: bool) -> None:
    """Tell the ledger of every tag that it does not know yet, moved and removed ones among them.

    Exit code 1 where a tag moved or was removed, or the policy refuses a change.
    """
    from webui.client.gto import read_tags

    items = [one.item() for one in read_tags(repo)]
    with asking(seconds=PATIENT) as client:
        found = hand_in(client, source, items, told_by="tags", dry_run=False)
    changes = objects(found, "unexplained", dict)
    lines = [line_of(one) for one in changes]
    lines.append(f"{len(items)} tags, {len(changes)} of them recorded now.")
    show(found, lines, as_json=as_json)
    if any(one["outcome"] != "allow" or one["change"] in _REFS for one in changes):
        raise click.exceptions.Exit(DENIED)


def _checked(tag: str | None, repo: Path, source: str, environments: dict[str, str]) -> list[str]:
    """A sentence for each refusal."""
    from webui.client.errors import SettingError
    from webui.client.foreign_names import model_name
    from webui.client.gto import parse_tag, read_tags

    tags = read_tags(repo)
    known = {one.ref: one for one in tags}
    if tag is not None and tag not in known:
        said = "is no tag of GTO" if parse_tag(tag) is None else "is not in this repository"
        raise SettingError(f"{tag} {said}.")
    with asking_quickly() as client:
        answer = hand_in(client, source, [one.item() for one in tags], told_by="tags", dry_run=True)
        changes = objects(answer, "unexplained", dict)
        if tag is not None:
            model = model_name(known[tag].artifact)
            changes = tuple(
                one
                for one in changes
                if one.get("ref") == tag
                or (one["change"] == "ref_removed" and one.get("model") == model)
            )
        refused = [
            f"{one.get('ref')}: {reason}" for one in changes for reason in _reasons_against(one)
        ]
        wanted = [known[tag]] if tag is not None else [
            known[text(one, "ref")] for one in changes if one.get("ref") in known
        ]  # fmt: skip
        for one in wanted:
            if one.means == "alias_set" and one.stage in environments:
                refused += _gated(client, one, environments[one.stage])
    return refused


def _reasons_against(change: dict[str, Any]) -> list[str]:
    if change["change"] == "ref_moved":
        return ["the tag was moved; it stood for something else"]
    if change["change"] == "ref_removed":
        return ["the tag was removed"]
    if change["outcome"] == "allow":
        return []
    return list(texts(change, "sentences")) or ["the policy refuses it"]


def _gated(client: Client, tag: Tag, environment: str) -> list[str]:
    from webui.client.foreign_names import model_name

    if not tag.version:
        return [f"{tag.ref}: no version is registered at its commit"]
    answer = client.gate(model_name(tag.artifact), tag.version, environment)
    if answer.allowed:
        return []
    reasons = answer.sentences or (f"the gate to {environment} is shut",)
    return [f"{tag.ref}: {reason}" for reason in reasons]


def _environments(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        stage, separator, environment = one.partition("=")
        if not separator or not stage or not environment:
            raise click.BadParameter("Write STAGE=ENV.", param_hint="'--environment'")
        found[stage] = environment
    return found
