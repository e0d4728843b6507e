"""Commands that wait on disk: in order, once, and none lost or hidden."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from webui.client.errors import BusyError, InvalidError, SpoolError, UnreachableError
from webui.client.spool import Spool

if TYPE_CHECKING:
    from tests.webui.client.conftest import Command, Served

URL = "https://ledger.example"
AT = "2026-11-01T10:00:00Z"


class Away:
    """A client whose server answers as it is told, and remembers what came."""

    url = URL

    def __init__(self, *failures: Exception | None) -> None:
        self.failures, self.came = list(failures), list[tuple[str, str]]()

    def submit(self, kind: str, event: Any, *, key: str) -> Any:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.came.append((kind, key))
        return None


def invalid() -> InvalidError:
    return InvalidError("It is malformed.", code="invalid", status=422)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def add(spool: Spool, *kinds: str) -> None:
    for kind in kinds:
        spool.add(URL, kind, {"n": kind}, at=AT)


def test_commands_are_sent_in_order_and_once(spool: Spool) -> None:
    add(spool, "a.a", "b.b", "c.c")
    keys = [kept.key for kept in spool.waiting()]
    client = Away()
    assert len(spool.send(client).sent) == 3  # type: ignore[arg-type]
    assert spool.send(client).sent == ()  # type: ignore[arg-type]
    assert client.came == list(zip(("a.a", "b.b", "c.c"), keys, strict=True))


def test_a_server_that_is_away_leaves_everything_as_it_is(spool: Spool) -> None:
    add(spool, "a.a", "b.b")
    before = spool.waiting()
    done = spool.send(Away(UnreachableError("Away.")))  # type: ignore[arg-type]
    assert (done.left, done.sent) == (2, ())
    busy = BusyError("Busy.", code="busy", status=503)
    spool.send(Away(None, busy))  # type: ignore[arg-type]
    assert spool.waiting() == before[1:]


def test_a_command_that_can_not_be_taken_is_set_aside_and_does_not_block(spool: Spool) -> None:
    add(spool, "a.a", "b.b")
    client = Away(invalid())
    done = spool.send(client)  # type: ignore[arg-type]
    assert [kind for kind, _ in client.came] == ["b.b"]
    assert [one.kept.kind for one in done.aside] == ["a.a"]
    (aside,) = spool.set_aside()
    assert aside.reason == "It is malformed."
    again = spool.again(aside.number)
    assert (again.key, spool.set_aside()) == (aside.key, ())
    spool.send(client)  # type: ignore[arg-type]
    assert client.came[-1] == ("a.a", aside.key)


def test_a_crash_between_recording_and_forgetting_sends_the_same_key_again(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(spool, "a.a")
    client = Away()

    def crash(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "_remove", crash)
        with pytest.raises(KeyboardInterrupt):
            spool.send(client)  # type: ignore[arg-type]
    spool.send(client)  # type: ignore[arg-type]
    assert len(client.came) == 2
    assert len({key for _, key in client.came}) == 1


def test_only_the_owner_reads_what_waits(spool: Spool) -> None:
    add(spool, "a.a")
    (file,) = spool.folder.glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700


def test_a_damaged_file_is_kept_apart_and_told(spool: Spool) -> None:
    add(spool, "a.a", "b.b")
    first = min(spool.folder.glob("*.json"))
    first.write_bytes(first.read_bytes()[:-20])
    assert [kept.kind for kept in spool.waiting()] == ["b.b"]
    assert spool.damaged() == (f"{first.name}.damaged",)


def test_what_was_half_written_never_counts(spool: Spool) -> None:
    add(spool, "a.a")
    (spool.folder / "000000000002.part").write_text("{")
    assert len(spool.waiting()) == 1


def test_what_waits_for_another_server_is_not_sent_to_this_one(spool: Spool) -> None:
    spool.add("https://other.example", "a.a", {}, at=AT)
    client = Away()
    done = spool.send(client)  # type: ignore[arg-type]
    assert (client.came, done.left, len(spool.waiting())) == ([], 0, 1)


def test_one_process_sends_at_a_time(spool: Spool) -> None:
    add(spool, "a.a")
    with spool._locked("send", wait=False), pytest.raises(SpoolError):
        Spool(spool.folder).send(Away())  # type: ignore[arg-type]


def test_many_may_add_at_once(spool: Spool) -> None:
    threads = [threading.Thread(target=add, args=(spool, *["a.a"] * 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [kept.number for kept in spool.waiting()] == list(range(1, 21))


def test_a_full_disk_keeps_nothing_half(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    add(spool, "a.a")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SpoolError, match="No space left"):
        add(spool, "b.b")
    assert [kept.kind for kept in spool.waiting()] == ["a.a"]
    assert list(spool.folder.glob("*.part")) == []


def test_a_pipeline_goes_on_while_the_server_is_away(served: Served, run: Command) -> None:
    served.registered("20.0.0")
    wanted = json.dumps({"model": "churn", "version": "20.0.0", "environment": "staging"})
    away = {"COUNTERSEAL_URL": "http://127.0.0.1:1"}
    kept = run("submit", "release.requested", "--spool", "--json", stdin=wanted, **away)
    assert kept.exit_code == 0, kept.output
    assert json.loads(kept.stdout)["outcome"] == "kept"
    assert "Not recorded yet" in kept.stderr
    assert "release.requested" in run("spool", "list").stdout
    assert run("spool", "send", **away).exit_code == 4
    # Kept for that address alone; here it is the same server that came back at another one.
    for path in Path(run.environment["COUNTERSEAL_SPOOL"]).glob("*.json"):
        path.write_text(path.read_text().replace(away["COUNTERSEAL_URL"], served.url))
    sent = run("spool", "send", "--json")
    assert sent.exit_code == 0, sent.output
    assert len(json.loads(sent.stdout)["recorded"]) == 1
    refused = run(
        "record-deployment", "churn", "20.0.0", "--to", "staging", "--spool", "--target", "k8s"
    )
    assert refused.exit_code == 3
    listed = run("spool", "list").stdout
    assert "SET ASIDE" in listed
    number = json.loads(run("spool", "list", "--json").stdout)["set_aside"][0]["number"]
    assert run("spool", "drop", str(number)).exit_code == 0
    assert run("spool", "list").stdout == "Nothing waits.\n"
