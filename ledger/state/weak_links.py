"""How far a version's lineage can be relied on: which of its links are weak, and why.

==================  ================================================================================
``dirty_tree``      uncommitted changes went in, so the commit does not say what was built
``unsigned_commit`` no signed tag stands at the commit: whose it is, is its author's word
``no_code``         no commit is named
``md5_only``        a data set's source names an MD5 as what identifies it
``mutable_source``  a data set or the artifact is named by an address that can hold something else
                    tomorrow (a branch, ``latest``, a plain web address)
``no_legal_basis``  personal data without a stated legal basis
``unknown_parent``  a parent is not registered in this ledger
==================  ================================================================================
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.state.aggregates import VersionState, version_key

if TYPE_CHECKING:
    from ledger.events.model import Artifact, Code, DataSet
    from ledger.state.recalls import Made
    from ledger.state.registry import Registry

Weakness = Literal[
    "dirty_tree",
    "md5_only",
    "mutable_source",
    "no_code",
    "no_legal_basis",
    "unknown_parent",
    "unsigned_commit",
]
WEAKNESSES: Final[tuple[str, ...]] = get_args(Weakness)
_PERSONAL: Final = frozenset({"personal", "special_category", "phi"})
_MUTABLE: Final = re.compile(r"(^https?://)|([@:/#=](latest|main|master|head)$)", re.IGNORECASE)
_DIGEST: Final = re.compile(r"[0-9a-f]{32,64}")
_MD5: Final = re.compile(r"\bmd5\b", re.IGNORECASE)


def of_code(code: Code | None) -> tuple[Weakness, ...]:
    """What is weak about a commit."""
    if code is None:
        return ("no_code",)
    found: list[Weakness] = ["dirty_tree"] if code.dirty else []
    if code.tag_signature != "valid":
        found.append("unsigned_commit")
    return tuple(found)


def of_data(data: DataSet) -> tuple[Weakness, ...]:
    """What is weak about a data set's link."""
    found: list[Weakness] = []
    if _MD5.search(data.source):
        found.append("md5_only")
    if is_mutable(data.source):
        found.append("mutable_source")
    if data.classification in _PERSONAL and data.legal_basis is None:
        found.append("no_legal_basis")
    return tuple(found)


def is_mutable(address: str | None) -> bool:
    """Whether an address can hold something else tomorrow: no digest stands in it."""
    if not address or _DIGEST.search(address):
        return False
    return _MUTABLE.search(address) is not None


def of_version(
    registry: Registry, made: Made, code: Code | None, artifact: Artifact
) -> tuple[Weakness, ...]:
    """Every weakness of a version's own links, by name."""
    found: set[Weakness] = {*of_code(code)}
    for data in made.data_sets:
        found.update(of_data(data))
    if is_mutable(artifact.uri):
        found.add("mutable_source")
    if any(
        registry.find(VersionState, version_key(parent.model, parent.version)) is None
        for parent in made.parents
    ):
        found.add("unknown_parent")
    return tuple(sorted(found))
