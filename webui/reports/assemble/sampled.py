"""A sample as a report: how it was drawn, that it comes out again, and a page for each row.

A dossier says what the entries say: when, who in which role at that time, which bytes, under which
policy, and which entries to look up in ``proofs.zip``. It concludes nothing about the row; what the
tests found of it stands beside it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from policies.controls.finding import many
from policies.controls.primitives import TESTS
from webui.reports.assemble.changes import from_request
from webui.reports.assemble.words import KIND_WORDS, minute, words
from webui.reports.model import (
    Callout,
    Code,
    Column,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.recheck import Step
    from ledger.state.samples import SampleState
    from policies.controls.changes import Change
    from policies.controls.finding import Deviation
    from policies.controls.material import Material
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Block

    Found = Callable[..., list[Deviation]]

_DASH = "\N{EN DASH}"
_AGAIN = (
    "import hashlib, hmac, sys",
    "nonce, root = (bytes.fromhex(one) for one in sys.argv[1:3])",
    'seed = hmac.digest(nonce, root, "sha256")',
    'rank = lambda row: hmac.digest(seed, row.encode(), "sha256")',
    "print(*sorted(sorted(sys.stdin.read().split(), key=rank)[:int(sys.argv[3])], key=int))",
)


class SampleMaterial:
    """A drawn sample, its frozen population, and the comparisons that were made anew."""

    def __init__(
        self,
        sample: SampleState,
        material: Material,
        steps: tuple[Step, ...],
    ) -> None:
        self.sample = sample
        self.material = material
        self.steps = steps
        self.rows: Mapping[int, Change] = {change.entry: change for change in material.changes}

    @cached_property
    def found(self) -> Found:
        """What order and separation of duties say of one change; tested once for a report."""
        return _found(self.material)

    def chosen(self) -> tuple[Change, ...]:
        """The rows to look at that are of the population."""
        return tuple(self.rows[row] for row in self.sample.chosen if row in self.rows)

    def cited(self) -> tuple[int, ...]:
        """The entries to prove: those of the sample itself, then of every row."""
        own = (self.sample.since, self.sample.entry, *self.sample.extensions)
        told = (entry for change in self.chosen() for entry in change.story)
        return tuple(dict.fromkeys(entry for entry in (*own, *told) if entry is not None))


def held_sample(basis: Basis) -> SampleMaterial:
    """The sample that a report is about.

    Raises:
        ValueError: it is about none.
    """
    if basis.context.sample is None:
        msg = "this report is about a sample, and none is given"
        raise ValueError(msg)
    return basis.context.sample


def sample_lead(basis: Basis) -> str:
    """How many rows of how many, and whether they come out again."""
    held = held_sample(basis)
    again = all(step.holds for step in held.steps)
    added = f" and {len(held.sample.added)} added by hand" if held.sample.added else ""
    wrong = sum(bool(held.found(change, broken=True)) for change in held.chosen())
    return (
        f"{len(held.sample.drawn)} of {many(held.sample.many, 'production change')} were drawn"
        f"{added}; {'the draw comes out again' if again else 'THE DRAW DOES NOT COME OUT AGAIN'}. "
        f"{wrong} of the {len(held.chosen())} rows {'breaks' if wrong == 1 else 'break'} a rule."
    )


def how_drawn(basis: Basis) -> Section:
    """Who drew it, in which order, what was compared again, and the lines to draw it oneself."""
    held = held_sample(basis)
    sample = held.sample
    size = "by the auditor" if sample.size is not None else "by the table: a tenth, from 3 to 30"
    blocks: list[Block] = [
        Paragraph(
            "The auditor bound a secret nonce first. That entry froze the population: every "
            "production change up to it. The root of the tree of these entries covers the entry "
            "that binds the nonce, so the auditor could not know the root when choosing the nonce, "
            "and who keeps the ledger could not know the nonce when the root came to be. Only then "
            "was the nonce told."
        ),
        KeyValues(
            (
                KeyValue("Opened by", f"{basis.name(sample.opener)}, entry {sample.since}"),
                KeyValue("Opened and frozen (UTC)", minute(sample.opened_at)),
                KeyValue("Drawn (UTC)", f"{minute(sample.drawn_at)}, entry {sample.entry}"),
                KeyValue("Period", f"{sample.period_from} to {sample.period_until}"),
                KeyValue("Models", ", ".join(sample.models) or "all"),
                KeyValue("Environments", ", ".join(sample.environments)),
                KeyValue("Population", many(sample.many, "production change")),
                KeyValue("Size", f"{len(sample.drawn)} ({size})"),
                KeyValue("Added by hand", _listed(sample.added)),
                KeyValue("Commitment", sample.commitment, mono=True),
                KeyValue("Nonce", sample.nonce, mono=True),
                KeyValue("Root of the frozen tree", sample.root, mono=True),
                KeyValue("SHA-256 of the population", sample.rows, mono=True),
            )
        ),
        Table(
            (Column("Compared again", 6), Column("Holds", 1), Column("What was computed", 7)),
            tuple(
                (step.name, "yes" if step.holds else "NO", step.detail[:300]) for step in held.steps
            ),
            "The draw, recomputed for this report",
        ),
        Heading("Draw it yourself"),
        Paragraph(
            "With the column entry of rows.csv on standard input, one number a line, and nonce, "
            f"root and {len(sample.drawn)} as arguments, these lines print the rows that were "
            "drawn. They need Python and nothing else."
        ),
        Code(_AGAIN),
    ]
    if not all(step.holds for step in held.steps):
        blocks.insert(0, Callout("warning", "The draw does not come out again; see the table."))
    return Section("How this sample was drawn", tuple(blocks))


def sample_rows(basis: Basis) -> Section:
    """Every row of the sample on one line."""
    held = held_sample(basis)
    rows = tuple(
        (
            str(change.entry),
            minute(change.at),
            _what(change),
            f"{change.model} {change.version}",
            "added" if change.entry in held.sample.added else "drawn",
            _verdict(held.found, change),
        )
        for change in held.chosen()
    )
    columns = (
        Column("Entry", 2, "right"),
        Column("When (UTC)", 4),
        Column("What", 3),
        Column("Version", 5),
        Column("In the sample", 3),
        Column("What the tests found", 7),
    )
    return Section("The rows of the sample", (Table(columns, rows, many(len(rows), "row")),))


def dossiers(basis: Basis) -> tuple[Section, ...]:
    """A page for each row."""
    held = held_sample(basis)
    return tuple(_dossier(basis, held, change) for change in held.chosen())


def _dossier(basis: Basis, held: SampleMaterial, change: Change) -> Section:
    policy = change.decision.policy if change.decision else ""
    facts = (
        KeyValue("Environment", change.environment),
        KeyValue("Deployed (UTC)", f"{minute(change.at)}, entry {change.entry}"),
        KeyValue("Asked for (UTC)", _at(change.requested_at, change.release)),
        KeyValue("From request to deployment", from_request(change)),
        KeyValue("Cause", words(change.cause) if change.cause else _DASH),
        KeyValue("Artifact deployed", change.artifact, mono=True),
        KeyValue("Artifact granted", change.granted_artifact or _DASH, mono=True),
        KeyValue("Artifact registered", change.registered_artifact, mono=True),
        KeyValue("Policy that allowed it", policy or "none is recorded", mono=True),
        KeyValue("Evaluated in entries", _listed(change.evaluations)),
        KeyValue("What the tests found", _verdict(held.found, change)),
    )
    return Section(
        f"Row {change.entry}: {change.model} {change.version}",
        (KeyValues(facts), _persons(basis, held, change), _entries(held, change)),
    )


def _persons(basis: Basis, held: SampleMaterial, change: Change) -> Table:
    people = held.material.people

    def row(part: str, actor: str | None, entry: int | None) -> tuple[str, ...]:
        if actor is None or entry is None:
            return (part, "nobody", _DASH, _DASH)
        there = held.material.by_sequence[entry].entry
        roles = ", ".join(words(role) for role in people.roles_at(actor, there, change.model))
        return (part, basis.name(actor), roles or "no role", str(entry))

    rows = [
        row("Registered it", change.registrant, change.registered),
        row("Asked for it", change.requester, change.release),
        *(row("Approved it", item.actor, item.entry) for item in change.approvals),
        row("Deployed it", change.deployer, change.entry),
    ]
    return Table(
        (
            Column("Part", 4),
            Column("Who", 5),
            Column("Roles at that time", 5),
            Column("Entry", 2, "right"),
        ),
        tuple(rows),
        "Who took part, and in which roles then",
    )


def _entries(held: SampleMaterial, change: Change) -> Table:
    rows = []
    for number in change.story:
        item = held.material.by_sequence[number]
        word = KIND_WORDS[item.entry.kind]
        rows.append((str(number), minute(item.entry.recorded_at), word, item.entry.leaf.hex()))
    return Table(
        (
            Column("Entry", 2, "right"),
            Column("When (UTC)", 4),
            Column("What it records", 5),
            Column("Leaf hash", 13, mono=True),
        ),
        tuple(rows),
        "Its entries; each stands with its inclusion proof in the attached proofs.zip",
    )


def _found(material: Material) -> Found:
    """What order and separation of duties say of one change."""
    tests = [TESTS["T3"], TESTS["T4"]]
    findings = [test.run(material, test.arguments()) for test in tests]
    wrong = [one for finding in findings for one in finding.exceptions]
    open_ = [one for finding in findings for one in finding.missing]

    def of(change: Change, *, broken: bool) -> list[Deviation]:
        named = f"(entry {change.entry}):"
        return [one for one in (wrong if broken else open_) if named in one.sentence]

    return of


def _verdict(found: Found, change: Change) -> str:
    broken, unknown = found(change, broken=True), found(change, broken=False)
    said = [one.sentence.split("): ", 1)[-1] for one in (*broken, *unknown)]
    if not said:
        return "order of events and separation of duties: no exception"
    return " ".join(dict.fromkeys(said))


def _what(change: Change) -> str:
    return KIND_WORDS["deployment.rolled_back" if change.rollback else "deployment.recorded"]


def _at(instant: str | None, entry: int | None) -> str:
    return f"{minute(instant)}, entry {entry}" if instant else "not asked for"


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "none"
