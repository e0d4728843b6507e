"""``counterseal policy test``: the cases beside a policy, and what they would notice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webui.cli.exit_codes import ExitCode
from webui.cli.policy_history import read_text, read_with_base
from webui.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.document import Document
    from policies.mutate import Mutant
    from policies.stage import Stage

    Progress = Callable[[str, int, int], None]

CASES = "cases"


@click.command("test")
@click.argument(
    "folder",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    metavar="[DIR]",
)
@click.option("--mutate", is_flag=True, help="Change each rule in turn; some case must notice.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def test(folder: Path, *, mutate: bool, as_json: bool) -> None:
    """Decide the cases under DIR, in folders called `cases`, and say what they never saw.

    Exits with 1 if a case comes out otherwise, or, with --mutate, if a mutant survives.
    """
    with shown() as progress:
        told = [_tried(*one, progress, mutate=mutate) for one in _policies(folder)]
    if as_json:
        click.echo(json.dumps(told, indent=1))
    else:
        for one in told:
            _tell(one)
    if any(one["failures"] or one["survivors"] for one in told):
        raise click.exceptions.Exit(ExitCode.NOT_VERIFIED)


def _policies(folder: Path) -> list[tuple[Path, Document, int, list[Stage]]]:
    """Every policy that cases under a folder are about, with the stages of its cases.

    A bundle is tried on top of the shipped policy; the number is how many gates are that one's.

    Raises:
        InputError: there are none.
        PolicyError: a policy or a file of cases can't be read.
    """
    from ledger.errors import InputError
    from policies.cases import load_cases
    from policies.stage import set_stages

    documents: dict[Path, tuple[Document, int]] = {}
    stages: dict[Path, list[Stage]] = {}
    files = sorted(file for file in folder.rglob("*.yaml") if file.parent.name == CASES)
    for file in files:
        read, lines = load_cases(read_text(file), str(file))
        path = (file.parent / read.policy).resolve()
        if path not in documents:
            documents[path] = read_with_base(path)
        found = set_stages(read, lines, documents[path][0], str(file))
        stages.setdefault(path, []).extend(found)
    if not stages:
        raise InputError(
            f"There are no cases under {folder}.",
            code="no-cases",
            remedy="Put them into a folder called cases beside the policy; see docs.",
        )
    return [(path, *documents[path], stages[path]) for path in documents]


def _tried(
    path: Path,
    document: Document,
    since: int,
    stages: list[Stage],
    progress: Progress,
    *,
    mutate: bool,
) -> dict[str, Any]:
    from policies.names_used import place_of
    from policies.strict_yaml import read_yaml_with_places
    from policies.trial import survivors, try_cases

    _, places = read_yaml_with_places(read_text(path), str(path))

    def line(where: tuple[str | int, ...]) -> int:
        own = (where[0], int(where[1]) - since, *where[2:]) if where[0] == "gates" else where
        return place_of(places, own).line

    trial = try_cases(document, stages)
    number = 0
    left: list[Mutant] = []
    if mutate and not trial.failures:
        number, left = survivors(document, stages, progress, since)
    return {
        "policy": str(path),
        "cases": trial.cases,
        "failures": [
            {
                "file": one.stage.file,
                "line": one.stage.line,
                "case": one.stage.expected.id,
                "problems": list(one.problems),
            }
            for one in trial.failures
        ],
        "unseen": [
            {"line": line(where), "what": what}
            for where, what in trial.coverage.missing(document, since)
        ],
        "mutated": mutate and not trial.failures,
        "mutants": number,
        "survivors": [
            {"line": line(one.path), "place": one.place, "what": one.what} for one in left
        ],
    }


def _tell(told: dict[str, Any]) -> None:
    policy = told["policy"]
    click.echo(policy)
    for one in told["failures"]:
        click.echo(f"{one['file']}:{one['line']}: {one['case']}: {'; '.join(one['problems'])}")
    for one in told["unseen"]:
        click.echo(f"{policy}:{one['line']}: {one['what']}")
    for one in told["survivors"]:
        click.echo(f"{policy}:{one['line']}: {one['place']}: {one['what']}: no case notices")
    failed = len(told["failures"])
    click.echo(f"{told['cases']:>7,}  cases, {failed or 'none'} of them not as expected")
    click.echo(f"{len(told['unseen']):>7,}  states of rules that no case has seen")
    if told["mutated"]:
        click.echo(f"{told['mutants']:>7,}  mutants, {len(told['survivors']) or 'none'} survived")
