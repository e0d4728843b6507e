"""The tags of GTO in a git repository: registrations, stages, deprecations.

Grammar (GTO 1.x, ``gto/constants.py``): ``ARTIFACT@vSEMVER`` registers a version at the commit it
points at, ``ARTIFACT#STAGE#N`` gives the version at its commit a stage, a ``!`` behind version or
stage takes it back, ``ARTIFACT@deprecated`` and ``@created`` speak of the whole artifact. A counter
``#N`` may stand behind each. In a tag, ``=`` stands for the ``:`` between folder and name.

git itself lists the tags; nothing that the repository configures is run. Who made a tag is what
the tag says; only a signature proves it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from webui.client.capture.repository import git_says
from webui.client.capture.where import public
from webui.client.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_TAGS: Final = 20_000
_NAME: Final = r"[a-z0-9](?:[a-z0-9/-]*[a-z0-9])?"
_SEMVER: Final = (
    r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"
    r"(?:-[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
_TAG: Final = re.compile(
    rf"(?P<artifact>(?:[a-z0-9_./-]+=)?{_NAME})"
    rf"(?:(?:#(?P<stage>{_NAME})|@v(?P<version>{_SEMVER}))(?P<cancel>!?)"
    r"|@(?P<word>deprecated|created))(?:#(?P<counter>[0-9]{1,9}))?",
    re.ASCII,
)
_LONGEST: Final = 250
_FIELDS: Final = (
    "refname:strip=2", "objecttype", "objectname", "*objecttype", "*objectname",
    "creatordate:iso-strict", "taggername", "taggeremail",
)  # fmt: skip
_SIGNED: Final = "%(if)%(contents:signature)%(then)signed%(end)"
_END: Final = "%00%01"
_WORDS: Final = {"deprecated": "model_tag_set", "created": "model_created"}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that GTO reads. ``version`` is empty where a stage's commit has none and for words."""

    ref: str
    artifact: str
    means: str
    version: str
    stage: str
    object: str
    commit: str
    at: str
    by: str
    signature: str

    def item(self) -> dict[str, Any]:
        """As a thing of an inventory that is handed in."""
        name = self.stage or ("deprecated" if self.means == "model_tag_set" else "")
        version = self.version or (self.commit if self.stage and self.means == "alias_set" else "")
        found = {
            "thing": "tag",
            "model": self.artifact,
            "means": self.means,
            "version": version,
            "name": name,
            "ref": self.ref,
            "object": self.object,
            "commit": self.commit,
            "at": self.at,
            "by": self.by,
            "signature": self.signature,
        }
        return {name: text for name, text in found.items() if text}


def parse_tag(name: str) -> dict[str, str] | None:
    """Artifact, what is meant, version and stage of a tag's name; None where it is not GTO's."""
    found = _TAG.fullmatch(name) if len(name) <= _LONGEST else None
    if found is None:
        return None
    cancel = bool(found["cancel"])
    if found["word"]:
        means = _WORDS[found["word"]]
    elif found["version"]:
        means = "version_deleted" if cancel else "version_created"
    else:
        means = "alias_removed" if cancel else "alias_set"
    return {
        "artifact": found["artifact"].replace("=", ":"),
        "means": means,
        "version": found["version"] or "",
        "stage": found["stage"] or "",
    }


def read_tags(folder: Path) -> list[Tag]:
    """The tags of GTO in the repository that a folder is in, oldest first.

    Raises:
        CaptureError: ``repository-missing``; ``repository-shallow``, whose tags may not all be
            there; ``too-many-tags``.
    """
    shallow = git_says(folder, "rev-parse", "--is-shallow-repository")
    if shallow is None:
        raise CaptureError("There is no git repository here.", code="repository-missing")
    if shallow.strip() == "true":
        raise CaptureError(
            "This is a shallow clone, which need not have all tags.",
            code="repository-shallow",
            remedy="Fetch everything first: `git fetch --unshallow --tags` (fetch-depth: 0).",
        )
    fields = "%00".join(f"%({one})" for one in _FIELDS)
    listed = git_says(
        folder, "for-each-ref", "--sort=creatordate", f"--format={fields}%00{_SIGNED}{_END}",
        "refs/tags",
    )  # fmt: skip
    if listed is None:
        raise CaptureError("git can't list the tags.", code="repository-unreadable")
    found = []
    for record in listed.split("\0\x01\n"):
        tag = _tag(folder, record.split("\0"))
        if tag is not None:
            found.append(tag)
        if len(found) > MOST_TAGS:
            raise CaptureError(f"There are more than {MOST_TAGS} tags.", code="too-many-tags")
    return _with_versions(found)


def _tag(folder: Path, record: list[str]) -> Tag | None:
    if len(record) != len(_FIELDS) + 1:
        return None
    name, kind, this, pointed_kind, pointed, at, tagger, email, signed = record
    meant = parse_tag(name)
    commit = pointed if kind == "tag" else this
    if meant is None or (pointed_kind or kind) != "commit":
        return None
    by = f"{tagger} {email}".strip().replace("\x00", "?")[:300]
    signature = "none"
    if signed:
        holds = git_says(folder, "verify-tag", f"refs/tags/{name}") is not None
        signature = "valid" if holds else "invalid"
    return Tag(
        ref=public(name), object=this, commit=commit, at=at, by=by, signature=signature, **meant
    )


def _with_versions(tags: list[Tag]) -> list[Tag]:
    """Each stage with the version that is registered at its commit: the newest, as GTO has it."""
    at_commit = {
        (one.artifact, one.commit): one.version for one in tags if one.means == "version_created"
    }
    return [
        replace(one, version=at_commit.get((one.artifact, one.commit), "")) if one.stage else one
        for one in tags
    ]


def stages(tags: Iterable[Tag]) -> dict[tuple[str, str], Tag]:
    """What stands in each stage of each artifact now: the newest assignment, unless taken back."""
    now: dict[tuple[str, str], Tag] = {}
    for one in tags:
        if one.means == "alias_set":
            now[one.artifact, one.stage] = one
        elif one.means == "alias_removed":
            now.pop((one.artifact, one.stage), None)
    return now
