"""A list is held against the ledger: shown first, carried out under the policy, and only once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ledger.errors import ConflictError, RefusedError
from ledger.events.access import InventoryReconciled
from ledger.events.actor import Actor
from ledger.events.names import format_instant
from ledger.events.people import RoleGranted
from ledger.state.history import replay
from policies.controls.material import Material
from policies.controls.outside import Integrity
from policies.controls.primitives.access import DeprovisionArguments, deprovision
from policies.controls.scope import Period, Scope
from webui.feed import asking
from webui.feed.carrying_out import CarriedOut, carry_out
from webui.feed.difference import Difference, Terms, difference
from webui.feed.reading import ListError, read_list
from webui.identity.accounts import create_account, ensure_account, find_account, find_by_address
from webui.identity.errors import ScopeError, TokenError
from webui.identity.feeds import read_feed
from webui.identity.providers import Provider
from webui.identity.scope import TokenScope
from webui.identity.sessions import list_sessions, open_session
from webui.identity.strength import BY_PASSWORD
from webui.identity.subjects import link_subject, linked_subjects
from webui.identity.tokens import authenticate

if TYPE_CHECKING:
    from tests.webui.house import House

PROVIDER = Provider(
    name="company", title="Company", issuer="https://login.example.org", client_id="counterseal"
)
PASSWORD = "a sentence that nobody guesses"
START = "email,name,roles\nana@example.org,Ana,data_scientist\nbo@example.org,Bo,ml_lead\n"


class Feed:
    """A workload that tells of people, and what its lists do."""

    def __init__(self, house: House) -> None:
        self.house = house
        actor_id = house.enrol("HR", "", "people_feed", actor_type="workload")
        self.actor = Actor(id=actor_id, type="workload", via="token")

    def terms(self, **how: object) -> Terms:
        return replace(Terms("hr", format_instant(self.house.clock())), **how)  # type: ignore[arg-type]

    def look(self, text: str, actor: Actor | None = None, **how: object) -> Difference:
        wiring = self.house.wiring
        people = read_list(text.encode(), wiring.policy().roles)
        return difference(wiring, actor or self.actor, people, self.terms(**how))

    def run(
        self, text: str, *, leaving: int | None = None, actor: Actor | None = None, **how: object
    ) -> CarriedOut:
        found = self.look(text, actor, **how)
        return carry_out(self.house.wiring, actor or self.actor, found, leaving=leaving)

    def known(self, email: str) -> str:
        found = find_by_address(self.house.wiring, email)
        assert found is not None
        return found

    def roles(self, actor_id: str) -> set[str]:
        return {held.role for held in self.house.wiring.reader.actor(actor_id).roles}

    def kinds(self, since: int) -> list[str]:
        log = self.house.wiring.log
        return [log.entry(at).event.kind for at in range(since, self.house.size)]

    def proposals(self) -> list[tuple[str, str]]:
        reader = self.house.wiring.reader
        found = [reader.proposed(one.since) for one in reader.changes(status="open")]
        return sorted((one.kind, one.role) for one in found)


@pytest.fixture
def feed(house: House) -> Feed:
    return Feed(house)


def test_looking_changes_nothing(feed: Feed) -> None:
    size = feed.house.size
    found = feed.look(START)
    assert [one.what for one in found.changes] == ["join", "join"]
    assert (found.listed, found.matched) == (2, 0)
    assert feed.house.size == size
    assert read_feed(feed.house.wiring, "list.hr") == {}


def test_who_joins_is_enrolled_with_an_account_and_roles_are_proposed(feed: Feed) -> None:
    since = feed.house.size
    done = feed.run(START)
    assert feed.kinds(since) == [
        "inventory.reconciled",
        "actor.enrolled", "change.proposed",
        "actor.enrolled", "change.proposed",
    ]  # fmt: skip
    assert done.commands == 5
    ana = feed.known("ana@example.org")
    assert feed.house.wiring.reader.person(ana).name == "Ana"
    assert feed.roles(ana) == set(), "never past the policy"
    assert feed.proposals() == [("role.granted", "data_scientist"), ("role.granted", "ml_lead")]
    event = feed.house.wiring.log.entry(since).event
    assert isinstance(event, InventoryReconciled)
    assert (event.source, event.listed, event.matched, event.unknown) == ("hr", 2, 0, 2)
    assert b"ana@" not in repr(feed.house.wiring.log.entry(since + 1).event.facts()).encode()


def test_the_same_list_again_changes_nothing(feed: Feed) -> None:
    feed.run(START)
    size = feed.house.size
    found = feed.look(START)
    assert found.known_since is not None
    assert all(step.outcome == "waits" for one in found.changes for step in one.steps)
    assert feed.run(START).commands == 0
    assert feed.house.size == size


def test_an_administrator_s_own_token_gives_what_the_policy_lets_it_give(feed: Feed) -> None:
    root = Actor(id=feed.house.administrator, type="person", via="token")
    feed.run(START, actor=root)
    assert feed.roles(feed.known("ana@example.org")) == {"data_scientist"}
    assert feed.roles(feed.known("bo@example.org")) == {"ml_lead"}


def test_the_service_enrols_nobody_and_the_list_is_recorded_all_the_same(feed: Feed) -> None:
    since = feed.house.size
    feed.run(START, actor=feed.house.wiring.service)
    assert feed.kinds(since) == ["inventory.reconciled"]
    assert read_feed(feed.house.wiring, "list.hr") == {}


def test_who_may_not_hold_a_list_against_the_ledger_is_told(feed: Feed) -> None:
    ana = feed.house.enrol("Ana", "ana@example.org", "data_scientist")
    size = feed.house.size
    with pytest.raises(RefusedError) as caught:
        feed.run(START, actor=Actor(id=ana, type="person", via="token"))
    assert caught.value.code == "list-refused"
    assert feed.house.size == size


def test_a_token_that_reaches_less_far_does_none_of_it(feed: Feed) -> None:
    size = feed.house.size
    scope = TokenScope(kinds=("actor.enrolled", "inventory.reconciled"))
    with pytest.raises(ScopeError):
        carry_out(feed.house.wiring, feed.actor, feed.look(START), scope=scope)
    assert feed.house.size == size
    assert find_by_address(feed.house.wiring, "ana@example.org") is None


def test_who_is_here_already_is_found_by_address_and_not_enrolled_twice(feed: Feed) -> None:
    ana = feed.house.enrol("Ana K.", "Ana@example.org", "data_scientist")
    (found,) = feed.look("id,email,name\n7,ana@example.org,Ana\n").changes
    assert (found.what, found.fed.actor_id) == ("find", ana)
    assert found.notes, "the name differs, and a feed puts nobody's name right"
    feed.run("id,email,name\n7,ana@example.org,Ana\n")
    assert feed.look("id,email,name\n7,ana@new.example.org,Ana\n").changes[0].fed.actor_id == ana
    assert feed.look("id,email,name\n7,ana@new.example.org,Ana\n").of("join") == []


def test_an_address_that_another_person_has_now_is_a_fault(feed: Feed) -> None:
    feed.run("id,email,name\n7,ana@example.org,Ana\n")
    with pytest.raises(ListError) as caught:
        feed.look("id,email,name\n8,ana@example.org,Anabel\n")
    assert (caught.value.faults[0].line, caught.value.faults[0].column) == (2, "email")


def test_roles_are_taken_from_who_stays_only_where_the_list_manages_them(feed: Feed) -> None:
    ana = feed.house.enrol("Ana", "ana@example.org", "data_scientist", "ml_lead")
    moved = "email,name,roles\nana@example.org,Ana,ml_lead\n"
    feed.run(moved)
    assert feed.roles(ana) == {"data_scientist", "ml_lead"}
    feed.run(moved, managed=frozenset({"data_scientist"}))
    assert feed.roles(ana) == {"ml_lead"}


def test_who_leaves_loses_roles_sessions_tokens_and_links_at_once(feed: Feed) -> None:
    house = feed.house
    feed.run(START)
    bo = house.enrol("Bo", "bo2@example.org", "ml_lead")
    create_account(house.wiring, bo, PASSWORD)
    both = START + "bo2@example.org,Bo Two,ml_lead\n"
    feed.run(both)
    open_session(house.wiring, bo, BY_PASSWORD)
    secret = house.token(bo)
    since = house.size
    done = feed.run(START)
    assert done.closed == 1
    assert feed.kinds(since) == ["inventory.reconciled", "role.revoked"]
    assert feed.roles(bo) == set()
    assert list_sessions(house.wiring, bo) == []
    with pytest.raises(TokenError):
        authenticate(house.wiring, secret)
    account = find_account(house.wiring, bo)
    assert account is not None
    assert account.disabled
    event = house.wiring.log.entry(since).event
    assert isinstance(event, InventoryReconciled)
    assert [one.actor_id for one in event.left] == [bo]
    again = house.size
    feed.run(START)
    assert house.size == again
    back = feed.look(both)
    assert [one.what for one in back.changes if one.fed.actor_id == bo] == ["return"]
    feed.run(both)
    account = find_account(house.wiring, bo)
    assert account is not None
    assert not account.disabled
    with pytest.raises(TokenError):
        authenticate(house.wiring, secret)


def test_what_was_proposed_for_a_leaver_is_taken_back(feed: Feed) -> None:
    feed.run(START)
    assert len(feed.proposals()) == 2
    left = START.replace("roles\n", "roles,left\n").replace("data_scientist\n", ",2026-01-01\n")
    left = left.replace("ml_lead\n", "ml_lead,\n")
    feed.run(left)
    assert feed.proposals() == [("role.granted", "ml_lead")]


def test_who_leaves_later_stays_until_then(feed: Feed) -> None:
    feed.run(START)
    later = "email,name,left\nana@example.org,Ana,2026-03-20\nbo@example.org,Bo,\n"
    found = feed.look(later)
    assert [one.line for one in found.later] == [2]
    assert found.of("leave") == []
    feed.house.clock.move(days=30)
    assert [one.at for one in feed.look(later).of("leave")] == ["2026-03-21T00:00:00.000000Z"]


def test_absence_from_a_part_of_a_list_means_nothing(feed: Feed) -> None:
    feed.run(START)
    assert feed.look("email,name\nana@example.org,Ana\n", complete=False).of("leave") == []
    assert len(feed.look("email,name\nana@example.org,Ana\n").of("leave")) == 1


def test_people_whom_no_list_told_of_are_named_and_left_alone(feed: Feed) -> None:
    dee = feed.house.enrol("Dee", "dee@example.org", "compliance")
    found = feed.look(START)
    assert set(found.unlisted) == {feed.house.administrator, dee}
    feed.run(START)
    assert feed.roles(dee) == {"compliance"}


def test_a_role_of_an_administrator_is_only_proposed_to_be_taken(feed: Feed) -> None:
    house = feed.house
    ensure_account(house.wiring, house.administrator)
    rae = house.enrol("Rae", "rae@example.org", "administrator")
    create_account(house.wiring, rae, PASSWORD)
    feed.run(START + "rae@example.org,Rae,\n")
    feed.run(START)
    assert feed.roles(rae) == {"administrator"}
    assert ("role.revoked", "administrator") in feed.proposals()
    account = find_account(house.wiring, rae)
    assert account is not None
    assert account.disabled
    size = house.size
    feed.run(START)
    assert house.size == size


def test_who_alone_could_administer_keeps_the_account(feed: Feed) -> None:
    house = feed.house
    rae = house.enrol("Rae", "rae@example.org", "administrator")
    create_account(house.wiring, rae, PASSWORD)
    feed.run(START + "rae@example.org,Rae,\n")
    done = feed.run(START)
    assert "nobody else could administer" in done.notes[0]
    account = find_account(house.wiring, rae)
    assert account is not None
    assert not account.disabled


def test_half_a_list_takes_nobody_away_by_itself(feed: Feed) -> None:
    rows = [f"p{at}@example.org,P\n" for at in range(20)]
    feed.run("email,name\n" + "".join(rows))
    half = "email,name\n" + "".join(rows[:10])
    size = feed.house.size
    with pytest.raises(ConflictError) as caught:
        feed.run(half)
    assert caught.value.code == "too-many-leave"
    assert "--leavers 10" in caught.value.remedy
    assert feed.house.size == size
    assert feed.run(half, leaving=10).closed == 10


def test_an_interrupted_import_goes_on_with_the_same_ids(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 2)
    monkeypatch.setattr("webui.feed.carrying_out.MOST_AT_ONCE", 2)
    submit = feed.house.wiring.submitter.submit_batch
    calls = iter(range(10))

    def failing(actor: Actor, asked: list[object]) -> object:
        if next(calls) == 2:
            raise ConflictError("pulled the plug")
        return submit(actor, asked)  # type: ignore[arg-type]

    monkeypatch.setattr(feed.house.wiring.submitter, "submit_batch", failing)
    found = feed.look(START)
    with pytest.raises(ConflictError, match="plug"):
        carry_out(feed.house.wiring, feed.actor, found)
    monkeypatch.setattr(feed.house.wiring.submitter, "submit_batch", submit)
    promised = {one.fed.actor_id for one in found.changes}
    feed.run(START)
    assert {feed.known(f"{name}@example.org") for name in ("ana", "bo")} == promised
    size = feed.house.size
    feed.run(START)
    assert feed.house.size == size


def test_a_sign_in_is_linked_for_whom_the_list_brought_and_nobody_else(feed: Feed) -> None:
    house = feed.house
    rae = house.enrol("Rae", "rae@example.org", "administrator")
    rows = "email,name,subject\nana@example.org,Ana,s-1\nrae@example.org,Rae,s-2\n"
    feed.run(rows, provider=PROVIDER)
    assert len(linked_subjects(house.wiring, feed.known("ana@example.org"))) == 1
    assert linked_subjects(house.wiring, rae) == []
    link_subject(house.wiring, PROVIDER, "s-3", rae)
    with pytest.raises(ListError) as caught:
        feed.look(rows + "chi@example.org,Chi,s-3\n", provider=PROVIDER)
    assert (caught.value.faults[0].line, caught.value.faults[0].column) == (4, "subject")


def test_a_role_that_nobody_could_give_so_is_not_proposed(feed: Feed) -> None:
    found = feed.look("email,name,roles\nana@example.org,Ana,auditor\n")
    (_, role) = found.changes[0].steps
    assert role.outcome == "left"
    assert "366 days" in role.why


def test_t8_finds_who_left_and_kept_a_role_too_long(feed: Feed) -> None:
    house = feed.house
    feed.run("email,name\nana@example.org,Ana\nbo@example.org,Bo\n")
    root = Actor(id=house.administrator, type="person", via="password")
    for name in ("ana", "bo"):
        held = RoleGranted(actor_id=feed.known(f"{name}@example.org"), role="data_scientist")
        assert house.wiring.submitter.submit(root, held).outcome == "allow"
    house.clock.move(days=10)
    said = "email,name,left\nana@example.org,Ana,2026-03-18\nbo@example.org,Bo,2026-03-11\n"
    feed.run(said)
    finding = deprovision(_material(house), DeprovisionArguments(hours=24))
    assert finding.verdict == "fail"
    assert finding.population == 2
    assert len(finding.exceptions) == 1, "Ana was on time: she left yesterday"


def _material(house: House) -> Material:
    size = house.size
    history = replay(house.wiring.reader.past(size))
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    return Material(history, Scope(period=period), Integrity(size))
