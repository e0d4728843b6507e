"""Publishing to real witnesses over loopback: quorums, retries, rollbacks, liars and silence."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from ledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.core.cosignature import cosign, format_lines
from ledger.core.note import Vkey, format_note, parse_note, parse_vkey, sign_note
from ledger.core.trust import TrustPolicy, parse_trust_policy, satisfied
from ledger.core.witnessing import format_add_checkpoint
from ledger.errors import IntegrityError, UnknownSubjectError
from ledger.keys.signer import create_signer
from ledger.outside.witness import Outcome
from ledger.publication import publication_state
from ledger.publish import Publisher, published
from ledger.store.database import open_engine, writing
from ledger.store.publications import StoredCosignature, insert_cosignature
from tests.tools.house import person
from webui.server import Server
from webui.witness.app import create_witness_app
from webui.witness.cosigner import Cosigner, create_witness, open_witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.log import Log
    from tests.tools.house import House


class Watch:
    """A witness that answers on loopback."""

    def __init__(self, folder: Path, name: str, log: Log, *, ml_dsa_44: bool = False) -> None:
        create_witness(folder, f"w.example/{name}", ml_dsa_44=ml_dsa_44).close()
        self.name = name
        self.cosigner: Cosigner = open_witness(folder)
        self.cosigner.notebook.trust(parse_vkey(log.vkey))
        self.server = Server(create_witness_app(self.cosigner))
        self.server.start()
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.line = f"witness {name} {self.cosigner.vkeys[-1]} {self.url}\n"
        self.open = True

    def stop(self) -> None:
        if self.open:
            self.open = False
            self.server.stop()
            self.cosigner.close()


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    made: list[Watch] = []

    def make(name: str, log: Log, *, ml_dsa_44: bool = False) -> Watch:
        made.append(Watch(tmp_path / f"witness-{name}", name, log, ml_dsa_44=ml_dsa_44))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def policy(log: Log, *lines: str, quorum: str = "none") -> TrustPolicy:
    text = f"log {log.vkey}\n{''.join(lines)}quorum {quorum}\n"
    return parse_trust_policy(text.encode())


@contextmanager
def publisher(log: Log) -> Iterator[Publisher]:
    made = Publisher(log)
    try:
        yield made
    finally:
        made.close()


def publish(log: Log) -> None:
    with publisher(log) as one:
        one.publish()


def words(log: Log) -> dict[str, str]:
    return {
        one.name: one.word.outcome if one.word else "" for one in publication_state(log).witnesses
    }


def test_a_publication_carries_the_logs_own_post_quantum_line(house: House) -> None:
    log = house.log
    assert published(log) == log.head().checkpoint
    publish(log)
    note = parse_note(published(log))
    assert len(note.signatures) == 2
    for key in (log.vkey, log.cosigner_vkey):
        verdict = satisfied(parse_trust_policy(f"log {key}\nquorum none\n".encode()), note)
        assert verdict.valid
    house.submit(person())
    assert parse_checkpoint(parse_note(published(log)).text).size == log.head().size - 1
    publish(log)
    assert parse_checkpoint(parse_note(published(log)).text).size == log.head().size


def test_what_is_shown_waits_for_its_quorum(house: House, watch: Callable[..., Watch]) -> None:
    log = house.log
    ana, bo, cy = (watch(name, log, ml_dsa_44=name == "bo") for name in ("ana", "bo", "cy"))
    lines = (ana.line, bo.line, cy.line, "group two 2 ana bo cy\n")
    log.trust = policy(log, *lines, quorum="two")
    with pytest.raises(UnknownSubjectError) as told:
        published(log)
    assert told.value.code == "not-published"
    publish(log)
    first = published(log)
    verdict = satisfied(log.trust, parse_note(first))
    assert verdict.valid
    assert len(verdict.counted) == 3
    ana.stop()
    bo.stop()
    house.submit(person())
    publish(log)
    assert published(log) == first
    state = publication_state(log)
    assert (state.quorum_met, state.witnessed) == (False, 1)
    assert words(log) == {"ana": "unreachable", "bo": "unreachable", "cy": "signed"}
    assert [one.signed_size for one in state.witnesses] == [2, 2, 3]


def test_what_was_seen_by_enough_is_shown_however_long_ago(
    house: House, watch: Callable[..., Watch]
) -> None:
    log = house.log
    ana, bo = watch("ana", log), watch("bo", log)
    log.trust = policy(log, ana.line, bo.line, "group ab all ana bo\n", quorum="ab")
    publish(log)
    first = published(log)
    size = log.head().size
    with writing(log.engine) as connection:
        # As many publications with one signature each as a second-by-second log has in minutes.
        for more in range(size + 1, size + 150):
            made = StoredCosignature(more, log.trust.witnesses[more % 2].vkey.label, b"", "t")
            insert_cosignature(connection, log.log_id, made)
    assert published(log) == first


def test_a_quorum_of_groups_looks_past_many_that_do_not_meet_it(
    sqlite_house: House, watch: Callable[..., Watch]
) -> None:
    log = sqlite_house.log
    one, two, three = (watch(name, log) for name in ("one", "two", "three"))
    rules = "group pair any one two\ngroup both all pair three\n"
    log.trust = policy(log, one.line, two.line, three.line, rules, quorum="both")
    publish(log)
    first = published(log)
    size = log.head().size
    with writing(log.engine) as connection:
        for more in range(size + 1, size + 120):
            for witness in log.trust.witnesses[:2]:
                made = StoredCosignature(more, witness.vkey.label, b"", "t")
                insert_cosignature(connection, log.log_id, made)
    assert published(log) == first


def test_a_witness_that_knows_another_size_is_asked_from_there(
    sqlite_house: House, watch: Callable[..., Watch]
) -> None:
    log = sqlite_house.log
    ana = watch("ana", log)
    # Somebody else has shown it an earlier checkpoint, so our record of it is behind.
    first = log.head()
    ana.cosigner.add_checkpoint(format_add_checkpoint(0, (), first.checkpoint))
    sqlite_house.fill()
    log.trust = policy(log, ana.line, quorum="ana")
    publish(log)
    assert words(log) == {"ana": "signed"}
    seen = ana.cosigner.notebook.seen(log.origin)
    assert seen is not None
    assert seen.size == log.head().size
    assert satisfied(log.trust, parse_note(published(log))).valid


def test_a_witness_that_is_ahead_of_a_slow_publisher_is_no_alarm(
    sqlite_house: House, watch: Callable[..., Watch]
) -> None:
    log = sqlite_house.log
    ana = watch("ana", log)
    log.trust = policy(log, ana.line)
    slow = Publisher(log)
    made = slow._publish()
    sqlite_house.submit(person())
    ana.cosigner.add_checkpoint(format_add_checkpoint(0, (), log.head().checkpoint))
    word = slow._ask(log.trust.witnesses[0], made, 0)
    slow.close()
    assert word.outcome is Outcome.AHEAD
    assert publication_state(log).alarms == ()


def test_database_and_guard_put_back_together_are_told_by_a_witness(
    sqlite_house: House, watch: Callable[..., Watch], tmp_path: Path
) -> None:
    house = sqlite_house
    ana = watch("ana", house.log)
    for name in ("ledger.db", "guard.db"):
        shutil.copy(tmp_path / name, tmp_path / f"old-{name}")
    house.fill()
    house.log.trust = policy(house.log, ana.line)
    publish(house.log)
    house.submitter.close()
    house.log.engine.dispose()
    house.log.guard.close()
    for name in ("ledger.db", "guard.db"):
        shutil.copy(tmp_path / f"old-{name}", tmp_path / name)
    log = house.reopened()
    assert log.alarm == ""
    log.trust = policy(log, ana.line)
    publish(log)
    [told] = publication_state(log).alarms
    assert told.word is not None
    assert "which we never had" in told.word.sentence
    log.engine.dispose()
    log.guard.close()


def forged(log: Log, size: int) -> bytes:
    """A checkpoint of another history under the log's own key."""
    signer = log.keyring.checkpoints
    text = format_checkpoint(Checkpoint(log.origin, size, b"f" * 32))
    return format_note(sign_note(text, log.origin, signer.public, signer.sign))


@pytest.mark.parametrize("longer", [0, 1, 5])
def test_a_split_view_is_an_alarm_that_does_not_fade(
    sqlite_house: House,
    watch: Callable[..., Watch],
    caplog: pytest.LogCaptureFixture,
    longer: int,
) -> None:
    log = sqlite_house.log
    ana = watch("ana", log)
    log.trust = policy(log, ana.line)
    size = log.head().size
    ana.cosigner.add_checkpoint(format_add_checkpoint(0, (), forged(log, size)))
    for _ in range(longer):
        sqlite_house.submit(person())
    with caplog.at_level(logging.CRITICAL):
        publish(log)
    assert "split view" in caplog.text
    assert [one.name for one in publication_state(log).alarms] == ["ana"]
    ana.stop()
    publish(log)
    assert [one.name for one in publication_state(log).alarms] == ["ana"]
    sqlite_house.submit(person())


def test_two_publishers_of_one_database_do_no_harm(
    house: House, watch: Callable[..., Watch]
) -> None:
    log = house.log
    ana, bo = watch("ana", log), watch("bo", log)
    log.trust = policy(log, ana.line, bo.line, "group both all ana bo\n", quorum="both")
    for _ in range(4):
        house.submit(person())
        threads = [threading.Thread(target=publish, args=(log,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        verdict = satisfied(log.trust, parse_note(published(log)))
        assert verdict.valid
        assert parse_checkpoint(parse_note(published(log)).text).size == log.head().size
    assert publication_state(log).alarms == ()


def test_a_damaged_log_is_not_published(sqlite_house: House) -> None:
    publish(sqlite_house.log)
    sqlite_house.log.alarm = "damaged"
    with pytest.raises(IntegrityError):
        publish(sqlite_house.log)


def test_a_log_that_no_longer_holds_what_it_published_stops(
    sqlite_house: House, tmp_path: Path
) -> None:
    log = sqlite_house.log
    sqlite_house.fill()
    publish(log)
    sqlite_house.submit(person())
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER publication_refuses_update")
        other = forged(log, log.head().size - 1)
        connection.exec_driver_sql("UPDATE publication SET note = ?", (other,))
        connection.commit()
    engine.dispose()
    with pytest.raises(IntegrityError) as told:
        publish(log)
    assert told.value.code == "forked-from-publication"
    assert log.alarm


def test_the_thread_publishes_what_comes(sqlite_house: House, watch: Callable[..., Watch]) -> None:
    log = sqlite_house.log
    ana = watch("ana", log)
    log.trust = policy(log, ana.line, quorum="ana")
    running = Publisher(log, seconds=0.05)
    running.start()
    try:
        for _ in range(3):
            sqlite_house.submit(person())
            until = time.monotonic() + 20
            while publication_state(log).witnesses[0].signed_size < log.head().size:
                assert time.monotonic() < until
                time.sleep(0.02)
    finally:
        running.close()
    assert parse_checkpoint(parse_note(published(log)).text).size == log.head().size


def test_a_witness_that_fails_is_left_in_peace_for_a_while(sqlite_house: House) -> None:
    log = sqlite_house.log
    with stranger(404, b"", "text/plain") as (url, asked):
        key = Vkey("w", 4, b"k" * 32)
        log.trust = policy(log, f"witness w {key} {url}\n")
        running = Publisher(log, seconds=0.01)
        running.start()
        until = time.monotonic() + 20
        while words(log) == {"w": ""} and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3)
        running.close()
    assert words(log) == {"w": "refused"}
    assert len(asked) == 1


@contextmanager
def stranger(status: int, body: bytes, media_type: str) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers everybody alike."""
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *parts: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


SIZE = "text/x.tlog.size"


@pytest.mark.parametrize(
    ("answer", "outcome", "times"),
    [
        ((200, b"", "text/plain"), "wrong-answer", 1),
        ((200, b"hello\n", "text/plain"), "wrong-answer", 1),
        ((200, "— other AAAAAAAAAAAA\n".encode(), "text/plain"), "wrong-answer", 1),
        ((200, b"x" * 70_000, "text/plain"), "unreachable", 1),
        ((302, b"", "text/plain"), "refused", 1),
        ((400, b"", "text/plain"), "refused", 1),
        ((403, b"", "text/plain"), "refused", 1),
        ((404, b"", "text/plain"), "refused", 1),
        ((409, b"0\n", SIZE), "wrong-answer", 1),
        ((409, b"1\n", SIZE), "wrong-answer", 2),
        ((409, b"1\n", "text/x.tlog.size; charset=utf-8"), "wrong-answer", 2),
        ((409, b"1", SIZE), "refused", 1),
        ((409, b"01\n", SIZE), "refused", 1),
        ((409, b"1\n", "text/plain"), "refused", 1),
        ((409, b"9999999999\n", SIZE), "split-view", 1),
        ((422, b"", "text/plain"), "split-view", 1),
        ((500, b"", "text/plain"), "refused", 1),
    ],
)
def test_every_answer_of_a_stranger_has_its_word(
    sqlite_house: House, answer: tuple[int, bytes, str], outcome: str, times: int
) -> None:
    log = sqlite_house.log
    with stranger(*answer) as (url, asked):
        log.trust = policy(log, f"witness w {Vkey('w', 4, b'k' * 32)} {url}\n")
        publish(log)
    assert words(log) == {"w": outcome}
    assert len(asked) == times


def test_a_line_that_does_not_verify_is_not_kept(sqlite_house: House, tmp_path: Path) -> None:
    log = sqlite_house.log
    signer = create_signer(tmp_path / "w.pem")
    key = Vkey("w", 4, signer.public)
    right = Checkpoint(log.origin, log.head().size, log.head().root)
    other = Checkpoint(log.origin, right.size, b"o" * 32)
    late = int(time.time()) + 3_000  # noqa: TID251
    for tree, second in ((other, 1_700_000_000), (right, late), (right, 0)):
        body = format_lines([cosign(key, tree, second, signer.sign)])
        with stranger(200, body, "text/plain") as (url, _):
            log.trust = policy(log, f"witness w {key} {url}\n", quorum="w")
            publish(log)
        assert words(log) == {"w": "wrong-answer"}
        with pytest.raises(UnknownSubjectError):
            published(log)


def test_a_witness_without_an_answer_is_away(sqlite_house: House) -> None:
    log = sqlite_house.log
    log.trust = policy(log, f"witness w {Vkey('w', 4, b'k' * 32)} http://127.0.0.1:1\n")
    publish(log)
    assert words(log) == {"w": "unreachable"}
