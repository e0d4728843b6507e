"""Publishers and keys come over to a log that continues another, with what proves them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.audit import audit
from ledger.carried import carried_over
from ledger.core.rfc4648 import to_base64
from ledger.core.signature import key_fingerprint
from ledger.errors import ConflictError, InputError, ProofError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.client_key import possession_message
from ledger.events.passkey import EarlierEnrolment, KeyEnrolled
from ledger.query import Reader
from ledger.shard import continue_frozen
from ledger.submit import Submitter
from tests.ledger.test_publishers import RULE
from tests.ledger.test_shard import freeze, plan
from tests.tools.approving import Waiting
from tests.tools.authenticator import Authenticator
from tests.tools.house import ORIGIN, a_model, a_version, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.carried import Carried
    from ledger.events.event import Event
    from ledger.log import Log
    from tests.tools.house import House

ANA, BO, DI, CI = "a1" * 16, "b0" * 16, "d1" * 16, "c1" * 16
NEXT, LAST = "counterseal.example/test/2027", "counterseal.example/test/2028"
FOR_EVER = "2099-01-01T00:00:00.000000Z"


@dataclass
class Lived:
    """A log with keys of every kind, and those who hold them."""

    house: House
    bo: Authenticator
    enrolled: int
    ci: Ed25519PrivateKey

    @property
    def keyid(self) -> str:
        return key_fingerprint(self.ci.public_key().public_bytes_raw())


def workload_key(key: Ed25519PrivateKey, origin: str = ORIGIN, **more: Any) -> Event:
    public = key.public_key().public_bytes_raw().hex()
    fields = {
        "actor_id": CI,
        "public": public,
        "possession": key.sign(possession_message(origin, CI, public)).hex(),
        "kinds": ["model.registered"],
        "until": FOR_EVER,
    }
    return read_command("workload.key_enrolled", {**fields, **more})


def a_passkey(owner: str, credential: bytes, **more: Any) -> Authenticator:
    return Authenticator(owner, credential=credential, **more)


def countersigned(house: House, event: KeyEnrolled) -> int:
    """Enrolled by its owner, after Di agreed to the proposal."""
    asked = read_command("change.proposed", {"proposed": event.kind, "event": event.facts()})
    number = house.submit(asked).sequence
    agreed = read_command("change.approved", {"change": number, "command": asked.command})  # type: ignore[attr-defined]
    house.submitter.submit(Actor(id=DI, type="person", via="password"), agreed)
    return house.submitter.submit(
        Actor(id=event.actor_id, type="person", via="password"), event
    ).sequence


@pytest.fixture
def lived(house: House) -> Lived:
    for actor_id in (ANA, BO, DI):
        house.submit(person(actor_id=actor_id))
    house.submit(read_command("actor.enrolled", {"actor_id": CI, "actor_type": "workload"}))
    house.submit(a_model(ANA))
    house.submit(a_version())
    passkey = a_passkey(BO, b"the key of Bo is this", counts=True)
    enrolled = countersigned(house, passkey.enrolment())
    gone = a_passkey(ANA, b"another that is revoked")
    house.submit(gone.enrolment())
    house.submit(
        read_command("key.revoked", {"actor_id": ANA, "credential": to_base64(gone.credential)})
    )
    for repository in ("acme/pipelines", "acme/gone"):
        trusted = {**RULE, "actor_id": CI, "repository": repository}
        last = house.submit(read_command("publisher.trusted", trusted)).sequence
    house.submit(read_command("publisher.removed", {"publisher": last}))
    key, lost = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    house.submit(workload_key(key))
    house.submit(workload_key(lost))
    keyid = key_fingerprint(lost.public_key().public_bytes_raw())
    house.submit(read_command("workload.key_revoked", {"key": keyid}))
    return Lived(house, passkey, enrolled, key)


def approve(house: House, passkey: Authenticator, enrolled: int) -> int:
    """Bo approves a release with the passkey."""
    of = {"model": "churn", "version": "1.0.0", "environment": "production"}
    asked = house.submit(read_command("release.requested", of)).sequence
    waiting = Waiting(house, passkey, enrolled, asked)
    done = waiting.approve().sequence
    house.submit(read_command("release.withdrawn", {"release": asked}))
    return done


def continued(house: House, name: str = "2027", origin: str = NEXT) -> House:
    """The log that goes on, with a door of its own."""
    freeze(house, origin)
    log = continue_frozen(house.log, plan(house, name, origin))
    return replace(house, log=log, submitter=Submitter(log, house.judge, now=house.clock))


def the_passkey(log: Log) -> Any:
    (found,) = Reader(log).passkeys(actor=BO)
    return found


def test_what_proves_a_workload_comes_over_and_what_ended_does_not(lived: Lived) -> None:
    new = continued(lived.house)
    reader = Reader(new.log)
    (trusted,) = reader.publishers()
    assert (trusted.actor_id, trusted.repository_id) == (CI, RULE["repository_id"])
    told = reader.tell(trusted.since)
    assert told.private["repository"] == "acme/pipelines"
    assert told.entry.actor.via == "service"
    (key,) = reader.client_keys()
    assert key.keyid == lived.keyid
    event = new.log.entry(key.since).event
    assert event.shown_in == ORIGIN  # type: ignore[attr-defined]
    assert audit(new.log).problems == []
    new.submitter.close()


def test_a_passkey_comes_over_with_who_agreed_to_it_and_how_far_it_counted(lived: Lived) -> None:
    approve(lived.house, lived.bo, lived.enrolled)
    approve(lived.house, lived.bo, lived.enrolled)
    before = the_passkey(lived.house.log)
    new = continued(lived.house)
    key = the_passkey(new.log)
    assert key.since != before.since
    assert (key.by, key.countersigned, key.enrolled_at) == (BO, (DI,), before.enrolled_at)
    assert (key.count, key.earlier, key.change) == (2, (ORIGIN, lived.enrolled), None)
    assert Reader(new.log).passkeys(actor=ANA) == []
    assert audit(new.log).problems == []
    new.submitter.close()


def test_a_passkey_that_came_over_signs_and_a_copy_of_it_is_noticed(lived: Lived) -> None:
    approve(lived.house, lived.bo, lived.enrolled)
    new = continued(lived.house)
    number = the_passkey(new.log).since
    new.submit(a_model(ANA))
    new.submit(a_version())
    lived.bo.count = 0
    with pytest.raises(ProofError) as refused:
        approve(new, lived.bo, number)
    assert refused.value.code == "proof-counter"
    lived.bo.count = 5
    of = {"model": "churn", "version": "1.0.0", "environment": "staging"}
    asked = new.submit(read_command("release.requested", of)).sequence
    done = Waiting(new, lived.bo, number, asked).approve()
    assert (done.outcome, the_passkey(new.log).count) == ("allow", 6)
    assert audit(new.log).problems == []
    new.submitter.close()


def test_a_third_log_names_the_first_in_which_the_keys_were_shown(lived: Lived) -> None:
    second = continued(lived.house)
    third = continued(second, "2028", LAST)
    assert the_passkey(third.log).earlier == (ORIGIN, lived.enrolled)
    (key,) = Reader(third.log).client_keys()
    assert third.log.entry(key.since).event.shown_in == ORIGIN  # type: ignore[attr-defined]
    for one in (second, third):
        assert audit(one.log).problems == []
        one.submitter.close()


def test_nobody_says_later_that_a_key_came_over(lived: Lived) -> None:
    passkey = a_passkey(DI, b"never enrolled elsewhere")
    earlier = EarlierEnrolment(
        origin=ORIGIN, entry=3, at=FOR_EVER, by=ANA, countersigned=(BO,), count=0
    )
    told = passkey.enrolment().model_copy(update={"earlier": earlier})
    other = workload_key(Ed25519PrivateKey.generate(), NEXT, shown_in=NEXT)
    for event in (told, other):
        with pytest.raises(ConflictError) as refused:
            lived.house.submit(event)
        assert refused.value.code == "carried-late"


def test_a_proof_over_another_log_is_none(lived: Lived) -> None:
    with pytest.raises(InputError) as refused:
        lived.house.submit(workload_key(Ed25519PrivateKey.generate(), NEXT))
    assert refused.value.pointer == "/event/possession"


@pytest.mark.parametrize("change", ["countersigned", "count", "left out", "reaches further"])
def test_keys_that_are_not_those_of_the_log_before_are_noticed(
    lived: Lived, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made with the new log's genuine keys."""
    approve(lived.house, lived.bo, lived.enrolled)

    def other(*arguments: Any, **named: Any) -> Carried:
        found = carried_over(*arguments, **named)
        return replace(found, events=tuple(changed(found.events, change)))

    monkeypatch.setattr("ledger.shard.carried_over", other)
    new = continued(lived.house)
    assert {one.code for one in audit(new.log).problems} == {"carried-wrong"}
    new.submitter.close()


def changed(events: Any, change: str) -> Iterator[tuple[Actor, Event]]:
    for who, event in events:
        if not isinstance(event, KeyEnrolled):
            reaches = change == "reaches further" and event.kind == "publisher.trusted"
            more = {"kinds": ("deployment.recorded", "model.registered")} if reaches else {}
            yield who, event.model_copy(update=more)
        elif change != "left out" and event.earlier is not None:
            more = {"countersigned": (ANA,)} if change == "countersigned" else {}
            more = {"count": 0} if change == "count" else more
            yield who, event.model_copy(update={"earlier": event.earlier.model_copy(update=more)})


def test_whose_data_was_erased_has_no_key_in_the_new_log(lived: Lived) -> None:
    from tests.ledger.test_erasing import erase

    erase(lived.house, BO)
    new = continued(lived.house)
    assert Reader(new.log).passkeys(actor=BO) == []
    assert audit(new.log).problems == []
    new.submitter.close()
