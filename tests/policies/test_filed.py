"""Policies that are too long for one entry: filed in parts, each once, put in force as one."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.audit import audit
from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.assurance import PolicyActivated
from policies import Document, PolicyError, document_digest
from policies.document import MOST_IN_AN_ENTRY
from policies.filed import activation, filed_in, parts_of, split, whole
from policies.replay import replay
from policies.simulate import simulate
from tests.past import Past, begun
from tests.world import World, shipped_policy

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.events.assurance import PolicyFiled


def larger(number: int = 60, **of_the_last: Any) -> Document:
    """The shipped policy with more gates than fit in an entry."""
    fields = shipped_policy().canonical()
    (pattern,) = (gate for gate in fields["gates"] if gate["id"] == "file-policy")
    for at in range(number):
        title = f"Our own rule {at}, {'w' * 300}"
        fields["gates"].append({**deepcopy(pattern), "id": f"own-{at}", "title": title})
    fields["gates"][-1].update(of_the_last)
    return Document.from_canonical(fields)


def named(event: PolicyActivated, parts: tuple[PolicyFiled, ...]) -> dict[str, Any]:
    known = {part.digest: part.part for part in parts}
    return whole(event, known.get)


def test_what_fits_in_an_entry_stands_in_the_entry_that_activates_it() -> None:
    event, parts = activation(shipped_policy(), None)
    assert (event.document, event.parts, parts) == (shipped_policy().canonical(), None, ())


def test_what_does_not_fit_is_named_by_its_parts_which_fit() -> None:
    document = larger()
    event, parts = activation(document, None)
    assert event.document is None
    assert event.parts == tuple(part.digest for part in parts)
    assert event.digest == document_digest(document)
    assert len(parts) == 3
    assert all(len(canonical(part.part)) <= MOST_IN_AN_ENTRY for part in parts)
    assert all(hex_digest(canonical(part.part)) == part.digest for part in parts)
    assert named(event, parts) == document.canonical()


def test_a_change_files_only_what_it_changes() -> None:
    _, before = activation(larger(150), None)
    runs = [part.part for part in before]
    _, after = activation(larger(150, title="Another title"), None, runs)
    new = {part.digest for part in after} - {part.digest for part in before}
    assert len(before) == 4
    assert len(new) == 1
    _, longer = activation(larger(151), None, runs)
    assert [part.digest for part in longer][:4] == [part.digest for part in before]


GATES = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 40), "title": st.integers(0, 20_000).map("x".__mul__)}
    ),
    max_size=30,
)


@given(GATES, GATES)
def test_parts_put_together_are_the_document_whatever_was_filed_before(
    gates: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    """Gates here are of any size, so that every way of cutting comes up."""
    before = split({"id": "other", "gates": others})
    after = split({"id": "one", "gates": gates}, before)
    known = {hex_digest(canonical(part)): part for part in after}
    digests = tuple(hex_digest(canonical(part)) for part in after)
    event = PolicyActivated(policy="one", digest="0" * 64, parts=digests)
    assert whole(event, known.get) == {"id": "one", "gates": gates}
    assert all(len(canonical(part)) <= MOST_IN_AN_ENTRY for part in after)
    again = split({"id": "one", "gates": gates}, after)
    assert again == after
    assert (
        parts_of(again[0] | {"gates": gates}, [len(part.get("gates", ())) for part in after])
        == after
    )


def test_many_small_parts_are_packed_anew() -> None:
    gates = [{"id": str(at)} for at in range(99)]
    pieces = [{"gates": [gate]} for gate in gates]
    assert len(split({"gates": gates[:20]}, pieces)) == 21
    assert split({"gates": gates}, pieces) == ({}, {"gates": gates})


def test_what_fits_in_no_entry_is_not_a_document() -> None:
    actor = {"any_role": ["administrator"], "types": ["person"]}
    many = [{"id": f"rule-{at}", "actor": actor} for at in range(600)]
    with pytest.raises(PolicyError, match="One gate, or what stands beside") as refused:
        larger(require=many)
    assert refused.value.code == "policy-too-large"
    with pytest.raises(PolicyError, match="at most 160000 are read") as refused:
        larger(300)
    assert refused.value.code == "policy-too-large"


def test_a_part_that_is_not_on_file_is_named() -> None:
    event, parts = activation(larger(), None)
    known = {part.digest: part.part for part in parts[1:]}
    with pytest.raises(PolicyError) as refused:
        whole(event, known.get)
    assert refused.value.code == "policy-part-missing"
    assert parts[0].digest[:16] in refused.value.sentence


@pytest.mark.parametrize("odd", [{"gates": 1}, {"id": "twice"}])
def test_parts_that_do_not_fit_together_are_refused(odd: dict[str, Any]) -> None:
    event = PolicyActivated(policy="one", digest="0" * 64, parts=("0" * 64, "1" * 64))
    with pytest.raises(PolicyError, match="do not fit together"):
        whole(event, {"0" * 64: {"id": "one", "gates": []}, "1" * 64: odd}.get)


def filed(world: World, parts: tuple[PolicyFiled, ...]) -> None:
    for part in parts:
        world.do("policy.filed", world.names["root"], **part.facts())


def test_a_policy_in_parts_is_put_in_force_and_decides() -> None:
    world = World()
    event, parts = activation(larger(), world.registry.policy_digest())
    filed(world, parts)
    world.do("policy.activated", world.names["root"], **event.facts())
    assert world.registry.policy_digest() == document_digest(larger())
    again = world.ask("policy.filed", world.names["root"], **parts[0].facts())
    assert (again.allowed, again.policy) == (True, document_digest(larger()))
    assert len(again.results) == 61


def test_what_is_activated_is_what_its_digest_names() -> None:
    """The parts of another policy, in another order, or not all of them, are another policy."""
    world = World()
    event, parts = activation(larger(), world.registry.policy_digest())
    _, others = activation(larger(title="Another title"), None)
    filed(world, (*parts, others[-1]))
    first, second, third = event.parts or ()
    for wrong in ([first, third, second], [first, second], [first, second, others[-1].digest]):
        answer = world.ask(
            "policy.activated", world.names["root"], **{**event.facts(), "parts": wrong}
        )
        codes = [one.code for one in answer.unmet]
        assert codes == ["E_POLICY_DIGEST"], wrong


def test_nothing_is_activated_whose_parts_are_not_on_file() -> None:
    world = World()
    event, parts = activation(larger(), world.registry.policy_digest())
    filed(world, parts[:-1])
    root = world.names["root"]
    answer = world.ask("policy.activated", root, **event.facts())
    assert [one.code for one in answer.unmet] == ["E_POLICY_UNREADABLE"]
    with pytest.raises(UnknownSubjectError):
        world.force("policy.activated", root, **event.facts())


def test_a_part_is_filed_once_and_under_its_own_digest() -> None:
    world = World()
    part = activation(larger(), None)[1][0]
    root = world.names["root"]
    with pytest.raises(InputError, match="not the digest"):
        world.force("policy.filed", root, **{**part.facts(), "digest": "0" * 64})
    world.force("policy.filed", root, **part.facts())
    with pytest.raises(ConflictError) as refused:
        world.force("policy.filed", root, **part.facts())
    assert refused.value.code == "filed-already"
    assert filed_in(world.registry)(part.digest) == part.part


def test_an_activation_has_its_text_in_one_way() -> None:
    world = World()
    event, _ = activation(shipped_policy(), None)
    for wrong in ({"parts": ["0" * 64]}, {"document": None}):
        with pytest.raises(InputError, match="exactly one of document, parts"):
            world.ask("policy.activated", world.names["root"], **{**event.facts(), **wrong})


def test_a_ledger_with_a_policy_in_parts_stands_by_itself(tmp_path: Path) -> None:
    """Stored, opened again, audited, replayed and simulated: all from its entries."""
    past: Past = begun(tmp_path)
    past.enrol("ira", "administrator")
    document = larger()
    event, parts = activation(document, past.wiring.reader.policy()[0].digest)
    numbers = [past.do("root", part.kind, **part.facts()) for part in parts]
    proposal = past.do("root", "change.proposed", proposed=event.kind, event=event.facts())
    command = past.wiring.reader.change(proposal).command
    past.do("ira", "change.approved", change=proposal, command=command)
    activated = past.do("root", event.kind, **event.facts())
    past.enrol("zoe", "data_scientist")
    entries = past.read()
    assert [entries[one].kind for one in (*numbers, activated)] == [
        *("policy.filed" for _ in numbers),
        "policy.activated",
    ]
    assert all(len(entries[one].envelope) < 65_535 for one in numbers)
    assert past.wiring.policy() == document
    assert entries[-1].decision is not None
    assert entries[-1].decision.policy == document_digest(document)
    found = audit(past.wiring.log, redecide=past.wiring.redecide())
    assert found.problems == []
    assert {one.code for one in replay(entries)} == {""}
    assert simulate(entries, document).size == len(entries)
    past.wiring.close()
