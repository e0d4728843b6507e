"""A version as a model card: Hugging Face's front matter, then Markdown for people.

Source: huggingface.co/docs/hub/model-cards: ``license``, ``tags``, ``datasets``, ``metrics``,
``base_model`` and ``model-index`` with its results. What people wrote is escaped, so that it stays
text. Front matter is written as JSON values, which YAML reads as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webui.life.exporting import Exported

_TASKS: Final = {
    "classification": "tabular-classification",
    "regression": "tabular-regression",
    "forecasting": "time-series-forecasting",
    "generation": "text-generation",
    "ranking": "text-ranking",
}
_KNOWN_LICENCE: Final = re.compile(r"[a-z0-9.-]{2,40}")
_MARKED: Final = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def model_card(told: Exported) -> bytes:
    """The card."""
    front = "\n".join(f"{name}: {_json(value)}" for name, value in _front(told).items())
    body = "\n".join(_body(told))
    return f"---\n{front}\n---\n\n{body}\n".encode()


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _front(told: Exported) -> dict[str, Any]:
    version = told.version
    found: dict[str, Any] = {"model_name": told.name}
    licence = (version.licence or "").lower()
    if licence and _KNOWN_LICENCE.fullmatch(licence):
        found["license"] = licence
    elif version.licence:
        found |= {"license": "other", "license_name": version.licence}
    found["tags"] = sorted({told.model.task, *told.model.purposes, *(told.model.tags or ())})
    if version.data_sets:
        found["datasets"] = sorted({one.name for one in version.data_sets})
    if version.metrics:
        found["metrics"] = sorted({held.metric.name for held in version.metrics})
    bases = [one for one in version.parents if one.relation != "successor_of"]
    if bases:
        found["base_model"] = [one.model for one in bases]
    if version.metrics:
        found["model-index"] = [{"name": told.name, "results": list(_results(told))}]
    return found


def _results(told: Exported) -> Iterator[dict[str, Any]]:
    by_data: dict[str, list[dict[str, Any]]] = {}
    for held in told.version.metrics:
        metric = {"type": held.metric.name, "value": float(held.metric.value)}
        by_data.setdefault(held.metric.data_set, []).append(metric)
    for name, metrics in by_data.items():
        yield {
            "task": {"type": _TASKS.get(told.model.task, "other")},
            "dataset": {"name": name, "type": name},
            "metrics": metrics,
        }


def _body(told: Exported) -> Iterator[str]:
    version, model = told.version, told.model
    yield f"# {plain(model.model)} {plain(version.version)}"
    yield ""
    if told.described:
        yield plain(told.described)
        yield ""
    yield from _table(
        ("Fact", "Value"),
        [
            ("State", version.state),
            ("Task", model.task),
            ("Risk tier", model.risk_tier),
            ("Purposes", ", ".join(model.purposes)),
            ("Artifact", f"{version.artifact.format}, {version.artifact.size_bytes:,} bytes"),
            ("SHA-256", version.artifact.sha256),
            ("Trained", version.trained_at),
            ("Licence", version.licence or "not stated"),
            (
                "Code",
                f"{version.code.repository} {version.code.commit}" if version.code else "none",
            ),
        ],
    )
    if told.metadata:
        yield "\n## Described\n"
        yield from _table(("Field", "Value"), sorted(told.metadata.items()))
    for section in told.documentation.sections:
        if section.text is not None:
            yield f"\n## {plain(section.title)}\n"
            for line in section.text.splitlines():
                yield plain(line)
            yield f"\n*Signed in entry {section.entry}.*"
    yield "\n## Data sets\n"
    yield from _table(
        ("Data set", "Version", "Class", "Legal basis", "SHA-256"),
        [
            (one.name, one.version, one.classification, one.legal_basis or "not stated", one.sha256)
            for one in version.data_sets
        ],
    )
    yield "\n## Metrics\n"
    yield from _table(
        ("Metric", "Value", "Measured on", "Held out", "Samples", "Better"),
        [
            (
                held.metric.name,
                held.metric.value,
                held.metric.data_set,
                "yes" if held.metric.held_out else "no",
                "" if held.metric.sample_size is None else f"{held.metric.sample_size:,}",
                "higher" if held.metric.higher_is_better else "lower",
            )
            for held in version.metrics
        ],
    )
    yield "\n## Releases\n"
    yield from _table(
        ("Environment", "Status", "Asked for in entry", "Approvals that stand"),
        [
            (
                one.environment,
                one.status,
                str(one.since),
                str(sum(vote.approves for vote in one.votes)),
            )
            for one in told.releases
        ],
    )
    yield (
        f"\nFrom entry {version.since} of the ledger {plain(told.origin)}, as of "
        f"{told.position:,} entries, root {told.head}."
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    found = list(rows)
    if not found:
        yield "None is recorded."
        return
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in found:
        yield f"| {' | '.join(plain(cell) for cell in row)} |"


def plain(text: str) -> str:
    """A text as Markdown that shows it as it is, on one line."""
    return _MARKED.sub(r"\\\1", " ".join(text.split()))
