"""The shell around the parsers: which files of a working tree are read, and how much of each.

Only what git lists, or where there is no git what lies at the top, is looked for; a symbolic link
is not followed, and a path of DVC must lie inside. Nothing is written.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import stat
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from webui.client.capture import card, dvc, packages
from webui.client.capture.artifact import digest_of
from webui.client.capture.formats import Model, read_model
from webui.client.capture.lfs import looks_like_pointer, read_pointer
from webui.client.capture.where import public
from webui.client.capture.window import FileWindow
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webui.client.capture.artifact import Artifact

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_DVC_FILES: Final = 2_000
MOST_HASHED: Final = 2 * 1024 * 1024 * 1024
_DEEPEST: Final = 8
_NOT_ENTERED: Final = frozenset({".git", ".venv", "node_modules", "__pycache__", ".tox"})
_CARD: Final = ("README.md", "MODEL_CARD.md")
_NVIDIA: Final = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True, slots=True)
class Data:
    """A file or directory that DVC tracks. ``sha256`` is ours, where its bytes lie here."""

    path: str
    hash: str
    digest: str
    size: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Packages:
    """Packages and where they stand written."""

    source: str
    versions: dict[str, str]


def read_models(path: Path, artifact: Artifact) -> tuple[tuple[str, Model], ...]:
    """What each file of an artifact says of itself, the largest first, at most a hundred.

    Raises:
        CaptureError: one is hostile, or is a pointer of Git LFS in the place of the model.
    """
    found = []
    for one in sorted(artifact.files, key=lambda file: -file.size)[:100]:
        place = path / one.path if artifact.directory else path
        with FileWindow(place) as window:
            if looks_like_pointer(window.at(0, 1024)) and window.size < 1024:  # noqa: PLR2004
                pointer = read_pointer(window.at(0, 1024), one.path)
                raise CaptureError(
                    f"{one.path} is a pointer of Git LFS for {pointer.size} bytes, not the model.",
                    code="lfs-pointer",
                    remedy="Run `git lfs pull` first.",
                )
            found.append((one.path, read_model(window, one.path)))
    return tuple(found)


def read_dvc(top: Path) -> dvc.Dvc:
    """Everything that the DVC files of a working tree say.

    Raises:
        CaptureError: one of them is malformed, in the middle of a merge, or leads outside.
    """
    tracked: list[dvc.Tracked] = []
    stages: list[dvc.Stage] = []
    metrics: list[str] = []
    for number, name in enumerate(_dvc_files(top)):
        if number >= MOST_DVC_FILES:
            raise CaptureError("There are more DVC files than are read.", code="dvc-malformed")
        data = _read(top / name, name)
        if name.endswith("dvc.lock"):
            stages += dvc.read_lock(data, name)
        elif name.endswith("dvc.yaml"):
            metrics += dvc.read_pipeline(data, name)
        else:
            tracked += dvc.read_dvc_file(data, name)
    config = top / ".dvc" / "config"
    remotes = dvc.read_config(_read(config, ".dvc/config"), ".dvc/config") if _is(config) else ()
    return dvc.Dvc(tuple(tracked), tuple(stages), tuple(metrics), remotes)


def hash_tracked(top: Path, tracked: tuple[dvc.Tracked, ...]) -> tuple[Data, ...]:
    """What DVC tracks, with the SHA-256 of what lies in the working tree and is not enormous."""
    found = []
    for one in tracked:
        place = top / one.path
        known = (one.size or 0) <= MOST_HASHED and "://" not in one.path
        ours = ""
        if known and place.exists() and _inside(top, place):
            ours = digest_of(place).sha256
        found.append(Data(one.path, one.hash, one.digest, one.size, ours))
    return tuple(found)


def read_packages(top: Path) -> tuple[Packages, ...]:
    """What the working tree pins, and what this Python has.

    Raises:
        CaptureError: a file of packages can't be read.
    """
    readers = (
        ("poetry.lock", packages.read_lock),
        ("uv.lock", packages.read_lock),
        ("environment.yml", packages.read_conda),
        ("environment.yaml", packages.read_conda),
        ("requirements.lock", packages.read_requirements),
        ("requirements.txt", packages.read_requirements),
    )
    found = []
    for name, read in readers:
        if _is(top / name):
            found.append(Packages(name, read(_read(top / name, name), name)))
    own = packages.installed(
        (one.metadata["Name"], one.version)
        for one in importlib.metadata.distributions()
        if "Name" in one.metadata
    )
    found.append(Packages("this Python", own))
    return tuple(found)


def read_card(path: Path, top: Path) -> card.Card:
    """The card that lies in the model's directory, or at the working tree's top.

    Raises:
        CaptureError: its front matter can't be read.
    """
    folders = dict.fromkeys((path if path.is_dir() else path.parent, top))
    for folder in folders:
        for name in _CARD:
            if _is(folder / name):
                return card.read_card(_read(folder / name, name), name)
    return card.Card()


def read_hardware() -> str:
    """This machine in a line: processor, cores, graphics."""
    graphics = []
    if _NVIDIA.is_dir():
        for one in sorted(_NVIDIA.glob("*/information"))[:16]:
            text = one.read_text(errors="replace")
            graphics += [
                line[6:].strip() for line in text.splitlines() if line.startswith("Model:")
            ]
    parts = [f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}", *graphics]
    return public("; ".join(parts))


def read_python() -> str:
    """This Python."""
    return f"{sys.implementation.name} {platform.python_version()}"


def _dvc_files(top: Path) -> Iterator[str]:
    """The names of DVC files, from the top down; no link is followed."""
    for where, folders, names in os.walk(top):
        here = Path(where)
        depth = len(here.relative_to(top).parts)
        folders[:] = sorted(name for name in folders if name not in _NOT_ENTERED and name != ".dvc")
        if depth >= _DEEPEST:
            folders[:] = []
        for name in sorted(names):
            ours = name in {"dvc.lock", "dvc.yaml"} or (name.endswith(".dvc") and len(name) > 4)  # noqa: PLR2004
            if ours and _is(here / name):
                yield PurePosixPath((here / name).relative_to(top)).as_posix()


def _is(path: Path) -> bool:
    """Whether there is a regular file, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _inside(top: Path, place: Path) -> bool:
    """Whether a path stays inside, whatever links there are on the way."""
    try:
        return place.resolve(strict=True).is_relative_to(top.resolve(strict=True))
    except (OSError, RuntimeError):
        return False


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CaptureError(f"{name} can't be read: {error.strerror}.", code="unreadable") from None
    if len(data) > MOST_BYTES:
        raise CaptureError(f"{name} is larger than is read.", code="too-large")
    return data
