"""Changes: proposed, agreed to by others, and carried out as they were proposed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.encoding import canonical
from ledger.errors import ConflictError, InputError, UnknownSubjectError
from ledger.events.catalogue import CATALOGUE, read_command
from ledger.events.change import PROPOSABLE, ChangeProposed, texts_of
from ledger.state.aggregates import ChangeState, OpenChanges
from policies import Document, document_digest, load_document
from tests.examples import EXAMPLES, example
from tests.world import SHIPPED, World

TEXT = SHIPPED.read_text(encoding="utf-8")
STRICTER = load_document(TEXT.replace("evaluation.accuracy >= 0.90", "evaluation.accuracy >= 0.95"))


@pytest.fixture
def world() -> World:
    """Two administrators, two from compliance, an ML lead, and somebody without a role."""
    made = World()
    made.person("chi", "compliance")
    made.person("cleo", "compliance")
    made.person("lee", "ml_lead")
    made.person("noa")
    made.person("rita", "administrator")
    return made


def role_for(world: World, who: str = "noa", role: str = "ml_lead") -> dict[str, Any]:
    return {"actor_id": world.names[who].id, "role": role}


def propose(world: World, kind: str, facts: dict[str, Any], by: str = "root") -> int:
    return world.do("change.proposed", world.names[by], proposed=kind, event=facts)


def say(world: World, word: str, change: int, by: str) -> int:
    digest = world.registry.change(change).command
    private = {"rejected": {"reason": "No"}}.get(word, {})
    return world.do(f"change.{word}", world.names[by], change=change, command=digest, **private)


def activation(world: World, document: Document) -> dict[str, Any]:
    in_force = world.registry.policy()
    assert in_force is not None
    return {
        "policy": document.id,
        "digest": document_digest(document),
        "previous": in_force.digest,
        "document": document.canonical(),
    }


def code(world: World, kind: str, by: str, **facts: Any) -> set[str]:
    decision = world.ask(kind, world.names[by], **facts)
    assert decision.allowed == (not decision.unmet)
    return {result.code for result in decision.unmet}


def test_a_role_is_given_once_somebody_else_agreed(world: World) -> None:
    wanted = role_for(world)
    assert code(world, "role.granted", "root", **wanted) == {"E_NOT_PROPOSED"}
    change = propose(world, "role.granted", wanted)
    assert code(world, "role.granted", "root", **wanted) == {"E_NEED"}
    approval = say(world, "approved", change, "chi")
    done = world.do("role.granted", world.names["rita"], **wanted)
    state = world.registry.change(change)
    assert (state.status, state.closed) == ("carried_out", done)
    assert world.registry.find(OpenChanges, "role.granted").commands == {}  # type: ignore[union-attr]
    decision = [vote.entry for vote in state.votes if vote.counts]
    assert decision == [approval]


def test_the_decision_names_the_approvals_that_let_it_through(world: World) -> None:
    wanted = role_for(world)
    approval = say(world, "approved", propose(world, "role.granted", wanted), "chi")
    decision = world.ask("role.granted", world.names["root"], **wanted)
    (result,) = [item for item in decision.results if item.requirement == "second-person"]
    assert (result.code, result.by) == ("M_APPROVED", (approval,))


def test_a_role_given_alone_while_there_is_one_administrator_needs_nobody() -> None:
    world = World()
    world.person("noa")
    assert code(world, "role.granted", "root", **role_for(world)) == set()


def test_what_was_agreed_to_is_carried_out_once(world: World) -> None:
    wanted = role_for(world)
    say(world, "approved", propose(world, "role.granted", wanted), "chi")
    world.do("role.granted", world.names["root"], **wanted)
    world.do("role.revoked", world.names["root"], **wanted)
    assert code(world, "role.granted", "root", **wanted) == {"E_NOT_PROPOSED"}


@pytest.mark.parametrize("other", [{"role": "operations"}, {"actor_id": "lee"}])
def test_an_agreement_is_to_these_facts_and_no_others(world: World, other: dict[str, str]) -> None:
    say(world, "approved", propose(world, "role.granted", role_for(world)), "chi")
    if "actor_id" in other:
        other = {"actor_id": world.names["lee"].id, "role": "operations"}
    assert code(world, "role.granted", "root", **{**role_for(world), **other}) == {"E_NOT_PROPOSED"}


def test_whoever_proposed_does_not_count_in_any_role(world: World) -> None:
    change = propose(world, "role.granted", role_for(world), by="chi")
    command = world.registry.change(change).command
    decision = world.ask("change.approved", world.names["chi"], change=change, command=command)
    assert [result.code for result in decision.unmet] == ["E_SELF"]
    world.force("change.approved", world.names["chi"], change=change, command=command)
    assert code(world, "role.granted", "root", **role_for(world)) == {"E_NEED"}


def test_whoever_lost_the_role_since_does_not_count(world: World) -> None:
    say(world, "approved", propose(world, "role.granted", role_for(world)), "chi")
    world.do("role.revoked", world.names["root"], **role_for(world, "chi", "compliance"))
    assert code(world, "role.granted", "root", **role_for(world)) == {"E_NEED"}


def test_one_refusal_ends_a_proposal(world: World) -> None:
    change = propose(world, "role.granted", role_for(world))
    say(world, "approved", change, "chi")
    say(world, "rejected", change, "cleo")
    assert world.registry.change(change).status == "rejected"
    assert code(world, "role.granted", "root", **role_for(world)) == {"E_NOT_PROPOSED"}
    with pytest.raises(ConflictError, match="rejected"):
        say(world, "approved", change, "chi")


def test_a_withdrawn_proposal_can_be_made_again(world: World) -> None:
    change = propose(world, "role.granted", role_for(world), by="lee")
    with pytest.raises(ConflictError, match="proposed already"):
        propose(world, "role.granted", role_for(world))
    say(world, "withdrawn", change, "lee")
    assert propose(world, "role.granted", role_for(world)) > change


def test_an_agreement_names_what_was_shown(world: World) -> None:
    change = propose(world, "role.granted", role_for(world))
    with pytest.raises(ConflictError, match="look at the proposal again"):
        world.do("change.approved", world.names["chi"], change=change, command="cd" * 32)


def test_a_proposal_that_is_none_is_not_agreed_to(world: World) -> None:
    with pytest.raises(UnknownSubjectError):
        world.force("change.approved", world.names["chi"], change=3, command="cd" * 32)


# The policy about the policy.


def test_the_policy_is_changed_by_two(world: World) -> None:
    facts = activation(world, STRICTER)
    assert code(world, "policy.activated", "root", **facts) == {"E_NOT_PROPOSED"}
    say(world, "approved", propose(world, "policy.activated", facts), "rita")
    world.do("policy.activated", world.names["root"], **facts)
    assert world.registry.policy().digest == facts["digest"]  # type: ignore[union-attr]


def test_of_two_changes_of_one_policy_the_second_is_made_anew(world: World) -> None:
    """It was looked at beside other rules than those that are now in force."""
    other = load_document(TEXT.replace("evaluation.r2 >= 0.30", "evaluation.r2 >= 0.40"))
    first, second = activation(world, STRICTER), activation(world, other)
    for facts in (first, second):
        say(world, "approved", propose(world, "policy.activated", facts), "chi")
    world.do("policy.activated", world.names["root"], **first)
    with pytest.raises(ConflictError, match="Another policy is in force"):
        world.force("policy.activated", world.names["root"], **second)


def test_rules_that_lower_their_own_quorum_are_judged_by_the_ones_in_force(world: World) -> None:
    start = TEXT.index("  - id: change-policy-together")
    end = TEXT.index("  # What needs a second person is proposed")
    looser = load_document(TEXT[:start] + TEXT[end:])
    facts = activation(world, looser)
    assert code(world, "policy.activated", "root", **facts) == {"E_NOT_PROPOSED"}


def test_a_proposal_of_unreadable_rules_is_refused_before_anybody_looks(world: World) -> None:
    facts = {**activation(world, STRICTER), "document": {"id": "default"}}
    assert code(world, "change.proposed", "root", proposed="policy.activated", event=facts) == {
        "E_POLICY_UNREADABLE"
    }


PROPOSERS = """any_role:
            - administrator
            - compliance
            - ml_lead
            - operations
            - data_protection_officer
            - security_officer
            - people_feed
          service: true"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("any_of: [administrator, compliance]\n          not_by: [proposer]",
         "any_of: [auditor]\n          not_by: [proposer]"),
        ("at_least: 1\n          any_of: [administrator, compliance]\n          not_by: [proposer]\n",
         "at_least: 9\n          any_of: [administrator, compliance]\n          not_by: [proposer]\n"),
        ("any_role: [administrator, compliance, ml_lead, operations, security_officer]\n          delegates: true\n          types: [person]\n          not_by",
         "any_role: [auditor]\n          delegates: true\n          types: [person]\n          not_by"),
        (PROPOSERS, "any_role:\n            - auditor\n          service: true"),
    ],
    ids=["nobody counts", "too few", "nobody may agree", "nobody may propose"],
)  # fmt: skip
def test_rules_that_too_few_people_could_change_again_are_refused(
    world: World, old: str, new: str
) -> None:
    assert old in TEXT
    locked = load_document(TEXT.replace(old, new))
    facts = activation(world, locked)
    assert "E_POLICY_LOCKED" in code(world, "policy.activated", "root", **facts)


def test_rules_that_need_the_proposer_himself_are_refused() -> None:
    """Two administrators and a seat for each: whoever proposes leaves one seat empty."""
    world = World()
    world.person("rita", "administrator")
    two = load_document(
        TEXT.replace(
            "at_least: 1\n          any_of: [administrator, compliance]\n          not_by: [proposer]\n",
            "at_least: 2\n          any_of: [administrator]\n          not_by: [proposer]\n",
        )
    )
    assert "E_POLICY_LOCKED" in code(world, "policy.activated", "root", **activation(world, two))
    world.fold_person("5a" * 16, "administrator")
    assert "E_POLICY_LOCKED" not in code(
        world, "policy.activated", "root", **activation(world, two)
    )


# What can be proposed.


@pytest.mark.parametrize("kind", sorted(set(CATALOGUE) - PROPOSABLE))
def test_nothing_else_is_proposed(world: World, kind: str) -> None:
    event = ChangeProposed(proposed=kind, event={})
    with pytest.raises(InputError) as refused:
        world.fold(event, world.names["root"])
    assert refused.value.pointer == "/event/proposed"


@pytest.mark.parametrize("kind", sorted(PROPOSABLE))
def test_every_kind_that_is_proposed_is_read_back_the_same(kind: str) -> None:
    facts = example(kind).facts()
    proposed = ChangeProposed(proposed=kind, event=facts)
    assert canonical(proposed.facts()["event"]) == canonical(facts)
    given = {name for name, value in EXAMPLES[kind].items() if value is not None}
    assert not given - set(CATALOGUE[kind].private_fields()) - set(facts)


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"role": "compliance"}, "/event/event/actor_id"),
        ({"actor_id": "a1" * 16, "role": "compliance", "rôle": 1}, "/event/event/rôle"),
        ({"actor_id": "a1" * 16, "role": "compliance", "reason": "x"}, "/event/event/reason"),
        ({"actor_id": "a1" * 16, "role": 5}, "/event/event/role"),
    ],
)
def test_wrong_facts_are_refused_where_they_are_wrong(
    world: World, facts: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InputError) as refused:
        world.fold(ChangeProposed(proposed="role.granted", event=facts), world.names["root"])
    assert refused.value.pointer == pointer


def test_private_texts_never_stand_among_the_facts_of_a_proposal(world: World) -> None:
    facts = {**role_for(world), "reason": "Her name is Noa"}
    event = read_command("change.proposed", {"proposed": "role.granted", "event": facts})
    assert event.facts() == {"proposed": "role.granted", "event": role_for(world)}
    assert texts_of(event.private_texts()["texts"]) == {"reason": "Her name is Noa"}
    for text in ("", 5, "\x00", "x" * 4001):
        wrong = {"proposed": "role.granted", "event": {**facts, "reason": text}}
        with pytest.raises(InputError) as refused:
            read_command("change.proposed", wrong)
        assert refused.value.pointer == "/event/event/reason"


@pytest.mark.parametrize("written", [None, "", "[]", "{", '{"reason": 5}', '"x"'])
def test_texts_that_are_none_say_nothing(written: str | None) -> None:
    assert texts_of(written) == {}


def test_the_texts_of_an_enrolment_belong_to_whoever_is_enrolled() -> None:
    facts = {"actor_id": "ab" * 16, "actor_type": "person", "name": "Noa"}
    enrolment = read_command("change.proposed", {"proposed": "actor.enrolled", "event": facts})
    assert enrolment.private_owner("cd" * 16) == "ab" * 16
    for other in ({"actor_id": "nobody"}, {"actor_id": 5}, {}):
        event = ChangeProposed(proposed="actor.enrolled", event=other)
        assert event.private_owner("cd" * 16) == "cd" * 16
    role = ChangeProposed(proposed="role.granted", event=facts)
    assert role.private_owner("cd" * 16) == "cd" * 16


@given(st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text()))
def test_no_facts_crash_the_decision_or_the_fold(facts: dict[str, Any]) -> None:
    world = World()
    for kind in ("policy.activated", "role.granted", "log.frozen"):
        event = read_command("change.proposed", {"proposed": kind, "event": facts})
        world.decide(world.registry, event, world.names["root"], world.instant)
        with pytest.raises(InputError):
            world.fold(event, world.names["root"])
    assert world.registry.all(ChangeState) == ()
