"""Time stamps by a real authority (OpenSSL) on loopback, checked by two programs."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ledger import clock
from ledger.audit import audit
from ledger.core.digest import hex_digest
from ledger.errors import InputError, OutsideError
from ledger.events.catalogue import read_command
from ledger.events.entry import decode_entry
from ledger.events.log import CheckpointTimestamped
from ledger.outside.timestamp import TimestampError, check_timestamp, read_certificates
from ledger.publication import publication_state
from ledger.publish import Publisher
from ledger.stamp import Authorities, Stamper, stored_tokens
from ledger.store.database import reading
from ledger.store.publications import newest_publication, read_timestamps
from tests.tools.authority import Authority, running
from tests.tools.house import person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.log import Log
    from ledger.store.publications import Publication, StoredTimestamp
    from tests.tools.house import House


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    yield from running(tmp_path_factory.mktemp("tsa") / "here")


@pytest.fixture(autouse=True)
def _whole(authority: Authority) -> None:
    authority.asked, authority.status = 0, 200
    authority.media_type = "application/timestamp-reply"
    authority.spoil.clear()


@dataclass
class Moving:
    """The real time, and what is added to it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self.ahead


@contextmanager
def stamper(house: House, authority: Authority, now: Moving | None = None) -> Iterator[Stamper]:
    authorities = Authorities((authority.url,), tuple(read_certificates(authority.roots)))
    made = Stamper(house.log, house.submitter, authorities, now=now or Moving())
    yield made
    made.close()


def publish(log: Log) -> Publication:
    one = Publisher(log)
    made = one.publish()
    one.close()
    return made


def stored(log: Log) -> list[StoredTimestamp]:
    with reading(log.engine) as connection:
        return read_timestamps(connection, log.log_id, 0)


def recorded(log: Log) -> list[CheckpointTimestamped]:
    events = [decode_entry(row.envelope).event for row in log.stored()]
    return [event for event in events if isinstance(event, CheckpointTimestamped)]


def test_a_published_checkpoint_is_stamped_stored_and_recorded(
    house: House, authority: Authority
) -> None:
    made = publish(house.log)
    with stamper(house, authority) as one:
        [told] = one.stamp()
        assert told.time, told
        # Asked again for the same tree, nothing new is made.
        assert one.stamp() == [told]
    assert authority.asked == 1
    [token] = stored(house.log)
    [event] = recorded(house.log)
    assert (event.size, event.note) == (made.size, hex_digest(made.note))
    assert event.token == hex_digest(token.token)
    assert event.root == house.log.read_checkpoint(made.note).root.hex()
    assert event.authority == authority.url
    assert event.time == told.time
    state = publication_state(house.log)
    assert [one.size for one in state.timestamps] == [made.size]


def test_openssl_verifies_what_is_stored(sqlite_house: House, authority: Authority) -> None:
    made = publish(sqlite_house.log)
    with stamper(sqlite_house, authority) as one:
        one.stamp()
    [token] = stored(sqlite_house.log)
    assert authority.verify(made.note, token.token) == "Verification: OK"
    with pytest.raises(AssertionError):
        authority.verify(made.note + b" ", token.token)
    assert stored_tokens(sqlite_house.log) == [(made, token)]


def test_stamps_keep_their_interval_and_do_not_feed_on_themselves(
    sqlite_house: House, authority: Authority
) -> None:
    house, now = sqlite_house, Moving()
    publish(house.log)
    with stamper(house, authority, now) as one:
        assert len(one.stamp_due()) == 1
        # Not due, although the log has grown by the record of the stamp and by an entry.
        house.submit(person())
        publish(house.log)
        assert one.stamp_due() == []
        now.ahead = timedelta(minutes=61)
        # A clock that far from the authority's is told, and the stamp is not kept.
        [told] = one.stamp_due()
        assert "far from ours" in told.sentence
        assert one.stamp_due() == []
    assert len(stored(house.log)) == 1


def test_a_log_that_grew_by_stamps_alone_is_left_alone(
    sqlite_house: House, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.stamp.TOLERANCE", timedelta(days=1))
    house, now = sqlite_house, Moving()
    publish(house.log)
    with stamper(house, authority, now) as one:
        one.stamp_due()
        publish(house.log)
        now.ahead += timedelta(minutes=61)
        assert one.stamp_due() == []
        house.submit(person())
        publish(house.log)
        [told] = one.stamp_due()
        assert told.time
        assert told.size == publication_state(house.log).timestamps[0].size
    assert [event.size for event in recorded(house.log)] == [2, 4]


def test_a_token_that_was_stored_and_not_recorded_is_recorded_later(
    sqlite_house: House, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    publish(house.log)
    with stamper(house, authority) as one:
        monkeypatch.setattr(one, "_record", lambda *parts: None)
        one.stamp()
    assert recorded(house.log) == []
    for _ in range(2):
        with stamper(house, authority) as one:
            assert one.stamp_due() == []
            assert one.stamp_due() == []
    assert len(recorded(house.log)) == 1
    assert authority.asked == 1


def test_a_policy_without_a_gate_for_it_leaves_the_log_as_it_is(
    sqlite_house: House, authority: Authority
) -> None:
    house = sqlite_house
    house.judge.refused.add("checkpoint.timestamped")
    publish(house.log)
    size = house.log.head().size
    with stamper(house, authority) as one:
        [told] = one.stamp()
        assert told.time
        assert house.log.head().size == size
        assert len(stored(house.log)) == 1
        house.judge.refused.clear()
        assert one.stamp_due() == []
    assert len(recorded(house.log)) == 1


def test_an_authority_that_answers_wrongly_leaves_no_token(
    sqlite_house: House, authority: Authority
) -> None:
    house = sqlite_house
    publish(house.log)
    with stamper(house, authority) as one:
        one.stamp()
        [right] = stored(house.log)
        house.submit(person())
        publish(house.log)
        refusal = bytes.fromhex("3009300702010203020500")
        # What is right for another note, cut, longer, refused, or no DER at all.
        for wrong in (right.token, right.token[:-1], right.token + b"\0", refusal, b"hello", b""):
            authority.spoil[:] = [wrong]
            [told] = one.stamp()
            assert told.sentence
            assert not told.time
        authority.spoil.clear()
        authority.status = 503
        assert "503" in one.stamp()[0].sentence
        authority.status, authority.media_type = 200, "text/html"
        assert one.stamp()[0].sentence
    assert stored(house.log) == [right]


def test_a_stamp_that_leads_to_another_root_is_refused(
    sqlite_house: House, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    house = sqlite_house
    publish(house.log)
    other = Authority(tmp_path_factory.mktemp("other") / "here")
    other.make_keys()
    roots = tuple(read_certificates(other.roots))
    one = Stamper(house.log, house.submitter, Authorities((authority.url,), roots))
    assert "does not verify" in one.stamp()[0].sentence
    one.close()
    assert stored(house.log) == []


def test_every_changed_byte_of_a_stored_token_is_told(
    sqlite_house: House, authority: Authority
) -> None:
    made = publish(sqlite_house.log)
    with stamper(sqlite_house, authority) as one:
        one.stamp()
    [token] = stored(sqlite_house.log)
    roots = read_certificates(authority.roots)
    right = check_timestamp(token.token, made.note, roots)
    assert abs(right.time - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251
    with pytest.raises(TimestampError):
        check_timestamp(token.token, made.note + b"x", roots)
    # The last bytes are the signature.
    for place in range(len(token.token) - 200, len(token.token), 7):
        changed = bytearray(token.token)
        changed[place] ^= 1
        with pytest.raises(TimestampError):
            check_timestamp(bytes(changed), made.note, roots)


def test_an_authority_that_is_away_is_a_sentence(sqlite_house: House, authority: Authority) -> None:
    publish(sqlite_house.log)
    roots = tuple(read_certificates(authority.roots))
    urls = ("http://127.0.0.1:1/tsa", authority.url)
    one = Stamper(sqlite_house.log, sqlite_house.submitter, Authorities(urls, roots))
    away, there = one.stamp()
    one.close()
    assert away.sentence
    assert there.time


def test_certificates_must_be_there(authority: Authority) -> None:
    with pytest.raises(OutsideError):
        read_certificates(authority.folder / "nothing")
    with pytest.raises(InputError):
        read_certificates(authority.folder / "openssl.cnf")


def test_the_end_of_a_log_is_stamped_once_and_recorded_nowhere(
    house: House, authority: Authority
) -> None:
    with stamper(house, authority) as one:
        end = {"successor": "example.org/next"}
        house.submit(read_command("log.frozen", end))
        made = publish(house.log)
        [told] = one.stamp_due()
        assert told.time, told
        assert one.stamp_due() == []
    assert authority.asked == 1
    assert [one.size for one in stored(house.log)] == [made.size]
    assert recorded(house.log) == []
    assert audit(house.log, certificates=read_certificates(authority.roots)).problems == []


def test_the_thread_stamps_what_is_published(sqlite_house: House, authority: Authority) -> None:
    authorities = Authorities((authority.url,), tuple(read_certificates(authority.roots)))
    one = Stamper(sqlite_house.log, sqlite_house.submitter, authorities, seconds=0.02)
    one.start()
    try:
        publish(sqlite_house.log)
        until = time.monotonic() + 20
        while not recorded(sqlite_house.log):
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        one.close()
    assert authority.asked == 1


def test_nothing_is_stamped_before_anything_is_published(
    sqlite_house: House, authority: Authority
) -> None:
    with stamper(sqlite_house, authority) as one:
        assert one.stamp() == []
        assert one.stamp_due() == []
    with reading(sqlite_house.log.engine) as connection:
        assert newest_publication(connection, sqlite_house.log.log_id) is None
