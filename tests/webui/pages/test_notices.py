"""The pages of notices: one's own subscriptions, and what administrators see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.store.database import reading
from ledger.store.notices import DEAD, Delivery, plan_deliveries
from tests.tools.receivers import Hooks, Mailbox
from tests.webui.notices.conftest import FILE, SECRET
from tests.webui.seed import PASSWORD, Seeded, once_of, seed, token_of
from webui.app import create_app
from webui.identity.accounts import create_account
from webui.notices.subscribing import MOST, own_subscriptions, shared_subscriptions

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.webui.house import House

MINE = "/account/notices"


@pytest.fixture
def seeded(house: House, tmp_path: Path) -> Seeded:
    """A company with every kind of channel; nothing is sent in these tests."""
    file = tmp_path / "notices.toml"
    values = {"port": Mailbox(port=25).port, "user": "u", "certificate": "x.pem"}
    file.write_text(FILE.format(url=Hooks("http://localhost:1").url, secret=SECRET, **values))
    file.chmod(0o600)
    settings = replace(house.wiring.settings, notices_file=file, reminder_hours=24)
    house.wiring = replace(house.wiring, settings=settings)
    house.app = create_app(house.wiring)
    made = seed(house)
    root = house.enrol("Rae", "rae@example.org", "administrator")
    create_account(house.wiring, root, PASSWORD)
    return made


def add(seeded: Seeded, client: FlaskClient, path: str, **fields: object) -> int:
    page = client.get(path).text
    hidden = {"csrf_token": token_of(page), "once": once_of(page)}
    return client.post(path, data={**hidden, **fields}).status_code


def give_up(seeded: Seeded, *occasions: str) -> None:
    wiring = seeded.house.wiring
    with wiring.engine.begin() as connection:
        plan_deliveries(
            connection,
            wiring.log.log_id,
            [
                Delivery(
                    one, "ab" * 8, 5, "ml-team", DEAD, 12, "2026", "2026-03-09T08:00:00Z", "<b>No"
                )
                for one in occasions
            ],
        )


def states(seeded: Seeded) -> list[str]:
    with reading(seeded.house.wiring.engine) as connection:
        return list(connection.execute(text("SELECT state FROM notice_delivery")).scalars())


def test_a_person_adds_sees_and_removes_a_subscription(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    fields = {"topic": ["new_version", "deployment"], "model": "churn", "environment": ""}
    assert add(seeded, client, MINE, **fields) == 302
    (made,) = own_subscriptions(seeded.house.wiring, seeded.ana)
    assert (made.topics, made.model) == (("new_version", "deployment"), "churn")
    assert made.since == seeded.house.size
    page = client.get(MINE).text
    assert "New version, Deployment" in page
    assert "ana@example.org" in page
    answer = seeded.post(client, f"{MINE}/{made.subscription_id}/remove", MINE)
    assert answer.status_code == 302
    assert own_subscriptions(seeded.house.wiring, seeded.ana) == []


def test_nobody_removes_what_is_somebody_elses(seeded: Seeded) -> None:
    add(seeded, seeded.browser("ana"), MINE, topic="denial")
    (made,) = own_subscriptions(seeded.house.wiring, seeded.ana)
    for who in ("bo", "rae"):
        client = seeded.browser(who)
        answer = seeded.post(client, f"{MINE}/{made.subscription_id}/remove", MINE)
        assert answer.status_code == 404
    assert own_subscriptions(seeded.house.wiring, seeded.ana) == [made]


@pytest.mark.parametrize("fields", [{}, {"topic": "nonsense"}, {"topic": "escalation"}])
def test_what_is_not_offered_is_not_taken(seeded: Seeded, fields: dict[str, str]) -> None:
    assert add(seeded, seeded.browser("ana"), MINE, **fields) == 422
    assert own_subscriptions(seeded.house.wiring, seeded.ana) == []


def test_a_form_of_another_site_subscribes_nobody(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    assert client.post(MINE, data={"topic": "denial"}).status_code == 403
    assert own_subscriptions(seeded.house.wiring, seeded.ana) == []


def test_there_is_an_end_to_subscriptions(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    for _ in range(MOST):
        assert add(seeded, client, MINE, topic="denial") == 302
    assert add(seeded, client, MINE, topic="denial") == 409


def test_channels_are_for_administrators(seeded: Seeded) -> None:
    client = seeded.browser("ana")
    assert client.get("/notices").status_code == 403
    assert '/notices"' not in client.get(MINE).text.replace("/account/notices", "")
    for path in ("/notices", "/notices/x/remove", "/notices/resend"):
        answer = seeded.post(client, path, "/account", topic="denial", channel="ml-team")
        assert answer.status_code == 403, path
    assert shared_subscriptions(seeded.house.wiring) == []


def test_an_administrator_sees_channels_without_their_secrets(seeded: Seeded) -> None:
    client = seeded.browser("rae")
    page = client.get("/notices").text
    for shown in ("Slack", "Microsoft Teams", "signed webhook", "e-mail", "ml-team"):
        assert shown in page
    assert "hidden-part" not in page
    assert SECRET not in page
    fields = {"topic": ["reminder", "escalation"], "channel": "ml-team", "model": "churn"}
    assert add(seeded, client, "/notices", **fields) == 302
    (made,) = shared_subscriptions(seeded.house.wiring)
    assert "Release waits too long" in client.get("/notices").text
    answer = seeded.post(client, f"/notices/{made.subscription_id}/remove", "/notices")
    assert answer.status_code == 302
    assert shared_subscriptions(seeded.house.wiring) == []


def test_what_was_given_up_is_shown_and_sent_again(seeded: Seeded) -> None:
    give_up(seeded, "entry/5", "reminder/5", "alarm/2026-03-09/abc")
    client = seeded.browser("rae")
    page = client.get("/notices").text
    assert "&lt;b&gt;No" in page
    assert "<b>No" not in page
    one = {"occasion": "entry/5", "subscription": "ab" * 8}
    assert seeded.post(client, "/notices/resend", "/notices", **one).status_code == 302
    assert sorted(states(seeded)) == ["dead", "dead", "waiting"]
    assert seeded.post(client, "/notices/resend", "/notices").status_code == 302
    assert states(seeded) == ["waiting"] * 3


def test_without_channels_the_page_says_so(house: House) -> None:
    made = seed(house)
    client = made.browser("ana")
    assert "No mail server is set up" in client.get(MINE).text
    assert client.get("/account").text.count(MINE) == 1
    form = {"csrf_token": token_of(client.get(MINE).text), "topic": "denial"}
    assert client.post(MINE, data=form).status_code == 422
    assert own_subscriptions(house.wiring, made.ana) == []
