"""From an entry to a real mailbox and real web hooks: all of it, once, and in spite of failures."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from ledger.batch import Asked
from ledger.errors import InputError, OutsideError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.people import ActorEnrolled
from ledger.genesis import new_actor_id
from ledger.store.database import reading
from ledger.store.notices import dead_deliveries, read_cursor, revive_deliveries, tally_channels
from tests.webui.api.company import ARTIFACT
from tests.webui.notices.conftest import SECRET
from tests.webui.pages.test_exceptions import under
from webui.access_reviews import opening
from webui.identity.accounts import disable_account
from webui.identity.errors import AdministratorError
from webui.notices.backoff import TRIES
from webui.notices.sending import Sender
from webui.notices.subscribing import own_subscriptions, unsubscribe

if TYPE_CHECKING:
    from tests.webui.notices.conftest import Office

APPROVED = {"artifact": ARTIFACT, "comment": "Words that concern nobody else"}


def approve(office: Office, who: str) -> int:
    """An approval of the release that waits; the number of its entry."""
    api = office.house.api(office.house.token(who))
    answer = api.submit("release.approved", {"release": office.seeded.release, **APPROVED})
    assert answer.status_code == 201, answer.text
    return int(answer.json["sequence"])


def register(office: Office, version: str) -> None:
    from tests.webui.api.company import a_version

    api = office.house.api(office.house.token(office.seeded.ana))
    assert api.submit("version.registered", a_version(version)).status_code == 201


def rows(office: Office) -> list[tuple[str, str, int]]:
    """Channel, state and attempts of every delivery."""
    query = text("SELECT channel, state, attempts FROM notice_delivery ORDER BY sequence, channel")
    with reading(office.wiring.engine) as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_an_approval_reaches_every_kind_of_channel_once(office: Office) -> None:
    root = office.house.administrator
    office.subscribe(office.seeded.bo, "approval_given", model="churn")
    for channel in ("ml-team", "risk", "pipeline"):
        office.subscribe(root, "approval_given", channel=channel)
    number = approve(office, office.seeded.chi)
    for _ in range(3):
        office.courier.turn()
    (mail,) = office.mail.mails
    assert office.mail.recipients == ["bo@example.org"]
    assert mail["Subject"] == "Approval given: churn 1.0.0 in production"
    assert mail["From"] == "ledger@example.org"
    body = mail.get_content()
    link = f"https://ledger.example.org/releases/{office.seeded.release}"
    assert "Chi approved the release of churn 1.0.0 in production." in body
    assert link in body
    posts = {post.path.partition("?")[0]: post for post in office.hooks.posts}
    assert len(office.hooks.posts) == 3
    for post in posts.values():
        assert b"Chi approved the release of churn" in post.body
        assert link.encode() in post.body
        assert b"concern nobody else" not in post.body
    assert "concern nobody else" not in body
    said = json.loads(posts["/hook"].body)
    assert (said["entry"], said["kind"]) == (number, "release.approved")
    assert posts["/hook"].headers["COUNTERSEAL_MESSAGE"] == said["id"]
    assert {state for _, state, _ in rows(office)} == {"delivered"}


def test_only_what_was_subscribed_to_is_told_and_only_from_then_on(office: Office) -> None:
    office.subscribe(office.seeded.bo, "new_version", model="other-model")
    office.subscribe(office.seeded.bo, "deployment")
    office.subscribe(office.seeded.bo, "approval_given", environment="staging")
    office.subscribe(office.seeded.chi, "new_version", environment="staging")
    approve(office, office.seeded.chi)
    register(office, "2.0.0")
    office.courier.turn()
    # A new version belongs to no environment, so it concerns whoever asked for one of them.
    assert office.mail.recipients == ["chi@example.org"]
    office.subscribe(office.seeded.bo, "new_version")
    office.courier.turn()
    assert len(office.mail.mails) == 1


def test_a_refused_attempt_is_told_to_whoever_watches_denials(office: Office) -> None:
    office.subscribe(office.house.administrator, "denial", channel="pipeline")
    api = office.house.api(office.house.token(office.seeded.bo))
    answer = api.submit(
        "release.approved", {"release": office.seeded.release, "artifact": ARTIFACT}
    )
    assert answer.status_code == 403
    office.courier.turn()
    said = json.loads(office.hooks.posts[0].body)
    assert said["sentence"].startswith("Bo was refused by the policy (Release approved): churn")


def test_a_channel_that_fails_is_tried_again_later_and_delays_no_other(office: Office) -> None:
    office.subscribe(office.seeded.bo, "approval_given")
    office.subscribe(office.house.administrator, "approval_given", channel="pipeline")
    office.hooks.fail(2)
    approve(office, office.seeded.chi)
    office.courier.turn()
    assert len(office.mail.mails) == 1
    assert ("pipeline", "waiting", 1) in rows(office)
    office.courier.turn()
    assert len(office.hooks.posts) == 1, "not before its time"
    for _ in range(2):
        office.house.clock.move(minutes=2)
        office.courier.turn()
    assert ("pipeline", "delivered", 3) in rows(office)
    first, second, third = (json.loads(post.body) for post in office.hooks.posts)
    assert first == second == third
    stamps = {post.headers["COUNTERSEAL_SIGNATURE"] for post in office.hooks.posts}
    assert len(stamps) == 3, "each try is signed at its own time"
    assert len(office.mail.mails) == 1


def test_what_never_arrives_is_given_up_kept_and_sent_again_by_hand(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office.subscribe(office.house.administrator, "approval_given", channel="ml-team")
    office.hooks.fail(TRIES)
    approve(office, office.seeded.chi)
    for _ in range(TRIES + 2):
        office.courier.turn()
        office.house.clock.move(hours=7)
    assert len(office.hooks.posts) == TRIES
    with reading(office.wiring.engine) as connection:
        (dead,) = dead_deliveries(connection, office.wiring.log.log_id, 10)
    assert dead.failure == "It was not accepted (status 503)."
    assert "is given up" in caplog.text
    assert "hidden-part" not in caplog.text
    with office.wiring.engine.begin() as connection:
        assert revive_deliveries(connection, office.wiring.log.log_id, "2026") == 1
    office.courier.turn()
    assert ("ml-team", "delivered", 1) in rows(office)
    with reading(office.wiring.engine) as connection:
        tally = tally_channels(connection, office.wiring.log.log_id)["ml-team"]
    assert (tally.delivered, tally.dead, tally.waiting) == (1, 0, 0)


def test_a_mailbox_that_does_not_exist_is_not_tried_twice(office: Office) -> None:
    office.subscribe(office.seeded.bo, "approval_given")
    office.subscribe(office.seeded.chi, "approval_given")
    office.mail.answers += ["550 no such user", "450 later"]
    approve(office, office.seeded.chi)
    office.courier.turn()
    assert sorted(rows(office)) == [("email", "dead", 1), ("email", "waiting", 1)]


@pytest.mark.parametrize("wrong", ["password", "certificate"])
def test_a_mail_server_that_is_not_the_right_one_gets_no_mail(office: Office, wrong: str) -> None:
    office.subscribe(office.seeded.bo, "approval_given")
    if wrong == "password":
        office.channels.file("mail-password").write_text("another")
    else:
        from pathlib import Path

        from tests.tools.receivers import server_context

        server_context(Path(office.mail.certificate), "localhost")
    approve(office, office.seeded.chi)
    office.courier.turn()
    assert office.mail.mails == []
    assert rows(office) == [("email", "waiting", 1)]


def test_two_servers_send_everything_once_between_them(office: Office) -> None:
    for who in (office.seeded.ana, office.seeded.bo, office.seeded.chi):
        office.subscribe(who, "new_version")
    other = office.another()
    both = (office.courier, other)
    for number in range(4):
        register(office, f"3.0.{number}")
        threads = [threading.Thread(target=one.turn) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for one in both:
        one.turn()
    other.close()
    titles = sorted((mail["To"], mail["Subject"]) for mail in office.mail.mails)
    assert len(titles) == 12
    assert len(set(titles)) == 12


def test_a_server_that_was_killed_while_sending_lets_another_go_on(office: Office) -> None:
    """Taken and never settled: due again when the lease is over, under the same id."""
    office.subscribe(office.house.administrator, "approval_given", channel="pipeline")
    approve(office, office.seeded.chi)

    class KilledError(BaseException):
        pass

    other = office.another()

    def killed(seen: object) -> None:
        raise KilledError

    other._attempt = killed
    other._plan()
    (begun,) = other._hand_out()
    with pytest.raises(KilledError):
        begun.result()
    other.close()
    office.courier.turn()
    assert office.hooks.posts == []
    office.house.clock.move(minutes=11)
    office.courier.turn()
    assert len(office.hooks.posts) == 1
    assert rows(office) == [("pipeline", "delivered", 2)]


def test_a_restart_goes_on_where_it_stopped(office: Office) -> None:
    office.subscribe(office.seeded.bo, "new_version")
    register(office, "4.0.0")
    office.courier.turn()
    register(office, "4.0.1")
    for _ in range(2):
        again = office.another()
        again.turn()
        again.close()
    assert [mail["Subject"] for mail in office.mail.mails] == [
        "New version: churn 4.0.0",
        "New version: churn 4.0.1",
    ]


def test_entries_that_concern_nobody_move_the_cursor_seldom(office: Office) -> None:
    def cursor() -> int | None:
        with reading(office.wiring.engine) as connection:
            return read_cursor(connection, office.wiring.log.log_id)

    office.subscribe(office.seeded.bo, "deployment")
    before = cursor()
    register(office, "5.0.0")
    office.courier.turn()
    assert cursor() == before
    root = Actor(id=office.house.administrator, type="person", via="password")
    for _ in range(4):
        people = [
            ActorEnrolled(actor_id=new_actor_id(), actor_type="person", name="X")
            for _ in range(250)
        ]
        office.wiring.submitter.submit_batch(root, [Asked(one) for one in people])
    office.courier.turn()
    assert cursor() > 1000


def test_a_closed_account_and_an_ended_subscription_get_nothing(office: Office) -> None:
    office.subscribe(office.seeded.bo, "approval_given")
    ended = office.subscribe(office.seeded.ana, "approval_given")
    office.mail.answers += ["450 later"] * 2
    approve(office, office.seeded.chi)
    office.courier.turn()
    disable_account(office.wiring, office.seeded.bo)
    unsubscribe(office.wiring, ended, asker=office.seeded.ana)
    office.house.clock.move(minutes=5)
    office.courier.turn()
    assert office.mail.mails == []
    assert rows(office) == [("email", "dropped", 2)]


def test_a_name_is_what_the_vault_says_when_it_is_sent(office: Office) -> None:
    office.subscribe(office.seeded.bo, "approval_given")
    office.mail.answers += ["450 later"]
    approve(office, office.seeded.chi)
    office.courier.turn()
    engine = create_engine(office.wiring.engine.url)
    with engine.begin() as connection:
        gone = text("DELETE FROM vault_key WHERE subject = :who")
        assert connection.execute(gone, {"who": office.seeded.chi}).rowcount == 1
    engine.dispose()
    office.house.clock.move(minutes=5)
    office.courier.turn()
    (mail,) = office.mail.mails
    assert f"Person {office.seeded.chi[:8]} approved" in mail.get_content()


def test_an_append_needs_nothing_of_the_notices(office: Office) -> None:
    office.subscribe(office.seeded.bo, "new_version")
    with office.wiring.engine.begin() as connection:
        for table in ("notice_delivery", "notice_cursor", "notice_subscription"):
            connection.execute(text(f"DROP TABLE {table}"))
    register(office, "6.0.0")
    with pytest.raises(OutsideError):
        office.courier.turn()
    register(office, "6.0.1")


def test_a_read_only_ledger_is_told_once_a_day_and_nothing_else_is(office: Office) -> None:
    office.subscribe(office.seeded.bo, "alarm", "new_version")
    register(office, "7.0.0")
    office.wiring.log.alarm = "The head of the log does not agree with its entries."
    office.courier.turn()
    office.courier.turn()
    (mail,) = office.mail.mails
    assert mail["Subject"].startswith("Ledger read-only: ")
    assert "https://ledger.example.org/log" in mail.get_content()
    office.house.clock.move(days=1)
    office.courier.turn()
    assert len(office.mail.mails) == 2
    office.wiring.log.alarm = ""
    office.courier.turn()
    assert office.mail.mails[-1]["Subject"] == "New version: churn 7.0.0"


def test_a_release_that_waits_is_reminded_once_and_then_escalated_once(office: Office) -> None:
    root = office.house.administrator
    boss = office.house.enrol("Rae", "rae@example.org", "administrator")
    office.subscribe(root, "reminder", channel="ml-team", model="churn")
    office.subscribe(root, "escalation", channel="risk")
    office.subscribe(boss, "escalation")
    for _ in range(2):
        office.courier.turn()
        office.house.clock.move(minutes=2)
    assert office.mail.mails == []
    office.house.clock.move(hours=24)
    for _ in range(3):
        office.courier.turn()
        office.house.clock.move(minutes=2)
    # Bo asked for it and Ana registered the version: Chi is who could approve.
    assert office.mail.recipients == ["chi@example.org"]
    assert "waits for more than 24 h; your approval could" in office.mail.mails[0].get_content()
    assert [post.path for post in office.hooks.posts] == ["/slack/T0/B0/hidden-part"]
    office.house.clock.move(hours=48)
    for _ in range(3):
        office.courier.turn()
        office.house.clock.move(minutes=2)
    assert office.mail.recipients == ["chi@example.org", "rae@example.org"]
    assert [post.path.partition("?")[0] for post in office.hooks.posts][1:] == ["/teams"]


def test_who_could_decide_an_access_review_is_reminded_before_and_after_it_is_due(
    office: Office,
) -> None:
    office.wiring.submitter.submit(
        Actor(id=office.seeded.chi, type="person", via="password"),
        read_command(
            "access.review_opened",
            opening(office.wiring, ["ml_lead"], "2026-03-29T00:00:00Z"),
        ),
    )
    office.subscribe(office.house.administrator, "access_review", channel="ml-team")
    office.house.clock.move(days=1)

    def mails() -> list[str]:
        office.courier.turn()
        office.house.clock.move(minutes=2)
        office.courier.turn()
        return [mail["Subject"] for mail in office.mail.mails if "Access review" in mail["Subject"]]

    assert mails() == []
    office.house.clock.move(days=15)
    (soon,) = mails()
    assert soon.endswith("is due soon")
    assert mails() == [soon], "once"
    assert office.mail.mails[-1]["To"] == "chi@example.org", "Bo holds no role that decides"
    assert "1 of 1 rows wait" in office.mail.mails[-1].get_content()
    office.house.clock.move(days=6)
    assert mails()[1:] == [soon.replace("due soon", "late")]
    office.house.clock.move(days=7)
    assert len(mails()) == 3, "each week"
    assert len(office.hooks.posts) == 3, "and to a channel that chose it"


def test_a_release_that_was_decided_meanwhile_is_reminded_of_no_more(office: Office) -> None:
    office.mail.answers += ["450 later"]
    office.courier.turn()
    office.house.clock.move(hours=25)
    office.courier.turn()
    assert rows(office) == [("email", "waiting", 1)]
    api = office.house.api(office.house.token(office.seeded.bo))
    gone = api.submit("release.withdrawn", {"release": office.seeded.release})
    assert gone.status_code == 201, gone.text
    office.house.clock.move(minutes=5)
    office.courier.turn()
    assert rows(office) == [("email", "dropped", 2)]
    assert office.mail.mails == []


def test_an_escalation_is_for_those_who_are_administrators_still(office: Office) -> None:
    from webui.notices.subscribing import subscribe

    with pytest.raises(InputError):
        office.subscribe(office.seeded.bo, "escalation")
    with pytest.raises(InputError):
        office.subscribe(office.seeded.bo, "reminder")
    with pytest.raises(AdministratorError):
        subscribe(
            office.wiring,
            office.channels,
            subscriber=office.seeded.bo,
            channel="ml-team",
            topics=("denial",),
        )
    boss = office.house.enrol("Rae", "rae@example.org", "administrator")
    office.subscribe(boss, "escalation")
    root = office.house.api(office.house.token(office.house.administrator))
    taken = {"actor_id": boss, "role": "administrator", "reason": "Left"}
    proposed = root.submit("change.proposed", {"proposed": "role.revoked", "event": taken}).json
    chi = office.house.api(office.house.token(office.seeded.chi))
    command = chi.get(f"/changes/{proposed['sequence']}").json["change"]["command"]
    word = {"change": proposed["sequence"], "command": command}
    assert chi.submit("change.approved", word).status_code == 201
    assert root.submit("role.revoked", taken).status_code == 201
    office.house.clock.move(hours=80)
    office.courier.turn()
    assert "rae@example.org" not in office.mail.recipients


@pytest.mark.parametrize(
    ("topics", "model", "environment"),
    [((), "", ""), (("nonsense",), "", ""), (("denial",), "A B", ""), (("denial",), "", "<x>")],
)
def test_what_can_not_be_subscribed_to_is_refused(
    office: Office, topics: tuple[str, ...], model: str, environment: str
) -> None:
    with pytest.raises(InputError):
        office.subscribe(office.seeded.bo, *topics, model=model, environment=environment)
    assert own_subscriptions(office.wiring, office.seeded.bo) == []


def test_a_test_message_arrives_at_once(office: Office) -> None:
    sender = Sender(office.wiring, office.channels)
    sender.test("email", "ana@example.org")
    sender.test("pipeline")
    with pytest.raises(InputError):
        sender.test("email")
    with pytest.raises(InputError):
        sender.test("nobody")
    sender.close()
    assert office.mail.mails[0]["Subject"].startswith("Test: ")
    assert json.loads(office.hooks.posts[0].body)["topic"] == "test"


def test_the_thread_sends_by_itself_and_stops(office: Office) -> None:
    from webui.notices.courier import Courier

    arrived = threading.Event()
    courier = Courier(office.wiring, office.channels, seconds=0.02)
    sent = courier._sender.attempt

    def told(delivery: object) -> object:
        outcome = sent(delivery)
        arrived.set()
        return outcome

    courier._sender.attempt = told
    courier.start()
    office.subscribe(office.house.administrator, "new_version", channel="pipeline")
    register(office, "8.0.0")
    assert arrived.wait(20)
    courier.close()
    assert json.loads(office.hooks.posts[0].body)["version"] == "8.0.0"
    assert SECRET.encode() not in office.hooks.posts[0].body


def test_what_arrived_long_ago_is_forgotten_but_never_what_reminds(office: Office) -> None:
    office.subscribe(office.house.administrator, "new_version", "reminder", channel="pipeline")
    register(office, "9.0.0")
    office.house.clock.move(hours=25)
    office.courier.turn()
    assert len(rows(office)) == 3
    office.house.clock.move(days=91)
    office.courier.turn()
    with reading(office.wiring.engine) as connection:
        left = set(connection.execute(text("SELECT occasion FROM notice_delivery")).scalars())
    assert left == {f"reminder/{office.seeded.release}"}
    before = len(office.hooks.posts)
    again = office.another()
    again.turn()
    again.close()
    assert len(office.hooks.posts) == before


def test_whoever_is_asked_by_name_is_told_and_only_while_it_is_their_turn(office: Office) -> None:
    office.courier.turn()  # the cursor begins here
    bo = office.house.api(office.house.token(office.seeded.bo))
    asked = {"release": office.seeded.release, "reviewers": [office.seeded.chi], "note": "Secret"}
    assert bo.submit("release.assigned", asked).status_code == 201
    office.courier.turn()
    (mail,) = office.mail.mails
    assert office.mail.recipients == ["chi@example.org"]
    assert mail["Subject"] == "Named people asked to look: churn 1.0.0 in production"
    body = mail.get_content()
    assert "Bo asked Chi to look at the release of churn 1.0.0 in production." in body
    assert f"https://ledger.example.org/releases/{office.seeded.release}" in body
    assert "Secret" not in body
    assert bo.submit("release.assigned", asked).status_code == 201
    assert bo.submit("release.withdrawn", {"release": office.seeded.release}).status_code == 201
    office.courier.turn()
    assert len(office.mail.mails) == 1
    assert rows(office)[-1] == ("email", "dropped", 1)


def test_a_comment_is_told_to_whoever_asked_and_to_subscribers_once_without_its_words(
    office: Office,
) -> None:
    office.subscribe(office.seeded.bo, "comment")
    office.subscribe(office.house.administrator, "comment", channel="pipeline")
    chi = office.house.api(office.house.token(office.seeded.chi))
    words = {"release": office.seeded.release, "comment": "Words that concern nobody else"}
    assert chi.submit("release.commented", words).status_code == 201
    office.courier.turn()
    assert office.mail.recipients == ["bo@example.org"]
    body = office.mail.mails[0].get_content()
    assert "Chi commented on the release of churn 1.0.0 in production." in body
    assert "concern nobody else" not in body
    assert b"concern nobody else" not in office.hooks.posts[0].body


def test_whom_the_policy_names_is_told_without_having_asked(office: Office) -> None:
    gate = "actor: {any_role: [data_scientist, ml_lead, compliance, pipeline]}\n"
    tell = "    afterwards:\n      - {id: tell, notify: {holders_of: [compliance]}}\n"
    under(office.seeded, (gate, gate + tell))
    office.courier.turn()
    before = len(office.mail.mails)
    api = office.house.api(office.house.token(office.seeded.ana))
    paper = {
        "model": "churn", "version": "1.0.0", "type": "model_card", "sha256": "e7" * 32,
        "size_bytes": 1, "media_type": "text/plain",
    }  # fmt: skip
    assert api.submit("evidence.attached", paper).status_code == 201
    office.courier.turn()
    told = office.mail.mails[before:]
    assert {mail["Subject"] for mail in told} == {"For your information: churn 1.0.0"}
    assert "chi@example.org" in office.mail.recipients[before:]
    assert "bo@example.org" not in office.mail.recipients[before:]
    assert "made this entry: Document attached: churn 1.0.0." in told[0].get_content()


def test_an_overdue_review_is_told_to_who_can_make_it_and_then_escalated(office: Office) -> None:
    office.subscribe(office.house.administrator, "escalation", channel="ml-team")
    gate = "        approvals: {at_least: 1, any_of: [ml_lead, compliance]}\n"
    owed = "    afterwards:\n      - {id: look, due: P1D}\n"
    under(office.seeded, (gate, gate + owed))
    api = office.house.api(office.house.token(office.seeded.ana))
    asked = {"model": "churn", "version": "1.0.0", "environment": "staging"}
    release = api.submit("release.requested", asked).json["sequence"]
    vote = {"release": release, "artifact": ARTIFACT}
    chi = office.house.api(office.house.token(office.seeded.chi))
    assert chi.submit("release.approved", vote).status_code == 201
    office.courier.turn()
    office.house.clock.move(hours=23)
    before = len(office.mail.mails)
    office.courier.turn()
    assert [mail for mail in office.mail.mails[before:] if "overdue" in mail["Subject"]] == []
    office.house.clock.move(hours=2)
    office.courier.turn()
    late = [mail for mail in office.mail.mails[before:] if "overdue" in mail["Subject"]]
    assert {mail["Subject"] for mail in late} == {"Review overdue: churn in staging"}
    assert "A review was due by" in late[0].get_content()
    assert [post for post in office.hooks.posts if b"still not made" in post.body] == []
    office.house.clock.move(hours=72)
    for _ in range(2):
        office.courier.turn()
        office.house.clock.move(minutes=2)
    assert len([one for one in office.hooks.posts if b"still not made" in one.body]) == 1
    everything = [mail for mail in office.mail.mails[before:] if "overdue" in mail["Subject"]]
    assert len(everything) == len(late)
