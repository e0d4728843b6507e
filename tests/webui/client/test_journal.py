"""What is told later is on disk before it counts, sent in order, once, and outlives a crash."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from webui.client.journal import MOST, Journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from webui.client.journal import Line

URL = "https://ledger.example.org"


class Far:
    """A server that takes lines while it is there."""

    def __init__(self, *, there: bool = True) -> None:
        self.there = threading.Event()
        if there:
            self.there.set()
        self.sent: list[str] = []
        self.sizes: list[int] = []

    def __call__(self, lines: Sequence[Line]) -> int:
        self.there.wait(30)
        self.sent += [line["key"] for line in lines]
        self.sizes.append(len(lines))
        return len(lines)


def a_line(key: str) -> Line:
    return {"kind": "registry.changed", "event": {"change": "model_updated"}, "key": key}


def test_lines_of_many_threads_are_all_sent_each_once_and_in_the_order_of_their_thread(
    tmp_path: Path,
) -> None:
    far = Far()
    journal = Journal(tmp_path, URL, far)

    def tell(name: str) -> None:
        for number in range(50):
            journal.add(a_line(f"{name}-{number:02}"))

    threads = [threading.Thread(target=tell, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.drained(30)
    for name in "abcd":
        own = [key for key in far.sent if key.startswith(name)]
        assert own == sorted(own)
    assert len(far.sent) == len(set(far.sent)) == 200


def test_what_waits_is_on_disk_and_goes_out_in_few_requests(tmp_path: Path) -> None:
    far = Far(there=False)
    journal = Journal(tmp_path, URL, far)
    for number in range(MOST + 20):
        journal.add(a_line(str(number)))
    (file,) = tmp_path.iterdir()
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["key"] for line in kept] == [str(number) for number in range(MOST + 20)]
    assert file.stat().st_mode & 0o777 == 0o600
    assert not journal.drained(0)
    far.there.set()
    assert journal.drained(30)
    assert max(far.sizes) <= MOST
    assert len(far.sizes) <= 3
    assert file.read_text() == ""


def test_what_a_crash_left_is_taken_over_without_the_line_that_was_cut_off(tmp_path: Path) -> None:
    left = tmp_path / "0123.journal"
    whole = json.dumps({**a_line("whole"), "url": URL})
    left.write_text(f'{whole}\n{{"key": "cut')
    far = Far()
    journal = Journal(tmp_path, URL, far)
    journal.add(a_line("new"))
    assert journal.drained(30)
    assert far.sent == ["whole", "new"]
    assert not left.exists()


def test_what_another_process_holds_or_is_for_another_server_stays(tmp_path: Path) -> None:
    first = Far(there=False)
    held = Journal(tmp_path, URL, first)
    held.add(a_line("held"))
    foreign = tmp_path / "0456.journal"
    foreign.write_text(json.dumps({**a_line("foreign"), "url": "https://other.example.org"}) + "\n")
    far = Far()
    journal = Journal(tmp_path, URL, far)
    journal.add(a_line("own"))
    assert journal.drained(30)
    assert far.sent == ["own"]
    assert foreign.exists()
    first.there.set()
    assert held.drained(30)
    assert first.sent == ["held"]


def test_a_server_that_is_away_gets_the_same_lines_when_it_is_back(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def far(lines: Sequence[Line]) -> int:
        seen.append([line["key"] for line in lines])
        return 0 if len(seen) == 1 else len(lines)

    journal = Journal(tmp_path, URL, far, again_seconds=0.01)
    journal.add(a_line("a"))
    assert journal.drained(30)
    assert seen == [["a"], ["a"]]
    assert len(list(tmp_path.iterdir())) == 1
