"""Which packages a version was built with, by what the working tree and this Python say.

Read, never resolved: ``importlib.metadata`` of this Python, ``requirements*.txt`` (PEP 508 names
with ``==``), ``environment.yml`` of conda, ``poetry.lock`` and ``uv.lock`` (TOML).
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

from webui.client.capture.strict_yaml import read_yaml
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST: Final = 5_000
_PIN: Final = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([A-Za-z0-9][A-Za-z0-9.!+_*-]*)"
)
_CONDA: Final = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)={1,2}([A-Za-z0-9][A-Za-z0-9.!+_*-]*)(=.*)?"
)
_SEPARATORS: Final = re.compile(r"[-_.]+")


def normalised(name: str) -> str:
    """A package's name in the one form of PEP 503."""
    return _SEPARATORS.sub("-", name).lower()


def read_requirements(data: bytes, name: str) -> dict[str, str]:
    """Pinned packages of a requirements file; what is not pinned is left out.

    Raises:
        CaptureError: it is not a text.
    """
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise CaptureError(f"{name} is not UTF-8.", code="packages-unreadable") from None
    found = {}
    for line in lines[: MOST * 4]:
        pinned = _PIN.match(line.strip())
        if pinned:
            found[normalised(pinned[1])] = pinned[2]
    return _bounded(found, name)


def read_conda(data: bytes, name: str) -> dict[str, str]:
    """Pinned packages of a conda environment, those of pip among them.

    Raises:
        CaptureError: it is none.
    """
    plain = read_yaml(data, name)
    listed = plain.get("dependencies", []) if isinstance(plain, dict) else None
    if not isinstance(listed, list):
        raise CaptureError(f"{name} is not a conda environment.", code="packages-unreadable")
    found = {}
    for one in listed:
        if isinstance(one, dict) and isinstance(one.get("pip"), list):
            text = "\n".join(str(line) for line in one["pip"])
            found.update(read_requirements(text.encode(), name))
        elif pinned := _CONDA.fullmatch(str(one).rpartition("::")[2]):
            found[normalised(pinned[1])] = pinned[2]
    return _bounded(found, name)


def read_lock(data: bytes, name: str) -> dict[str, str]:
    """Packages of ``poetry.lock`` or ``uv.lock``.

    Raises:
        CaptureError: it is neither.
    """
    try:
        plain = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        raise CaptureError(f"{name} is not TOML.", code="packages-unreadable") from None
    listed = plain.get("package", [])
    if not isinstance(listed, list):
        raise CaptureError(f"{name} lists no packages.", code="packages-unreadable")
    found = {
        normalised(str(one["name"])): str(one["version"])
        for one in listed
        if isinstance(one, dict) and "name" in one and "version" in one
    }
    return _bounded(found, name)


def installed(distributions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Packages of this Python, given as names and versions."""
    return dict(sorted((normalised(name), version) for name, version in distributions if name))


def _bounded(found: dict[str, str], name: str) -> dict[str, str]:
    if len(found) > MOST:
        raise CaptureError(f"{name} lists more than {MOST} packages.", code="packages-unreadable")
    return dict(sorted(found.items()))
