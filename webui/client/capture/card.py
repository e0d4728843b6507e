"""The front matter of a Hugging Face model card: YAML between two lines of three dashes.

Source: huggingface.co, "Model cards": license, language, library_name, tags, datasets, metrics,
base_model, model-index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from webui.client.capture.strict_yaml import read_yaml
from webui.client.errors import CaptureError

_FENCE: Final = "---"
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says; empty where it says nothing."""

    licence: str = ""
    library: str = ""
    pipeline: str = ""
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    results: tuple[tuple[str, str, str], ...] = ()
    """Data set, metric and value of each result in the model index."""


def read_card(data: bytes, name: str) -> Card:
    """Read a card; a text without front matter says nothing.

    Raises:
        CaptureError: it begins with front matter and it is none.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise CaptureError(f"{name} is not UTF-8.", code="card-unreadable") from None
    if not lines or lines[0].rstrip() != _FENCE:
        return Card()
    try:
        end = [line.rstrip() for line in lines].index(_FENCE, 1)
    except ValueError:
        raise CaptureError(
            f"The front matter of {name} does not end.", code="card-unreadable"
        ) from None
    plain = read_yaml("\n".join(lines[1:end]).encode(), name)
    if not isinstance(plain, dict):
        return Card()
    return Card(
        licence=_text(plain.get("license_name") or plain.get("license")),
        library=_text(plain.get("library_name")),
        pipeline=_text(plain.get("pipeline_tag")),
        languages=_texts(plain.get("language")),
        tags=_texts(plain.get("tags")),
        datasets=_texts(plain.get("datasets")),
        base_models=_texts(plain.get("base_model")),
        results=_results(plain.get("model-index")),
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _texts(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(text for one in listed[:_MOST] if (text := _text(one)))


def _results(index: object) -> tuple[tuple[str, str, str], ...]:
    found: list[tuple[str, str, str]] = []
    for model in _objects(index):
        for result in _objects(model.get("results")):
            data_set = result.get("dataset")
            where = data_set if isinstance(data_set, dict) else {}
            for metric in _objects(result.get("metrics")):
                name, value = _text(metric.get("type")), _text(metric.get("value"))
                if name and value:
                    found.append((_text(where.get("name") or where.get("type")), name, value))
    return tuple(found[:_MOST])


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
