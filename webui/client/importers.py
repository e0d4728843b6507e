"""What Weights & Biases, Comet and Hugging Face say of a registry, as things of an inventory.

* Weights & Biases: a list of artifacts with the attributes that ``wandb.Artifact`` has: ``name``
  (``churn:v3``), ``type``, ``version``, ``aliases``, ``created_at``. Only models; ``latest`` and
  ``vN``, which it gives by itself, are no aliases that anybody set.
* Comet: what its REST API v2 answers to ``registry-model/details``: ``modelName`` and ``versions``
  with ``version``, ``stages``, ``userName``, ``createdAt`` in milliseconds. One, or a list.
* Hugging Face: what ``/api/models/ID`` answers, with the answer of ``/api/models/ID/refs`` in the
  member ``refs``. One, or a list. Its tags are tags of git, so one that moves later is found.

Read strictly where it matters, tolerant of what they add. Pure.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from webui.client.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Item = dict[str, Any]

MOST_BYTES: Final = 32 * 1024 * 1024
_BY_ITSELF: Final = re.compile(r"latest|v[0-9]+", re.ASCII)
_NUMBERED: Final = re.compile(r"v(?=[0-9]+\.[0-9]+\.[0-9]+)", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_MILLISECONDS: Final = 1000


def read_export(kind: str, data: bytes) -> list[Item]:
    """The things that an export shows, each once, in the order of the export.

    Raises:
        SettingError: it is no such export; the sentence says where.
    """
    if len(data) > MOST_BYTES:
        raise SettingError(f"The export is larger than {MOST_BYTES} bytes.")
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        raise SettingError("The export is not JSON.") from None
    records = plain if isinstance(plain, list) else [plain]
    found: dict[str, Item] = {}
    for place, record in enumerate(records):
        if not isinstance(record, dict):
            raise _wrong(place, "is no object")
        for item in READERS[kind](record, place):
            told = {name: value for name, value in item.items() if value}
            found.setdefault(json.dumps(told, sort_keys=True), told)
    return list(found.values())


def _wandb(record: Item, place: int) -> Iterator[Item]:
    if _text(record, "type", place) != "model":
        return
    name, _, numbered = _text(record, "name", place).rpartition("/")[2].partition(":")
    version = str(record.get("version") or numbered)
    if not name or not version:
        raise _wrong(place, "names no artifact with a version, such as churn:v3")
    at = _instant(record.get("created_at") or record.get("createdAt"))
    yield {"thing": "model", "model": name}
    yield {"thing": "version", "model": name, "version": version, "at": at}
    for alias in _texts(record, "aliases", place):
        if not _BY_ITSELF.fullmatch(alias):
            yield {"thing": "alias", "model": name, "version": version, "name": alias}


def _comet(record: Item, place: int) -> Iterator[Item]:
    name = _text(record, "modelName", place)
    made = {"at": _instant(record.get("createdAt")), "by": str(record.get("userName") or "")}
    yield {"thing": "model", "model": name, **made}
    versions = record.get("versions")
    if not isinstance(versions, list):
        raise _wrong(place, "has no list of versions")
    for one in versions:
        if not isinstance(one, dict):
            raise _wrong(place, "has a version that is no object")
        version = _text(one, "version", place)
        told = {"at": _instant(one.get("createdAt")), "by": str(one.get("userName") or "")}
        yield {"thing": "version", "model": name, "version": version, **told}
        # Several stages may stand at one version: each is an alias, as each version has one stage.
        for stage in _texts(one, "stages", place):
            yield {"thing": "alias", "model": name, "version": version, "name": stage}


def _huggingface(record: Item, place: int) -> Iterator[Item]:
    name = _text(record, "id", place)
    yield {"thing": "model", "model": name, "at": _instant(record.get("createdAt"))}
    refs = record.get("refs")
    tags = refs.get("tags") if isinstance(refs, dict) else None
    if not isinstance(tags, list):
        raise _wrong(place, "has no refs with a list of tags")
    for tag in tags:
        if not isinstance(tag, dict):
            raise _wrong(place, "has a tag that is no object")
        commit = _text(tag, "targetCommit", place)
        if not _COMMIT.fullmatch(commit):
            raise _wrong(place, "has a tag without a commit")
        yield {
            "thing": "tag",
            "model": name,
            "means": "version_created",
            "version": _NUMBERED.sub("", _text(tag, "name", place), count=1),
            "ref": _text(tag, "name", place),
            "object": commit,
            "commit": commit,
        }


READERS: Final[dict[str, Callable[[Item, int], Iterator[Item]]]] = {
    "wandb": _wandb,
    "comet": _comet,
    "huggingface": _huggingface,
}


def _text(record: Item, name: str, place: int) -> str:
    found = record.get(name)
    if not isinstance(found, str) or not found:
        raise _wrong(place, f"has no {name}")
    return found


def _texts(record: Item, name: str, place: int) -> list[str]:
    found = record.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise _wrong(place, f"has {name} that are no list of texts")
    return found


def _instant(found: Any) -> str:
    """A time with its offset; milliseconds as Comet writes them; empty where it is neither."""
    if isinstance(found, int) and not isinstance(found, bool):
        try:
            return datetime.fromtimestamp(found / _MILLISECONDS, UTC).isoformat()
        except (OverflowError, OSError, ValueError):
            return ""
    if not isinstance(found, str):
        return ""
    try:
        at = datetime.fromisoformat(found)
    except ValueError:
        return ""
    # Weights & Biases leaves the offset out, and means UTC.
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def _wrong(place: int, sentence: str) -> SettingError:
    return SettingError(f"Record {place} of the export {sentence}.")
