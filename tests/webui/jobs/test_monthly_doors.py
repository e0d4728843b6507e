"""Reports of every month through the page and the API, and what recipients are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.monthly import make_due
from webui.notices.channels import Channels
from webui.notices.sending import Sender

if TYPE_CHECKING:
    import pytest

    from tests.webui.jobs.desk import Desk
    from webui.notices.message import Message


def test_the_api_begins_lists_and_ends(desk: Desk) -> None:
    house, bo = desk.seeded.house, desk.seeded.bo
    api = house.api(house.token(desk.seeded.chi, days=60))
    wanted = {"framework": "integrity", "recipients": [bo]}
    made = api.post("/report-subscriptions", json=wanted)
    assert made.status_code == 201
    assert (made.json["next_month"], made.json["recipients"]) == ("2026-03", [bo])
    house.clock.move(days=23)
    make_due(desk.wiring, by_mail=False)
    desk.work()
    make_due(desk.wiring, by_mail=False)
    (one,) = api.get("/report-subscriptions").json["items"]
    assert one["report"] == f"/api/v1/reports/{desk.issued()[0]}"
    theirs = house.api(house.token(bo))
    where = f"/report-subscriptions/{one['subscription']}"
    assert len(theirs.get("/report-subscriptions").json["items"]) == 1
    assert theirs.delete(where).status_code == 403
    other = house.api(house.token(desk.seeded.ana))
    assert other.get("/report-subscriptions").json["items"] == []
    assert other.delete(where).status_code == 404
    assert other.post("/report-subscriptions", json=wanted).status_code == 403
    assert api.delete(where).status_code == 200
    assert api.get("/report-subscriptions").json["items"] == []


def test_the_page_begins_shows_and_ends(desk: Desk) -> None:
    client, page = desk.seeded.browser("chi"), "/reports/monthly"
    sent = desk.seeded.post(
        client, page, page, framework="integrity", recipients=desk.seeded.bo, environments=""
    )
    assert sent.status_code == 302, sent.text
    shown = client.get(page).text
    assert "Bo" in shown
    where = shown.split('action="/reports/monthly/')[1].split('"')[0]
    assert desk.seeded.post(client, f"{page}/{where}", page).status_code == 302
    assert "No report is made every month." in client.get(page).text
    ana = desk.seeded.browser("ana").get(page).text
    assert "Have one made every month" not in ana


def test_a_recipient_is_sent_a_link_and_nothing_after_the_role_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.store.database import reading
    from ledger.store.notices import due_deliveries
    from tests.webui.jobs.test_monthly import begin, take_role

    begin(desk)
    desk.seeded.house.clock.move(days=23)
    make_due(desk.wiring, by_mail=True)
    desk.work()
    make_due(desk.wiring, by_mail=True)
    with reading(desk.wiring.engine) as connection:
        (due,) = due_deliveries(connection, desk.wiring.log.log_id, "email", "9999", 9)
    object.__setattr__(desk.wiring.settings, "public_url", "https://ledger.example.org")
    sent: list[tuple[Message, str]] = []

    def hand_over(_: Sender, message: Message, name: str, recipient: str) -> None:
        assert name == "email"
        sent.append((message, recipient))

    monkeypatch.setattr(Sender, "_hand_over", hand_over)
    sender = Sender(desk.wiring, Channels(desk.wiring.settings.home))
    assert sender.attempt(due).state == "delivered"
    ((message, recipient),) = sent
    assert recipient == "bo@example.org"
    assert message.link == f"https://ledger.example.org/reports/{desk.issued()[0]}.pdf"
    take_role(desk, desk.seeded.bo, "ml_lead")
    assert sender.attempt(due).state == "dropped"
    assert len(sent) == 1
    sender.close()
