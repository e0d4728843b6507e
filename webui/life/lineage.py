"""Lineage across the whole ledger: up and down from any thing, and what a thing had a part in.

Things are named ``data:NAME@VERSION``, ``version:MODEL@VERSION``, ``code:COMMIT`` and ``run:NAME``;
``data:NAME`` and ``version:MODEL`` stand for all versions of one.

Rules:

- What is named as a parent and not registered here is *external*: it is shown, and nothing is known
  of where it came from.
- A link is weak where it does not prove what it says (``ledger.state.weak_links``).
- A drawing holds at most ``MOST_NODES`` things; what was cut is said. Impact counts everything.
- What a version was made from never changes, so that it is read once and kept; only versions that
  were registered since are read anew.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from weakref import WeakKeyDictionary

from ledger.errors import InputError, UnknownSubjectError
from ledger.events.entry import decode_entry
from ledger.events.names import ActorId, Count, Sequence, Value
from ledger.events.run import RunObserved
from ledger.state import weak_links
from ledger.state.aggregates import DeploymentState, VersionState, version_key
from ledger.state.recalls import RecallState, recalls_of, recalls_on
from ledger.store.database import reading
from ledger.store.entries import Filter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.event import Event
    from ledger.query import Reader
    from ledger.state.registry import Registry

Direction = Literal["up", "down", "both"]
Kind = Literal["data_set", "code", "run", "version", "deployment", "evidence"]
MOST_NODES: Final = 60
_RUNS: Final = Filter(kinds=(RunObserved.kind,))
_AT_ONCE: Final = 200
MOST_DEPTH: Final = 20
_SHORT: Final = 12
_NAME: Final = re.compile(
    r"(data|version|code|run):([\x21-\x3f\x41-\x7e]{1,300})(?:@([A-Za-z0-9][A-Za-z0-9.+_-]{0,63}))?"
)


class Thing(Value):
    """A thing of a lineage. ``entry`` says so; null where nothing here does.

    ``depth`` is how many arrows away it is, up where negative. ``weak`` are its weak links,
    ``recalls`` the entries that recall it or something it was made from.
    """

    id: str
    kind: Kind
    label: str
    detail: str
    entry: Sequence | None
    external: bool
    depth: int
    weak: tuple[str, ...] = ()
    recalls: tuple[Sequence, ...] = ()


class Arrow(Value):
    """Something flowed from one thing to another."""

    source: str
    target: str
    label: str
    weak: tuple[str, ...] = ()


class Graph(Value):
    """The things around one; ``cut`` tells that there are more than are shown."""

    root: str
    direction: Direction
    depth: Count
    things: tuple[Thing, ...]
    arrows: tuple[Arrow, ...]
    cut: bool


class Affected(Value):
    """A version that descends from something, and where it runs now."""

    model: str
    version: str
    entry: Sequence
    state: str
    direct: bool
    environments: tuple[str, ...]
    owner: ActorId


class Impact(Value):
    """Everything that descends from a thing. ``recalls`` are those that stand on it."""

    root: str
    recalls: tuple[Sequence, ...]
    versions: tuple[Affected, ...]
    environments: tuple[str, ...]
    owners: tuple[ActorId, ...]
    running: Count


class Material(Value):
    """A data set, or a parent that is not registered here: how many versions name it."""

    id: str
    kind: Literal["data_set", "external"]
    versions: Count
    recalls: tuple[Sequence, ...]


class _Step(NamedTuple):
    to: str
    label: str
    weak: tuple[str, ...] = ()


class _Run(NamedTuple):
    job: str
    status: str
    entry: int


@dataclass
class _Known:
    """What never changes, by name. Held under ``lock``.

    Runs elsewhere do change, by messages that add up: those that are new are read by their entries.
    """

    newest: int = -1
    observed: int = -1
    runs: dict[str, _Run] = field(default_factory=dict)
    versions: dict[str, VersionState] = field(default_factory=dict)
    up: dict[str, list[_Step]] = field(default_factory=dict)
    down: dict[str, list[_Step]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def learn(self, reader: Reader) -> None:
        """Read the versions that were registered since the last time."""
        fresh = takewhile(lambda one: one.since > self.newest, reader.every(VersionState))
        for version in reversed(list(fresh)):
            self._add(version)
            self.newest = version.since
        while rows := reader.entries(_RUNS, after=self.observed, limit=_AT_ONCE):
            for row in rows:
                self._observe(decode_entry(row.envelope).event, row.sequence)
                self.observed = row.sequence

    def _observe(self, run: Event, entry: int) -> None:
        if not isinstance(run, RunObserved):
            return
        own = f"run:{run.run}"
        self.runs[own] = _Run(run.job, run.status, entry)
        for name in run.inputs:
            self._join(own, _Step(name, "read"))
        for name in run.outputs:
            self._join(name, _Step(own, "wrote"))

    def _join(self, name: str, step: _Step) -> None:
        """An arrow, unless it is known: a version that says which run made it says the same."""
        steps = self.up.setdefault(name, [])
        if all(step.to != known.to for known in steps):
            steps.append(step)
            self.down.setdefault(step.to, []).append(_Step(name, step.label, step.weak))

    def _add(self, version: VersionState) -> None:
        own = f"version:{version.key}"
        self.versions[own] = version
        steps = self.up.setdefault(own, [])
        for data in sorted(version.data_sets, key=lambda item: (item.name, item.version)):
            name = f"data:{data.name}@{data.version}"
            steps.append(_Step(name, "trained on", weak_links.of_data(data)))
        if version.code is not None:
            name = f"code:{version.code.commit}"
            steps.append(_Step(name, "built from", weak_links.of_code(version.code)))
        if version.run is not None:
            steps.append(_Step(f"run:{version.run}", "produced"))
        for parent in version.parents:
            key = f"version:{version_key(parent.model, parent.version)}"
            steps.append(_Step(key, parent.relation.replace("_", " ")))
        for step in steps:
            self.down.setdefault(step.to, []).append(_Step(own, step.label, step.weak))

    def named(self, root: str) -> list[str]:
        """The things that a name stands for: itself, or all versions of one."""
        if "@" in root or not root.startswith(("data:", "version:")):
            return [root] if root in self.up or root in self.down else []
        return sorted(name for name in {*self.up, *self.down} if name.partition("@")[0] == root)


_KNOWN: WeakKeyDictionary[Reader, _Known] = WeakKeyDictionary()
_MAKING: Final = Lock()


def _known(reader: Reader) -> _Known:
    with _MAKING:
        known = _KNOWN.setdefault(reader, _Known())
    with known.lock:
        known.learn(reader)
    return known


def checked_name(text: str) -> str:
    """A thing's name as somebody wrote it.

    Raises:
        InputError: it is none.
    """
    if not _NAME.fullmatch(text.strip()):
        raise InputError(
            "This names no thing of a lineage.",
            code="invalid-thing",
            pointer="/of",
            remedy="Write data:NAME@VERSION, version:MODEL@VERSION, code:COMMIT or run:NAME.",
        )
    return text.strip()


def graph(reader: Reader, root: str, direction: Direction, depth: int) -> Graph:
    """The things around one, up to so many arrows away.

    Raises:
        InputError: the name is none.
        UnknownSubjectError: no version names such a thing.
    """
    known = _known(reader)
    starts = _starts(known, root)
    reached: dict[str, int] = dict.fromkeys(starts[:MOST_NODES], 0)
    arrows: dict[tuple[str, str], _Step] = {}
    cut = len(starts) > MOST_NODES
    if direction != "down":
        cut |= _walk(starts, known.up, -1, depth, reached, arrows)
    if direction != "up":
        cut |= _walk(starts, known.down, 1, depth, reached, arrows)
    with reading(reader.log.engine) as connection:
        registry = reader.registry(connection)
        things = [_thing(known, registry, name, far) for name, far in reached.items()]
    lines = [
        Arrow(source=source, target=target, label=step.label, weak=_weak(known, source, step))
        for (source, target), step in arrows.items()
        if source in reached and target in reached
    ]
    if direction != "up" and depth:
        for thing in [one for one in things if one.kind == "version" and one.depth >= 0]:
            for run in _deployments(reader, thing):
                if len(things) >= MOST_NODES:
                    cut = True
                    break
                things.append(run)
                lines.append(Arrow(source=thing.id, target=run.id, label="deployed to"))
    return Graph(
        root=root,
        direction=direction,
        depth=depth,
        things=tuple(things),
        arrows=tuple(lines),
        cut=cut,
    )


def _weak(known: _Known, source: str, step: _Step) -> tuple[str, ...]:
    """What is weak about an arrow; a parent may have been registered since."""
    external = source.startswith("version:") and source not in known.versions
    return ("unknown_parent",) if external else step.weak


def _starts(known: _Known, root: str) -> list[str]:
    found = known.named(checked_name(root))
    if not found:
        raise UnknownSubjectError(
            "Nothing of this name is in the lineage.",
            code="unknown-thing",
            pointer="/of",
            remedy="Look the name up on the page Lineage.",
        )
    return found


def _walk(  # noqa: PLR0917 (one walk, both ways)
    starts: Iterable[str],
    steps: dict[str, list[_Step]],
    sign: int,
    depth: int,
    reached: dict[str, int],
    arrows: dict[tuple[str, str], _Step],
) -> bool:
    """Go so many arrows far, nearest first; whether something was left out."""
    ahead = deque((name, 0) for name in starts)
    seen = set(starts)
    cut = False
    while ahead:
        name, far = ahead.popleft()
        if far >= depth:
            continue
        for step in steps.get(name, ()):
            if step.to not in reached and len(reached) >= MOST_NODES:
                cut = True
                continue
            reached.setdefault(step.to, sign * (far + 1))
            pair = (step.to, name) if sign < 0 else (name, step.to)
            arrows.setdefault(pair, step)
            if step.to not in seen:
                seen.add(step.to)
                ahead.append((step.to, far + 1))
    return cut


def _thing(known: _Known, registry: Registry, name: str, depth: int) -> Thing:
    kind, _, rest = name.partition(":")
    if kind == "version":
        return _version(known, registry, name, depth)
    users = [
        known.versions[step.to] for step in known.down.get(name, ()) if step.to in known.versions
    ]
    observed = known.runs.get(name)
    entry = users[0].since if users else observed.entry if observed else None
    plain = Thing(
        id=name, kind="run", label=rest, detail="", entry=entry, external=False, depth=depth
    )
    if kind == "run":
        detail = f"{observed.job}, {observed.status}" if observed else "training run"
        return plain.but(detail=detail)
    if kind == "code":
        dirty = any(one.code is not None and one.code.dirty for one in users)
        label = f"commit {rest[:_SHORT]}"
        detail = "uncommitted changes" if dirty else "clean"
        weak = sorted({item for one in users for item in weak_links.of_code(one.code)})
        return plain.but(kind="code", label=label, detail=detail, weak=tuple(weak))
    data = [item for one in users for item in one.data_sets if _is(item.name, item.version, rest)]
    classes = sorted({item.classification.replace("_", " ") for item in data})
    weak = sorted({item for one in data for item in weak_links.of_data(one)})
    return plain.but(
        kind="data_set",
        label=rest.replace("@", " "),
        detail=", ".join(classes),
        weak=tuple(weak),
        recalls=_recalls_on(registry, [name]),
    )


def _is(name: str, version: str, rest: str) -> bool:
    return f"{name}@{version}" == rest


def _version(known: _Known, registry: Registry, name: str, depth: int) -> Thing:
    label = name.partition(":")[2]
    made = known.versions.get(name)
    if made is None:
        return Thing(
            id=name,
            kind="version",
            label=label,
            detail="not registered here",
            entry=None,
            external=True,
            depth=depth,
            weak=("unknown_parent",),
            recalls=_recalls_on(registry, [name]),
        )
    now = registry.version(made.model, made.version)
    return Thing(
        id=name,
        kind="version",
        label=label,
        detail=now.state,
        entry=made.since,
        external=False,
        depth=depth,
        weak=weak_links.of_version(registry, made, made.code, made.artifact),
        recalls=recalls_of(registry, made) or (),
    )


def _recalls_on(registry: Registry, names: Iterable[str]) -> tuple[int, ...]:
    """The recalls that stand on things, or on every version of what they are versions of."""
    materials = {one for name in names for one in (name, name.partition("@")[0])}
    return tuple(sorted({number for one in materials for number in recalls_on(registry, one)}))


def _deployments(reader: Reader, thing: Thing) -> list[Thing]:
    """Where a version runs now."""
    model, _, version = thing.label.partition("@")
    return [
        Thing(
            id=f"deployment:{run.since}",
            kind="deployment",
            label=run.environment,
            detail=f"running {version}",
            entry=run.since,
            external=False,
            depth=thing.depth + 1,
        )
        for run in reader.deployments(model=model, version=version, status="running")
    ]


def impact(reader: Reader, root: str) -> Impact:
    """Every version that descends from a thing, and where each runs now.

    Raises:
        InputError: the name is none.
        UnknownSubjectError: no version names such a thing.
    """
    known = _known(reader)
    starts = _starts(known, root)
    far: dict[str, int] = dict.fromkeys(starts, 0)
    ahead = deque(starts)
    while ahead:
        name = ahead.popleft()
        for step in known.down.get(name, ()):
            if step.to not in far:
                far[step.to] = far[name] + 1
                ahead.append(step.to)
    # A version that is asked about is affected itself, where it is registered here.
    found = [(known.versions[name], steps) for name, steps in far.items() if name in known.versions]
    running: dict[str, list[str]] = {}
    for run in reader.every(DeploymentState, status="running"):
        running.setdefault(version_key(run.model, run.version), []).append(run.environment)
    with reading(reader.log.engine) as connection:
        registry = reader.registry(connection)
        standing = _recalls_on(registry, starts)
        versions = tuple(
            Affected(
                model=made.model,
                version=made.version,
                entry=made.since,
                state=registry.version(made.model, made.version).state,
                direct=steps <= 1,
                environments=tuple(sorted(running.get(made.key, ()))),
                owner=registry.model(made.model).owner,
            )
            for made, steps in sorted(found, key=lambda pair: pair[0].since)
        )
    return Impact(
        root=root,
        recalls=standing,
        versions=versions,
        environments=tuple(sorted({name for one in versions for name in one.environments})),
        owners=tuple(sorted({one.owner for one in versions})),
        running=sum(len(one.environments) for one in versions),
    )


def known_materials(reader: Reader, limit: int = 200) -> tuple[Material, ...]:
    """Data sets and external parents, those that most versions name first."""
    known = _known(reader)
    found: list[Material] = []
    with reading(reader.log.engine) as connection:
        registry = reader.registry(connection)
        for name, users in known.down.items():
            data = name.startswith("data:")
            if not data and not (name.startswith("version:") and name not in known.versions):
                continue
            found.append(
                Material(
                    id=name,
                    kind="data_set" if data else "external",
                    versions=sum(step.to in known.versions for step in users),
                    recalls=_recalls_on(registry, [name]),
                )
            )
    return tuple(sorted(found, key=lambda one: (-one.versions, one.id))[:limit])


def owners_of_descendants(reader: Reader, root: str) -> frozenset[str]:
    """Who answers for the models of which a version descends from a thing; nobody where none."""
    try:
        return frozenset(impact(reader, root).owners)
    except UnknownSubjectError:
        return frozenset()


def recalls(reader: Reader, status: str = "", limit: int = 50) -> list[RecallState]:
    """Recalls, newest first."""
    return reader.all_of(RecallState, limit=limit, status=status)
