"""What git knows of the working tree, asked of git itself.

Everything that a configuration could make it run is switched off: hooks, monitors, pagers, filters
but LFS's own, programs that check signatures but the usual ones, and the network.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from webui.client.capture.where import public, without_credentials
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from pathlib import Path

Signature = Literal["valid", "invalid", "none"]
_SECONDS: Final = 60
_HARMLESS: Final = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "diff.external=",
    "gpg.program=gpg",
    "gpg.ssh.program=ssh-keygen",
    "gpg.x509.program=gpgsm",
    "filter.lfs.clean=git-lfs clean -- %f",
    "filter.lfs.process=git-lfs filter-process",
    "protocol.allow=never",
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree: where its top is, its commit, and how far it differs from it.

    ``changed`` counts tracked files that differ, submodules among them; ``untracked`` counts files
    that git does not know and does not ignore. A tag counts where it points at the commit.
    """

    top: str
    commit: str
    branch: str
    remote: str
    changed: int
    untracked: int
    tag: str
    tag_signature: Signature
    shallow: bool
    submodules: tuple[tuple[str, str], ...]


def find_repository(folder: Path) -> Repository | None:
    """The repository that a folder is in, or None.

    Raises:
        CaptureError: ``repository-empty`` without a commit, ``repository-bare``,
            ``repository-unreadable`` where git refuses, as it does for a folder of somebody else.
    """
    inside = git_says(folder, "rev-parse", "--is-inside-work-tree", "--is-bare-repository")
    if inside is None:
        return None
    if inside.split() == ["false", "true"]:
        raise CaptureError(
            "This is a bare repository, which has no files to capture.",
            code="repository-bare",
            remedy="Run it in a working tree.",
        )
    top = _needed(folder, "rev-parse", "--show-toplevel").rstrip("\n")
    commit = (git_says(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") or "").strip()
    if not _COMMIT.fullmatch(commit):
        raise CaptureError(
            "The repository has no commit, so nobody could find this code again.",
            code="repository-empty",
            remedy="Commit first, or say --no-git.",
        )
    filters = _filters(folder)
    status = _needed(
        folder, *filters, "status", "--porcelain=v2", "-z", "--untracked-files=all",
        "--ignore-submodules=none",
    )  # fmt: skip
    changed, untracked = _counted(status)
    tag, signature = _tag(folder)
    return Repository(
        top=top,
        commit=commit,
        branch=public(
            (git_says(folder, "symbolic-ref", "--quiet", "--short", "HEAD") or "").strip()
        ),
        remote=public(
            without_credentials(
                (git_says(folder, "config", "--get", "remote.origin.url") or "").strip()
            )
        ),
        changed=changed,
        untracked=untracked,
        tag=tag,
        tag_signature=signature,
        shallow=_needed(folder, "rev-parse", "--is-shallow-repository").strip() == "true",
        submodules=_submodules(folder),
    )


def _counted(status: str) -> tuple[int, int]:
    """Changed and untracked files of ``status --porcelain=v2 -z``; a rename is two records."""
    records = iter(status.split("\0"))
    changed = untracked = 0
    for record in records:
        if record.startswith(("1 ", "2 ", "u ")):
            changed += 1
            if record.startswith("2 "):
                next(records, None)
        elif record.startswith("? "):
            untracked += 1
    return changed, untracked


def _tag(folder: Path) -> tuple[str, Signature]:
    """The first tag at the commit, a signed one before others, and whether its signature holds."""
    names = (git_says(folder, "tag", "--points-at", "HEAD") or "").split()
    best: tuple[str, Signature] = ("", "none")
    for name in names[:20]:
        if (git_says(folder, "cat-file", "-t", f"refs/tags/{name}") or "").strip() != "tag":
            best = best if best[0] else (public(name), "none")
            continue
        text = git_says(folder, "cat-file", "tag", f"refs/tags/{name}") or ""
        if "-----BEGIN " not in text:
            best = best if best[0] else (public(name), "none")
            continue
        valid = git_says(folder, "verify-tag", f"refs/tags/{name}") is not None
        if valid:
            return public(name), "valid"
        best = (public(name), "invalid")
    return best


def _submodules(folder: Path) -> tuple[tuple[str, str], ...]:
    """Path and commit of each, from the index: nothing is entered."""
    listed = git_says(folder, "ls-files", "--stage", "-z", "--full-name", ":/") or ""
    found = []
    for record in listed.split("\0"):
        facts, _, path = record.partition("\t")
        if facts.startswith("160000 "):
            found.append((public(path), facts.split(" ")[1]))
    return tuple(found[:1000])


def _filters(folder: Path) -> tuple[str, ...]:
    """Settings that switch off every filter but that of LFS, which git would run to compare."""
    listed = git_says(
        folder, "config", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process)$"
    )
    found: list[str] = []
    for key in (listed or "").split():
        if not key.startswith("filter.lfs."):
            found += ["-c", f"{key}="]
    return tuple(found)


def _needed(folder: Path, *words: str) -> str:
    found = git_says(folder, *words)
    if found is None:
        raise CaptureError("git can't read this repository.", code="repository-unreadable")
    return found


def git_says(folder: Path, *words: str) -> str | None:
    """What git says, or None where it says no.

    Raises:
        CaptureError: git is not there, takes too long, or does not trust the folder.
    """
    settings = [word for one in _HARMLESS for word in ("-c", one)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(  # noqa: S603 (a list of words, no shell)
            ["git", "-C", str(folder), *settings, *words],  # noqa: S607 (git of the PATH)
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise CaptureError(
            "git is not installed.", code="git-missing", remedy="Install it, or say --no-git."
        ) from None
    except subprocess.TimeoutExpired:
        raise CaptureError("git took too long.", code="repository-unreadable") from None
    if b"dubious ownership" in done.stderr:
        raise CaptureError(
            "git does not trust this folder: it is of another user.",
            code="repository-unreadable",
            remedy="Name it in git's safe.directory, or say --no-git.",
        )
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
