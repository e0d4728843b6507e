"""Every route and method, asked for by everybody who could: each is answered as the table says.

And along the same table: forged forms, ids that are none, fields that nobody asked for, and the API
asked for what a page would not let one do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import webui.issuing
import webui.subject_pdf
from ledger.events.change import texts_of
from tests.webui.api.test_openapi import as_json
from tests.webui.house import build
from tests.webui.matrix.asking import BY_TOKEN, Row, ask, callers, is_api, path_of, table
from tests.webui.matrix.probes import form, prepare
from tests.webui.matrix.world import ANONYMOUS, PEOPLE, ROLELESS, ROLES, ROOM, SCOPED, made
from webui.life import comparing_shown
from webui.pages import comparing, log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.matrix.world import World
    from webui.wiring import Wiring

TABLE = table()
FORMS = [route for route in TABLE if route.startswith("POST ") and not is_api(route)]
# Whoever may do it, on the pages; those that decide nothing are left out.
ACTS = [route for route in FORMS if not {ROLELESS, ANONYMOUS} & TABLE[route].who]
WITH_IDS = [route for route in TABLE if "<" in route and "/static/" not in route]
MALFORMED = (
    "0", "-1", "999999999", "9007199254740993", "1e3", "0x1", "%00", "..%2f..%2fetc%2fpasswd",
    "%27%20OR%201=1--", "%0d%0aX:%20y", "a" * 300, "%e2%80%ae", "0" * 16, "0" * 32, "0" * 64,
)  # fmt: skip
ADDED = {
    "actor": "0" * 32, "actor_id": "0" * 32, "via": "password+totp", "second_factor": "1",
    "decision": "allow", "outcome": "allow", "sequence": "0", "recorded_at": "2020-01-01T00:00:00Z",
    "is_administrator": "1", "administrator": "1", "owner": "0" * 32, "status": "granted",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world of all routes; what takes long to draw is not drawn."""
    house = build(tmp_path_factory.mktemp("matrix") / "home")
    found = made(house)
    prepare(found)
    found.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(webui.subject_pdf, "subject_pdf", _drawn)
        for room in (comparing, comparing_shown):
            patch.setattr(room, "comparison_pdf", lambda wiring, found, name_of: b"%PDF")
        patch.setattr(webui.issuing, "_made", lambda *a, **b: _Made())
        patch.setattr(log.Verifier, "start", lambda self: None)
        yield found
    found.open()
    house.wiring.close()


def _drawn(wiring: Wiring, actor: str) -> bytes:
    """A PDF of somebody who is there."""
    wiring.reader.actor(actor)
    return b"%PDF"


class _Made:
    """What a report would be."""

    sealed = b"%PDF"
    sealed_sha256 = unsealed_sha256 = "0" * 64
    pages = 1
    verdicts: dict[str, int] = {}  # noqa: RUF012 (it stays empty)


def test_every_role_of_the_policy_is_a_caller(world: World) -> None:
    assert set(world.house.wiring.policy().roles) == {*ROLES, ROOM}


def test_every_caller_is_let_in_and_kept_out_somewhere() -> None:
    let_in = frozenset().union(*(row.who for row in TABLE.values()))
    assert let_in == set(BY_TOKEN)
    everywhere = frozenset.intersection(*(row.who for row in TABLE.values()))
    assert everywhere == set()


@pytest.mark.parametrize("route", TABLE)
def test_a_route_is_open_to_those_who_are_named_and_to_nobody_else(
    world: World, route: str
) -> None:
    size = len(world.door.allowed)
    row: Row = TABLE[route]
    answers = {who: ask(world, who, route) for who in callers(route)}
    faults = [row.fault(route, who, answer) for who, answer in answers.items()]
    assert [fault for fault in faults if fault] == []
    outsiders = {world.ids.get(who) for who in set(callers(route)) - row.who}
    acted = {actor.id for actor, _ in world.door.allowed[size:]}
    if not row.who & {"reads_nothing", "one_kind", "another_model", "exchanged"}:
        assert acted & (outsiders - {None}) == set(), "refused, and yet it happened"


@pytest.mark.parametrize("route", FORMS)
def test_no_form_is_taken_without_its_token_or_from_another_site(world: World, route: str) -> None:
    who = next((name for name in PEOPLE if name in TABLE[route].who), ANONYMOUS)
    data, path = form(world, route, who), path_of(world, route)
    size, head = len(world.door.allowed), world.house.size
    forged = [
        world.browser(who).post(path, data=data),
        world.browser(who).post(path, data={**data, "csrf_token": "guessed"}),
    ]
    full = {**data, "csrf_token": world.csrf()}
    elsewhere = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"})
    forged += [world.browser(who).post(path, data=full, headers=said) for said in elsewhere]
    assert [answer.status_code for answer in forged] == [403] * 4
    assert (len(world.door.allowed), world.house.size) == (size, head)


@pytest.mark.parametrize("route", WITH_IDS)
def test_an_id_that_is_none_finds_nothing_and_breaks_nothing(world: World, route: str) -> None:
    who = next((name for name in (*PEOPLE, *ROLES) if name in TABLE[route].who), PEOPLE[0])
    before = len(world.door.allowed)
    for wrong in MALFORMED:
        answer = ask(world, who, route, wrong)
        assert answer.status_code < 500, wrong
        if route.startswith("GET ") and wrong.strip("0"):
            assert answer.status_code in {302, 308, 400, 401, 403, 404, 422}, wrong
        assert b"Traceback" not in answer.data
    acted = [event.kind for _, event in world.door.allowed[before:]]
    # A person who is not there can be asked to be given a role only as a proposal that nobody
    # could carry out; nothing else happens to what does not exist.
    assert set(acted) <= {"change.proposed"}


def _said(event: Any) -> dict[str, Any]:
    """What an event says, but for what is chosen anew each time."""
    facts = {**event.facts(), **event.private_texts()}
    for name in ("due", "until", "review_by", "previous", "command"):
        facts.pop(name, None)
    if event.kind == "actor.enrolled":
        del facts["actor_id"]
    if event.kind == "report.issued":
        del facts["report"]
    if event.kind == "change.proposed":
        facts.pop("event")
    return {"kind": event.kind, **facts}


@pytest.mark.parametrize("route", ACTS)
def test_a_form_carries_no_field_that_is_not_its_own(world: World, route: str) -> None:
    who = next((name for name in PEOPLE if name in TABLE[route].who), "")
    data, path = form(world, route, who), path_of(world, route)
    told = []
    for more in ({}, {name: value for name, value in ADDED.items() if name not in data}):
        before = len(world.door.allowed)
        answer = world.page(who, "POST", path, {**more, **data})
        acts = [(actor, _said(event)) for actor, event in world.door.allowed[before:]]
        told.append((answer.status_code, [(actor.id, said) for actor, said in acts]))
        assert all(actor.via == "password" and not actor.second_factor for actor, _ in acts)
    assert told[0] == told[1]


@pytest.mark.parametrize("route", ACTS)
def test_what_a_page_does_not_let_one_do_the_api_does_not_either(world: World, route: str) -> None:
    row = TABLE[route]
    who = next((name for name in PEOPLE if name in row.who), "")
    before = len(world.door.allowed)
    world.page(who, "POST", path_of(world, route), form(world, route, who))
    for _, event in world.door.allowed[before:]:
        kind = event.kind
        fields = as_json({**event.facts(), **event.private_texts()})
        if kind == "change.proposed":  # what is proposed, asked for without the proposal
            texts = texts_of(event.private_texts().get("texts"))
            kind, fields = fields["proposed"], {**fields["event"], **texts}
        for name in (*ROLES, SCOPED, ROLELESS, ROOM):
            command = {"json": {"kind": kind, "event": fields}}
            key = {"Idempotency-Key": f"{route}-{name}"}
            answer = world.api(name, "POST", "/api/v1/events", **command, headers=key)
            if (name, kind) == (ROOM, "sample.opened"):
                continue  # by the desk of their room; what leads out of it is refused in test_rooms
            if name not in row.who and not _by_machine(name, kind):
                assert answer.status_code == 403, (name, kind, answer.text)


def _by_machine(name: str, kind: str) -> bool:
    """What a workload may do that has no pages."""
    return (name, kind) in {
        ("pipeline", "release.requested"),
        ("pipeline", "incident.opened"),
        ("pipeline", "release.commented"),
        ("pipeline", "deployment.rolled_back"),
        ("pipeline", "metadata.stated"),
        ("people_feed", "actor.enrolled"),
        ("people_feed", "role.revoked"),
    }
