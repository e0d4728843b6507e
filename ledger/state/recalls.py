"""What is recalled, and whether a version descends from it.

Rules:

- A version descends from its data sets and its parents, and from what those parents descend from,
  as far as they are registered here. A parent that is not ends the way; it can be recalled all the
  same.
- A recall of all versions reaches each of them, also those that come later.
- At most ``MOST_ANCESTORS`` versions are followed. Beyond, it is not known whether something is
  recalled, and what is not known satisfies no rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, Protocol

from ledger.events.recall import RecallCause
from ledger.state.aggregates import Aggregate, Search, VersionState, number_key, version_key
from ledger.state.remembered import remembered

if TYPE_CHECKING:
    from ledger.events.model import DataSet, Parent
    from ledger.state.registry import Registry

RecallStatus = Literal["in_force", "lifted"]
MOST_ANCESTORS: Final = 1_000


class RecallState(Aggregate):
    """A recall. Key: its entry."""

    table: ClassVar[str] = "recall"
    material: str
    cause: RecallCause
    by: str
    at: str
    model: str = ""
    status: RecallStatus = "in_force"
    lifted: int | None = None
    lifted_at: str | None = None

    @property
    def key(self) -> str:
        return number_key(self.since)

    def search(self) -> Search:
        return Search(self.model, status=self.status, actor=self.by)


class Recalled(Aggregate):
    """The recalls that stand on one material, by their entries."""

    table: ClassVar[str] = "recalled"
    material: str
    recalls: tuple[int, ...]

    @property
    def key(self) -> str:
        return self.material


class Made(Protocol):
    """What was made from data sets and parents: a version, or what is to be registered as one."""

    @property
    def model(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def data_sets(self) -> tuple[DataSet, ...]: ...
    @property
    def parents(self) -> tuple[Parent, ...]: ...


@remembered
def materials(made: Made) -> tuple[str, ...]:
    """What a recall of this version, or of a data set that went right into it, would name."""
    own = (f"version:{made.model}", f"version:{made.model}@{made.version}")
    data = (
        name
        for one in made.data_sets
        for name in (f"data:{one.name}", f"data:{one.name}@{one.version}")
    )
    return tuple(dict.fromkeys((*own, *data)))


def recalls_on(registry: Registry, material: str) -> tuple[int, ...]:
    """The recalls that stand on one material."""
    found = registry.find(Recalled, material)
    return found.recalls if found else ()


def recalls_of(registry: Registry, made: Made) -> tuple[int, ...] | None:
    """The recalls that reach a version, by their entries; None where that can't be known."""
    found: set[int] = set()
    ahead: list[Made] = [made]
    seen = {version_key(made.model, made.version)} if made.parents else set()
    while ahead:
        one = ahead.pop()
        for material in materials(one):
            found.update(recalls_on(registry, material))
        for parent in one.parents:
            key = version_key(parent.model, parent.version)
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > MOST_ANCESTORS:
                return None
            known = registry.find(VersionState, key)
            if known is not None:
                ahead.append(known)
                continue
            found.update(recalls_on(registry, f"version:{parent.model}"))
            found.update(recalls_on(registry, f"version:{key}"))
    return tuple(sorted(found))


def descends_from_itself(registry: Registry, made: Made) -> bool:
    """Whether a version that is to be registered is among its own ancestors."""
    own = version_key(made.model, made.version)
    seen: set[str] = set()
    ahead: list[Made] = [made]
    while ahead:
        for parent in ahead.pop().parents:
            key = version_key(parent.model, parent.version)
            if key == own:
                return True
            if key not in seen and len(seen) < MOST_ANCESTORS:
                seen.add(key)
                known = registry.find(VersionState, key)
                if known is not None:
                    ahead.append(known)
    return False
