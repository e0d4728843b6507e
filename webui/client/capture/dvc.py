"""DVC's files, read without DVC: ``.dvc``, ``dvc.lock``, ``dvc.yaml`` and the remote's address.

Sources: dvc.org, "Project structure" (``.dvc`` files: outs with md5, size, nfiles, hash, path;
``dvc.lock``: schema '2.0', stages with cmd, deps, params, outs; ``dvc.yaml``: stages, artifacts,
metrics). An MD5 names bytes weakly; what of it lies in the working tree is hashed again with
SHA-256 by ``webui.client.capture.folder``.

A path that is absolute or leads upwards out of the repository is refused: what it names is not of
the repository, and hashing it would tell of files that nobody meant.
"""

from __future__ import annotations

import configparser
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from webui.client.capture.strict_yaml import read_yaml
from webui.client.capture.where import without_credentials
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HASHES: Final = ("md5", "etag", "checksum", "sha256")
_DIRECTORY: Final = ".dir"
_MOST: Final = 5_000
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tracked:
    """A file or directory that DVC knows. ``path`` is from the repository's top, or a URL."""

    path: str
    hash: str
    digest: str
    size: int | None
    directory: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline as it last ran."""

    name: str
    command: str
    deps: tuple[Tracked, ...]
    outs: tuple[Tracked, ...]
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Remote:
    """Where DVC keeps the bytes, without credentials."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Dvc:
    """What a repository's DVC files say, all together."""

    tracked: tuple[Tracked, ...] = ()
    stages: tuple[Stage, ...] = ()
    metrics: tuple[str, ...] = ()
    remotes: tuple[Remote, ...] = field(default=())


def read_dvc_file(data: bytes, name: str) -> tuple[Tracked, ...]:
    """The outs of a ``.dvc`` file; ``name`` is its path from the repository's top.

    Raises:
        CaptureError: it is none, or an out leads out of the repository.
    """
    plain = _mapping(read_yaml(data, name), name)
    folder = posixpath.dirname(name)
    workdir = plain.get("wdir")
    if isinstance(workdir, str):
        folder = posixpath.join(folder, workdir)
    return tuple(_tracked(one, folder, name) for one in _list(plain.get("outs", []), name))


def read_lock(data: bytes, name: str) -> tuple[Stage, ...]:
    """The stages of a ``dvc.lock``.

    Raises:
        CaptureError: it is none, of another schema, or names paths out of the repository.
    """
    plain = _mapping(read_yaml(data, name), name)
    if plain.get("schema") != "2.0":
        raise _odd(name, "its schema is not 2.0")
    folder = posixpath.dirname(name)
    stages = _mapping(plain.get("stages") or {}, name)
    return tuple(_stage(str(key), _mapping(one, name), folder, name) for key, one in stages.items())


def read_pipeline(data: bytes, name: str) -> tuple[str, ...]:
    """The paths of metrics that a ``dvc.yaml`` names.

    Raises:
        CaptureError: it is none.
    """
    plain = _mapping(read_yaml(data, name), name)
    folder = posixpath.dirname(name)
    found = [*_list(plain.get("metrics") or [], name)]
    for stage in _mapping(plain.get("stages") or {}, name).values():
        if isinstance(stage, dict):
            found += _list(stage.get("metrics") or [], name)
    paths = [next(iter(one), "") if isinstance(one, dict) else one for one in found]
    return tuple(dict.fromkeys(inside(folder, str(one), name) for one in paths if one))


def read_config(data: bytes, name: str) -> tuple[Remote, ...]:
    """The remotes of ``.dvc/config``, the default one first.

    Raises:
        CaptureError: it is no such file.
    """
    parser = configparser.RawConfigParser(strict=True, interpolation=None)
    try:
        parser.read_string(data.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError):
        raise _odd(name, "it is not a configuration of DVC") from None
    default = parser.get("core", "remote", fallback="")
    found = []
    for section in parser.sections():
        named = re.fullmatch(r"'?remote \"(.+)\"'?", section)
        url = parser.get(section, "url", fallback="")
        if named and url:
            found.append(Remote(named[1], without_credentials(url)))
    return tuple(sorted(found, key=lambda one: one.name != default))


def inside(folder: str, path: str, name: str) -> str:
    """A path from the repository's top.

    Raises:
        CaptureError: ``path-outside``: it is absolute, or leads out of the repository.
    """
    joined = posixpath.normpath(posixpath.join(folder, path))
    outside = path.startswith(("/", "~", "\\")) or joined.split("/")[0] == ".."
    if (
        outside
        or not path
        or "\\" in path
        or re.match(r"[A-Za-z]:", path)
        or not path.isprintable()
    ):
        raise CaptureError(
            f"{name} names a path outside of the repository.",
            code="path-outside",
            remedy="DVC's files may name what is inside of it.",
        )
    return joined


def _stage(key: str, plain: Mapping[str, Any], folder: str, name: str) -> Stage:
    params: dict[str, str] = {}
    for values in _mapping(plain.get("params") or {}, name).values():
        params.update(_flat(values, name))
    command = plain.get("cmd", "")
    return Stage(
        key,
        " && ".join(map(str, command)) if isinstance(command, list) else str(command),
        tuple(_tracked(one, folder, name) for one in _list(plain.get("deps") or [], name)),
        tuple(_tracked(one, folder, name) for one in _list(plain.get("outs") or [], name)),
        params,
    )


def _flat(values: object, name: str, before: str = "") -> dict[str, str]:
    """Nested parameters as dotted names and texts."""
    if not isinstance(values, dict):
        return {before: _scalar(values)} if before else {}
    found: dict[str, str] = {}
    for key, value in values.items():
        found.update(_flat(value, name, f"{before}.{key}" if before else str(key)))
        if len(found) > _MOST:
            raise _odd(name, "it has more parameters than are read")
    return found


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _tracked(one: object, folder: str, name: str) -> Tracked:
    plain = _mapping(one, name)
    path = plain.get("path")
    if not isinstance(path, str):
        raise _odd(name, "something it lists has no path")
    size = plain.get("size")
    kind = next((key for key in _HASHES if isinstance(plain.get(key), str)), "")
    digest = str(plain[kind]) if kind else ""
    where = without_credentials(path) if _URL.match(path) else inside(folder, path, name)
    return Tracked(
        path=where,
        hash=kind,
        digest=digest.removesuffix(_DIRECTORY),
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        directory=digest.endswith(_DIRECTORY) or "nfiles" in plain,
    )


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _odd(name, "a mapping is missing in it")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MOST:
        raise _odd(name, f"a list is missing in it, or has more than {_MOST} items")
    return value


def _odd(name: str, why: str) -> CaptureError:
    return CaptureError(f"{name} is not what DVC writes: {why}.", code="dvc-malformed")
