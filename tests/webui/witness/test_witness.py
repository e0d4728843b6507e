"""A real witness: what it signs, what it refuses, and what it remembers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.cosignature import check_cosignatures, parse_lines
from ledger.core.note import Note, NoteSignature, format_note, parse_note, parse_vkey
from ledger.core.witnessing import MAX_REQUEST_BYTES, monitor_path
from ledger.errors import ConflictError, LedgerError, OutsideError
from ledger.store.witness import MOST_EVIDENCE
from tests.tools.trees import Forger, Tree
from webui.witness.app import create_witness_app
from webui.witness.cosigner import ED25519_FILE, Cosigner, create_witness, open_witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from webui.witness.cosigner import Answer

LOG = Forger()
SECOND = 1_700_000_000


@pytest.fixture
def cosigner(tmp_path: Path) -> Iterator[Cosigner]:
    create_witness(tmp_path / "w", "witness.example/w1", ml_dsa_44=True).close()
    made = open_witness(tmp_path / "w", now=lambda: SECOND)
    made.notebook.trust(LOG.vkey)
    yield made
    made.close()


@pytest.fixture
def client(cosigner: Cosigner) -> FlaskClient:
    return create_witness_app(cosigner).test_client()


def times(cosigner: Cosigner, tree: Tree, lines: bytes) -> list[int]:
    """The times of all lines of the witness's keys, checked."""
    note = LOG.note(tree)
    checkpoint = parse_checkpoint(note.text)
    keys = [parse_vkey(key) for key in cosigner.vkeys]
    both = Note(note.text, (*note.signatures, *parse_lines(lines)))
    return [one.time for one in check_cosignatures(both, checkpoint, keys)]


def test_a_growing_log_is_cosigned_by_both_keys(cosigner: Cosigner, client: FlaskClient) -> None:
    old = 0
    for size in (0, 1, 2, 7, 64, 64, 200):
        answer = client.post("/add-checkpoint", data=LOG.request(old, Tree(size)))
        assert answer.status_code == 200
        assert times(cosigner, Tree(size), answer.data) == [SECOND, SECOND]
        old = size


def test_each_refusal_has_the_status_of_the_specification(client: FlaskClient) -> None:
    def ask(body: bytes) -> tuple[int, bytes, str]:
        answer = client.post("/add-checkpoint", data=body)
        return answer.status_code, answer.data, answer.headers["Content-Type"]

    assert ask(LOG.request(0, Tree(7)))[0] == 200
    assert ask(b"hello")[0] == 400
    assert ask(LOG.request(0, Tree(7)).replace(b"old 0", b"old 8"))[0] == 400
    assert ask(Forger(origin="log.example/other").request(0, Tree(7)))[0] == 404
    assert ask(Forger(seed=b"x" * 32).request(7, Tree(9)))[0] == 403
    assert ask(LOG.request(3, Tree(9))) == (409, b"7\n", "text/x.tlog.size")
    status, _, media_type = ask(LOG.request(7, Tree(7, fork=3)))
    assert status == 409
    assert media_type.startswith("text/plain")
    assert ask(LOG.request(7, Tree(9, fork=3)))[0] == 422
    assert ask(LOG.request(7, Tree(9)))[0] == 200
    assert client.get("/add-checkpoint").status_code == 405


def test_a_request_that_is_too_long_is_not_read(client: FlaskClient) -> None:
    body = LOG.request(0, Tree(1)) + b"x" * MAX_REQUEST_BYTES
    assert client.post("/add-checkpoint", data=body).status_code == 413


def test_a_refused_branch_leaves_no_trace_but_evidence(
    cosigner: Cosigner, client: FlaskClient
) -> None:
    client.post("/add-checkpoint", data=LOG.request(0, Tree(7)))
    before = cosigner.notebook.seen(LOG.origin)
    fork = LOG.request(7, Tree(9, fork=3))
    client.post("/add-checkpoint", data=fork)
    assert cosigner.notebook.seen(LOG.origin) == before
    [(known, note)] = cosigner.notebook.evidence(LOG.origin)
    assert known.size == 7
    assert note == format_note(LOG.note(Tree(9, fork=3)))
    for size in range(10, 12 + MOST_EVIDENCE):
        client.post("/add-checkpoint", data=LOG.request(7, Tree(size, fork=3)))
    kept = [
        parse_checkpoint(parse_note(one).text).size
        for _, one in cosigner.notebook.evidence(LOG.origin)
    ]
    assert kept == list(range(12, 12 + MOST_EVIDENCE))


def test_strangers_cannot_make_evidence_or_fill_the_memory(
    cosigner: Cosigner, client: FlaskClient
) -> None:
    client.post("/add-checkpoint", data=LOG.request(0, Tree(7)))
    forged = Forger(seed=b"x" * 32).request(7, Tree(9, fork=3))
    assert client.post("/add-checkpoint", data=forged).status_code == 403
    assert cosigner.notebook.evidence(LOG.origin) == []
    stranger = NoteSignature("stranger", b"1234", b"s" * 5000)
    note = LOG.note(Tree(9))
    many = format_note(Note(note.text, (*note.signatures, *[stranger] * 10)))
    body = LOG.request(7, Tree(9)).replace(format_note(note), many)
    assert client.post("/add-checkpoint", data=body).status_code == 200
    seen = cosigner.notebook.seen(LOG.origin)
    assert seen is not None
    assert seen.note == format_note(note)


def test_a_monitor_reads_the_newest_checkpoint_with_all_lines(
    cosigner: Cosigner, client: FlaskClient
) -> None:
    path = f"/{monitor_path(LOG.origin)}"
    assert client.get(path).status_code == 404
    answer = client.post("/add-checkpoint", data=LOG.request(0, Tree(7)))
    shown = client.get(path)
    assert shown.data == format_note(LOG.note(Tree(7))) + answer.data
    assert shown.headers["Cache-Control"] == "no-store"
    for other in ("/" + "0" * 64 + "/checkpoint", "/x/checkpoint", path.upper()):
        assert client.get(other).status_code == 404
    assert client.get("/").data.decode().splitlines() == list(cosigner.vkeys)


def test_what_was_kept_but_not_signed_is_signed_when_asked_for(cosigner: Cosigner) -> None:
    from ledger.core.witnessing import parse_add_checkpoint

    cosigner.notebook.consider(parse_add_checkpoint(LOG.request(0, Tree(7))), lambda: SECOND)
    shown = cosigner.checkpoint(LOG.origin)
    assert shown is not None
    lines = shown.removeprefix(format_note(LOG.note(Tree(7))))
    assert times(cosigner, Tree(7), lines) == [SECOND, SECOND]


def test_the_time_of_an_origin_never_goes_back(tmp_path: Path) -> None:
    create_witness(tmp_path, "w").close()
    seconds = iter([SECOND, SECOND - 100, SECOND + 1])
    witness = open_witness(tmp_path, now=lambda: next(seconds))
    witness.notebook.trust(LOG.vkey)
    told = []
    for old, size in ((0, 1), (1, 2), (2, 3)):
        answer = witness.add_checkpoint(LOG.request(old, Tree(size)))
        told += times(witness, Tree(size), answer.body)
    assert told == [SECOND, SECOND, SECOND + 1]
    witness.close()


def test_of_two_branches_at_once_one_is_signed(tmp_path: Path) -> None:
    create_witness(tmp_path, "w").close()
    processes = [open_witness(tmp_path) for _ in range(2)]
    for turn in range(15):
        log = Forger(origin=f"log.example/{turn}")
        processes[0].notebook.trust(log.vkey)
        assert processes[0].add_checkpoint(log.request(0, Tree(5))).status == 200
        bodies = [log.request(5, Tree(6 + n // 2, fork=5 if n % 2 else 9999)) for n in range(6)]
        statuses = at_once(
            [partial(processes[n % 2].add_checkpoint, body) for n, body in enumerate(bodies)]
        )
        # All ask from size 5, which for every one but the first is another size by then.
        assert sorted(statuses) == [200, *[409] * 5]
    for process in processes:
        process.close()


def at_once(calls: list[Callable[[], Answer]]) -> list[int]:
    """The statuses of calls made by as many threads in one moment."""
    barrier = threading.Barrier(len(calls))

    def call(one: Callable[[], Answer]) -> int:
        barrier.wait()
        return one().status

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_a_witness_is_not_made_over_another(tmp_path: Path) -> None:
    create_witness(tmp_path, "w").close()
    with pytest.raises(LedgerError):
        create_witness(tmp_path, "v")
    (tmp_path / ED25519_FILE).unlink()
    with pytest.raises(ConflictError):
        create_witness(tmp_path, "v")


def test_a_witness_that_lost_its_memory_does_not_open(tmp_path: Path) -> None:
    create_witness(tmp_path, "w").close()
    (tmp_path / "witness.db").unlink()
    with pytest.raises(OutsideError) as told:
        open_witness(tmp_path)
    assert told.value.code == "witness-missing"
    assert not (tmp_path / "witness.db").exists()


def test_a_log_may_have_several_keys(cosigner: Cosigner) -> None:
    second = Forger(seed=b"2" * 32)
    assert cosigner.notebook.trust(second.vkey)
    assert not cosigner.notebook.trust(second.vkey)
    assert cosigner.add_checkpoint(LOG.request(0, Tree(3))).status == 200
    assert cosigner.add_checkpoint(second.request(3, Tree(5))).status == 200
    assert cosigner.notebook.logs() == [(LOG.origin, 5)]
