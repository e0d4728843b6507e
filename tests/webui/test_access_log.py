"""The access log: what is recorded, that nothing is lost silently, and that changes are named."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from ledger.audit import audit
from ledger.core.access import NOTHING, Access, chained
from ledger.events.access import AccessDigested
from ledger.store.accesses import (
    AccessFilter,
    StoredAccess,
    access_end,
    find_accesses,
    scan_accesses,
)
from ledger.store.database import reading, writing
from ledger.store.tables import access_head
from tests.attacks.test_matrix import unbelt
from tests.webui.seed import PASSWORD, Seeded, seed, token_of
from webui import reads
from webui.activity import Outlier, outliers, silences, uncovered
from webui.digesting import digest_days, forget_old_origins
from webui.identity.accounts import create_account
from webui.recorder import MOST_OF_NOBODY, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.house import House
    from webui.wiring import Wiring


@pytest.fixture(scope="module")
def seeded(shared_house: House) -> Seeded:
    return seed(shared_house)


def recorded(house: House, **wanted: str) -> list[Access]:
    """The records that match, oldest first."""
    assert house.wiring.accesses.flush()
    with reading(house.wiring.engine) as connection:
        rows = find_accesses(connection, house.wiring.log.log_id, AccessFilter(**wanted), limit=500)
    return [row.access for row in reversed(rows)]


def a_record(at: str = "2026-03-09T08:00:00.000000Z", **changes: object) -> Access:
    fields = {
        "at": at, "kind": "view", "actor": "ab" * 16, "via": "password", "route": "pages.entry",
        "concerns": "number=1", "status": 200, "many": 1, "recorder": "",
    }  # fmt: skip
    return Access(**{**fields, **changes})


def test_every_route_says_what_it_reads_and_none_is_named_in_vain(seeded: Seeded) -> None:
    served = {rule.endpoint for rule in seeded.house.app.url_map.iter_rules()}
    assert served == set(reads.ROUTES)


def test_reading_searching_and_exporting_are_recorded_with_what_they_concerned(
    seeded: Seeded,
) -> None:
    client = seeded.browser("bo")
    assert client.get("/models/churn").status_code == 200
    assert client.get("/ledger?kind=role.granted&model=Anna+Kowalska").status_code == 200
    assert client.get("/ledger/3/proof").status_code == 200
    token = seeded.house.token(seeded.bo)
    assert seeded.house.api(token).get("/entries/4").status_code == 200
    told = [
        (one.kind, one.via, one.route, one.concerns, one.status)
        for one in recorded(seeded.house, actor=seeded.bo)
    ]
    assert told[-5:] == [
        ("sign_in", "password", "pages.sign_in", "", 302),
        ("view", "password", "pages.model", "model=churn", 200),
        ("search", "password", "pages.ledger", "kind=role.granted model=?", 200),
        ("export", "password", "pages.proof", "number=3", 200),
        ("view", "token", "api.get_entry", "entry=4", 200),
    ]


def test_a_failed_sign_in_is_recorded_without_the_address_that_was_typed(seeded: Seeded) -> None:
    client = seeded.house.client()
    form = {"csrf_token": token_of(client.get("/login").text), "password": "wrong"}
    assert client.post("/login", data={**form, "email": "bo@example.org"}).status_code == 401
    last = recorded(seeded.house)[-1]
    assert (last.kind, last.actor, last.concerns) == ("sign_in_failed", "", "")


def test_a_token_that_opens_nothing_is_recorded_as_denied(seeded: Seeded) -> None:
    assert seeded.house.api("cst_nothing").get("/models").status_code == 401
    last = recorded(seeded.house)[-1]
    assert (last.kind, last.actor, last.route, last.status) == (
        "denied",
        "",
        "api.list_models",
        401,
    )


def test_who_holds_no_role_reads_nothing_and_that_is_recorded(seeded: Seeded) -> None:
    house = seeded.house
    nora = house.enrol("Nora", "nora@example.org")
    create_account(house.wiring, nora, PASSWORD)
    client = seeded.browser("nora")
    assert client.get("/account").status_code == 200
    for path in ("/models", "/ledger/3", "/people", "/activity", "/log", "/reports"):
        assert client.get(path).status_code == 403, path
    assert house.api(house.token(nora)).get("/models").status_code == 403
    denied = [one.route for one in recorded(house, actor=nora, kind="denied")]
    assert denied[-1] == "api.list_models"
    assert len(denied) == 7


def test_an_auditor_whose_time_is_over_reads_nothing_from_that_moment_on(
    any_house: House,
) -> None:
    seeded = seed(any_house)
    house = seeded.house
    auditor = house.enrol("Fay", "fay@example.org", "auditor")
    create_account(house.wiring, auditor, PASSWORD)
    token = house.api(house.token(auditor, days=300))
    client = seeded.browser("fay")
    for path in ("/ledger", "/activity", "/activity/records", "/people"):
        assert client.get(path).status_code == 200, path
    house.clock.move(days=89, hours=23)
    assert token.get("/models").status_code == 200
    house.clock.move(hours=2)
    assert token.get("/models").status_code == 403
    assert seeded.browser("fay").get("/ledger").status_code == 403


def test_only_who_oversees_reads_the_access_log(seeded: Seeded) -> None:
    for path in ("/activity", "/activity/records", "/activity/records.jsonl"):
        assert seeded.browser("ana").get(path).status_code == 403
        assert seeded.browser("chi").get(path).status_code == 200
    sent = seeded.post(
        seeded.browser("ana"), "/activity", "/account", first_day="2026-03-01",
        last_day="2026-03-02", finding="nothing", conclusion="All well",
    )  # fmt: skip
    assert sent.status_code == 403


def test_days_are_digested_reviewed_and_what_is_not_reviewed_is_shown(any_house: House) -> None:
    seeded = seed(any_house)
    house = seeded.house
    seeded.browser("ana").get("/models")
    assert digest_days(house.wiring) == []
    house.clock.move(days=1)
    seeded.browser("bo").get("/models")
    house.clock.move(days=3)
    entries = digest_days(house.wiring)
    told = [house.wiring.log.entry(number).event for number in entries]
    assert all(isinstance(one, AccessDigested) for one in told)
    spans = [(one.since, one.day, one.count > 0) for one in told]
    assert spans == [
        ("2026-03-09", "2026-03-09", True),
        ("2026-03-10", "2026-03-10", True),
        ("2026-03-11", "2026-03-12", False),
    ]
    assert digest_days(house.wiring) == []
    chi = seeded.browser("chi")
    page = "/activity?since=2026-03-09&until=2026-03-12"
    assert "2026-03-09 to 2026-03-12" in chi.get(page).text
    form = {"first_day": "2026-03-09", "last_day": "2026-03-11", "finding": "nothing"}
    conclusion = {"conclusion": "Nothing that stands out"}
    assert seeded.post(chi, "/activity", page, **form, **conclusion).status_code == 302
    assert "not reviewed</span> 2026-03-12" in chi.get(page).text
    event = house.wiring.log.entry(house.size - 1).event
    assert (event.kind, event.first_day, event.records > 0) == (
        "activity.reviewed", "2026-03-09", True,
    )  # fmt: skip
    too_late = {**form, **conclusion, "last_day": "2026-03-13"}
    assert seeded.post(chi, "/activity", page, **too_late).status_code == 409
    assert audit(house.wiring.log, workers=1).problems == []


CHANGES = {
    "a record changed": ("UPDATE access SET actor = :who WHERE number = 2", "access-changed"),
    "a record taken away": ("DELETE FROM access WHERE number = 2", "access-missing"),
    "the newest taken away": (
        "DELETE FROM access WHERE number = (SELECT max(number) FROM access)", "access-end-wrong",
    ),
    "all taken away": ("DELETE FROM access", "access-digest-wrong"),
    "all and their end taken away": (
        "DELETE FROM access; DELETE FROM access_head", "access-digest-wrong",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_the_verifier_names_what_was_done_to_the_access_log(what: str, empty_house: House) -> None:
    house, _ = two_days(empty_house)
    statement, code = CHANGES[what]
    run(house, *statement.split("; "))
    found = {problem.code for problem in audit(house.wiring.log, workers=1).problems}
    assert code in found


def test_a_chain_that_was_written_anew_is_found_by_the_digest_of_its_day(
    empty_house: House,
) -> None:
    house, days = two_days(empty_house)
    rewrite(house, lambda one: a_record(one.at) if one.kind == "export" else one)
    problems = audit(house.wiring.log, workers=1).problems
    assert [one.code for one in problems] == ["access-digest-wrong", "access-digest-wrong"]
    assert days[0] in problems[0].sentence


def two_days(house: House) -> tuple[House, list[str]]:
    """A house whose access log has two digested days; the first holds an export."""
    house.appoint()
    days = []
    for kind in ("export", "view"):
        days.append(house.clock.at.date().isoformat())
        for kind_ in ("view", kind):
            at = f"{days[-1]}T09:00:00.000000Z"
            assert house.wiring.accesses.note(a_record(at, kind=kind_), "ef" * 16)
        assert house.wiring.accesses.flush()
        house.clock.move(days=1)
        assert len(digest_days(house.wiring)) == 1
    unbelt(house.wiring.engine)
    return house, days


def run(house: House, *statements: str) -> None:
    engine = create_engine(house.wiring.engine.url)
    with engine.begin() as connection:
        for statement in statements:
            given = {"who": "00" * 16} if ":who" in statement else {}
            connection.execute(text(statement), given)
    engine.dispose()


def rewrite(house: House, change) -> None:  # noqa: ANN001
    """Write the whole chain anew, as somebody who holds the database could."""
    log = house.wiring.log
    with reading(log.engine) as connection:
        rows = scan_accesses(connection, log.log_id, 0, 100)
    engine = create_engine(log.engine.url)
    chain = NOTHING
    with engine.begin() as connection:
        for row in rows:
            one = change(row.access)
            chain = chained(chain, row.number, one)
            told = {"kind": one.kind, "concerns": one.concerns, "recorder": one.recorder}
            connection.execute(
                text(
                    "UPDATE access SET kind = :kind, concerns = :concerns, recorder = :recorder,"
                    " chain = :chain WHERE number = :number"
                ),
                {**told, "chain": chain, "number": row.number},
            )
        connection.execute(text("UPDATE access_head SET chain = :chain"), {"chain": chain})
    engine.dispose()


def test_what_finds_no_room_is_recorded_as_a_gap_with_its_number(any_house: House) -> None:
    wiring = any_house.wiring
    recorder = Recorder(wiring.engine, wiring.log.log_id, wiring.now, most_waiting=3, patience=0.01)
    with held(wiring):
        taken = [recorder.note(a_record()) for _ in range(20)]
    assert not all(taken)
    recorder.close()
    with reading(wiring.engine) as connection:
        rows = scan_accesses(connection, wiring.log.log_id, 0, 100)
    mine = [row.access for row in rows if row.access.recorder == recorder.name]
    assert sum(one.many for one in mine if one.kind in {"view", "gap"}) == 20
    assert mine[-1].kind == "closed"


@contextmanager
def held(wiring: Wiring) -> Iterator[None]:
    """Nobody else writes the access log meanwhile."""
    with writing(wiring.engine) as connection:
        connection.execute(access_head.insert().values(log_id=1, number=0, chain=NOTHING))
        yield


def test_attempts_of_nobody_fill_no_database(any_house: House) -> None:
    recorder = any_house.wiring.accesses
    for _ in range(MOST_OF_NOBODY + 40):
        recorder.note(a_record(actor="", kind="denied"))
    assert recorder.flush()
    rows = recorded(any_house, kind="denied")
    assert len(rows) == MOST_OF_NOBODY + 1
    assert sum(one.many for one in rows) == MOST_OF_NOBODY + 40


def test_records_of_several_threads_and_processes_form_one_chain(any_house: House) -> None:
    wiring = any_house.wiring
    others = [Recorder(wiring.engine, wiring.log.log_id, wiring.now) for _ in range(3)]
    threads = [
        threading.Thread(target=lambda one=one: [one.note(a_record()) for _ in range(40)])
        for one in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()
    with reading(wiring.engine) as connection:
        end = access_end(connection, wiring.log.log_id)
        rows = scan_accesses(connection, wiring.log.log_id, 0, 1_000)
    assert len(rows) == end.number == 3 * 42
    assert audit(wiring.log, workers=1).problems == []


def test_where_requests_came_from_is_forgotten_after_thirty_days(any_house: House) -> None:
    recorder = any_house.wiring.accesses
    recorder.note(a_record(any_house.clock.at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")), "ef" * 16)
    recorder.flush()
    any_house.clock.move(days=29)
    assert forget_old_origins(any_house.wiring) == 0
    any_house.clock.move(days=2)
    assert forget_old_origins(any_house.wiring) == 1
    assert audit(any_house.wiring.log, workers=1).problems == []


def test_who_reads_far_more_than_usual_stands_out() -> None:
    usual = {("ab" * 16, f"2026-03-0{day}"): 40 for day in range(1, 6)}
    assert outliers(usual) == ()
    found = outliers({**usual, ("ab" * 16, "2026-03-06"): 400})
    assert found == (Outlier("ab" * 16, "2026-03-06", 400, 40),)


def test_days_that_nobody_signed_off_are_named() -> None:
    assert [(one.first, one.last) for one in uncovered("2026-03-01", "2026-03-05", ())] == [
        ("2026-03-01", "2026-03-05")
    ]


def test_a_recorder_that_never_said_that_it_ended_is_a_silence() -> None:
    said = a_record("2026-03-09T08:00:00.000000Z", kind="opened", recorder="cd" * 8)
    (found,) = silences([StoredAccess(1, said, b"")], "2026-03-10")
    assert (found.since, found.until) == (said.at, "")
