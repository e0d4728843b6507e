"""Changing the policy: never to one that nobody could read or change again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import IntegrityError
from ledger.events.actor import Actor
from ledger.state.registry import Registry
from policies import Document, document_digest, explain, load_document, make_decide
from policies.document import MOST_IN_AN_ENTRY
from tests.world import SERVICE, SHIPPED, World

TEXT = SHIPPED.read_text(encoding="utf-8")
STRICTER = load_document(TEXT.replace("evaluation.accuracy >= 0.90", "evaluation.accuracy >= 0.95"))


def change(world: World, new: Document, **instead: object) -> dict[str, object]:
    in_force = world.registry.policy()
    assert in_force is not None
    return {
        "policy": new.id,
        "digest": document_digest(new),
        "previous": in_force.digest,
        "document": new.canonical(),
        **instead,
    }


def code_of(world: World, by: str = "root", **fields: object) -> str:
    decision = world.ask("policy.activated", world.names[by], **fields)
    found = [result.code for result in decision.results if result.requirement == "document"]
    assert decision.allowed == (found == ["M_POLICY"])
    return found[0]


def test_an_administrator_changes_the_policy() -> None:
    world = World()
    assert code_of(world, **change(world, STRICTER)) == "M_POLICY"


def test_nobody_else_changes_the_policy() -> None:
    world = World()
    world.person("chi", "compliance")
    for actor in (world.names["chi"], SERVICE):
        assert not world.ask("policy.activated", actor, **change(world, STRICTER)).allowed


def test_the_policy_in_force_is_not_put_in_force_again() -> None:
    world = World()
    decision = world.ask("policy.activated", world.names["root"], **change(world, world.document))
    assert [result.requirement for result in decision.unmet] == ["a-change"]


def test_a_document_that_is_none_is_refused_with_what_is_wrong() -> None:
    world = World()
    fields = change(world, STRICTER)
    broken = {**STRICTER.canonical(), "opens": ["model.regsitered"]}
    assert code_of(world, **{**fields, "document": broken}) == "E_POLICY_UNREADABLE"
    assert code_of(world, **{**fields, "document": {"id": "default"}}) == "E_POLICY_UNREADABLE"
    decision = world.ask("policy.activated", world.names["root"], **{**fields, "document": broken})
    problem = next(one for one in decision.unmet if one.code == "E_POLICY_UNREADABLE")
    assert problem.params["problem"] == "There is no such kind of event."


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_no_content_of_a_document_crashes_the_decision(content: object) -> None:
    world = World()
    fields = change(world, STRICTER)
    for document in ({"id": content}, {**STRICTER.canonical(), "gates": content}):
        assert code_of(world, **{**fields, "document": document}) == "E_POLICY_UNREADABLE"


def test_a_digest_of_another_document_is_refused() -> None:
    world = World()
    fields = change(world, STRICTER, digest=document_digest(world.document))
    assert code_of(world, **fields) == "E_POLICY_DIGEST"


def test_a_document_not_in_its_canonical_form_is_refused() -> None:
    """Whoever recomputes the digest from the entry alone must get the same."""
    world = World()
    shorter = STRICTER.canonical()
    del shorter["approvals_default"]
    assert document_digest(Document.from_canonical(shorter)) == document_digest(STRICTER)
    assert code_of(world, **change(world, STRICTER, document=shorter)) == "E_POLICY_DIGEST"


def test_a_document_under_another_name_is_refused() -> None:
    world = World()
    assert code_of(world, **change(world, STRICTER, policy="other")) == "E_POLICY_NAME"


def test_a_policy_that_could_never_be_changed_is_refused() -> None:
    world = World()
    start = TEXT.index("  - id: change-policy\n")
    end = TEXT.index("  # What needs a second person is proposed")
    closed = TEXT[:start] + TEXT[end:]
    document = load_document(closed.replace("  - policy.activated\n", ""))
    assert code_of(world, **change(world, document)) == "E_POLICY_LOCKED"


@pytest.mark.parametrize(
    "who",
    [
        "any_role: [compliance], types: [person]",  # nobody holds it
        "any_role: [administrator], types: [workload]",  # its holder is a person
        "service: true",
    ],
)
def test_a_policy_that_nobody_enrolled_could_change_is_refused(who: str) -> None:
    world = World()
    document = load_document(TEXT.replace("any_role: [administrator], types: [person]", who))
    assert code_of(world, **change(world, document)) == "E_POLICY_LOCKED"


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ("any_of: [administrator, compliance]", "M_POLICY"),
        ("any_of: [compliance]", "E_POLICY_LOCKED"),  # nobody holds it
    ],
)
def test_whoever_must_agree_to_a_later_change_must_be_there(second: str, code: str) -> None:
    world = World()
    world.person("second", "administrator")
    start = TEXT.index("  - id: change-policy-together")
    rule = "any_of: [administrator, compliance]"
    document = load_document(TEXT[:start] + TEXT[start:].replace(rule, second, 1) + "# other\n")
    fields = change(world, document)
    decision = world.ask("policy.activated", world.names["root"], **fields)
    assert [one.code for one in decision.results if one.requirement == "document"] == [code]


def test_the_refusal_says_so_in_words() -> None:
    world = World()
    decision = world.ask(
        "policy.activated", world.names["root"], **change(world, STRICTER, policy="other")
    )
    assert explain(decision, str)[0] == (
        "the new policy calls itself default, the change calls it something else"
    )


def test_what_follows_in_the_same_transaction_is_decided_by_the_new_policy() -> None:
    """The new text is in no stored entry yet, so it can't be loaded."""
    world = World()
    first = document_digest(world.document)
    world.decide = make_decide({first: world.document}.__getitem__)
    world.do("policy.activated", world.names["root"], **change(world, STRICTER))
    decision = world.ask(
        "actor.enrolled", world.names["root"], actor_id="77" * 16, actor_type="person"
    )
    assert decision.policy == document_digest(STRICTER)


def test_without_a_policy_nothing_is_decided() -> None:
    world = World()
    actor = Actor(id="11" * 16, type="person", via="password")
    world.registry = Registry()
    with pytest.raises(IntegrityError) as refused:
        world.ask("actor.enrolled", actor, actor_id="77" * 16, actor_type="person")
    assert refused.value.code == "no-policy"


def test_the_largest_part_of_a_document_still_fits_in_its_entry() -> None:
    in_base64 = MOST_IN_AN_ENTRY * 4 // 3
    assert in_base64 + 6_000 < 65_535
