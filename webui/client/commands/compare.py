"""``counterseal compare``: versions of a model side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from webui.client.commands.ask import asking, json_option, plain, show, write_new
from webui.client.plain import objects, text, text_or_none, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTS: Final = ("facts", "code", "data_sets", "parameters", "packages", "documents")


@click.command()
@click.argument("model")
@click.argument("versions", nargs=-1, required=True)
@click.option(
    "--pdf", type=click.Path(dir_okay=False), metavar="FILE", help="Also write it as a PDF."
)
@json_option
def compare(*, model: str, versions: tuple[str, ...], pdf: str | None, as_json: bool) -> None:
    """Hold VERSIONS of MODEL (two to six) against the first of them: what differs, and by how much.

    Metrics come with which way is better, and whether the difference is significant where sample
    sizes tell.
    """
    query = [("v", version) for version in versions]
    with asking() as client:
        found = client.read("models", model, "compare", query=query)
        data = client.fetch("models", model, "compare.pdf", query=query) if pdf else b""
    if pdf:
        write_new(pdf, data)
    show(found, [plain(line) for line in _lines(found)], as_json=as_json)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    names = objects(found, "versions", lambda side: text(side, "version"))
    yield f"{text(found, 'model')}: {' | '.join(names)}"
    yield from objects(found, "metrics", _metric)
    same = 0
    for part in _PARTS:
        for name, values, alike in objects(found, part, _line):
            same += alike
            if not alike:
                yield f"{part.replace('_', ' ')}: {name}: {' | '.join(values)}"
    yield f"{same} other facts are the same in all of them."


def _metric(line: dict[str, Any]) -> str:
    better = "higher" if line.get("higher_is_better") is True else "lower"
    readings = line.get("readings")
    cells = [_reading(one) for one in readings] if isinstance(readings, list) else []
    return (
        f"metric: {text(line, 'name')} on {text(line, 'data_set')} ({better} is better): "
        f"{' | '.join(cells)}"
    )


def _reading(one: object) -> str:
    if not isinstance(one, dict):
        return "-"
    said = text(one, "value")
    difference = text_or_none(one, "difference")
    if difference:
        said += f" ({difference} {text(one, 'verdict')}"
        significance = text(one, "significance").replace("_", " ")
        said += f", {significance})" if significance else ")"
    return said


def _line(line: dict[str, Any]) -> tuple[str, list[str], bool]:
    values = [one or "-" for one in texts(line, "values")]
    return text(line, "name"), values, line.get("same") is True
