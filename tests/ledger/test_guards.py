"""Every back-end of the guard keeps to one contract: over real databases, folders and S3."""

from __future__ import annotations

import multiprocessing
import socket
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.digest import sha256
from ledger.core.note import format_note, sign_note
from ledger.errors import InputError, IntegrityError, LedgerError, OutsideError
from ledger.keys.signer import create_signer
from ledger.store import database
from ledger.store.database import open_engine
from ledger.store.guards import Guard, Guarded, open_guard
from ledger.store.guards.database import DatabaseGuard
from ledger.store.guards.folder import LOCK, FolderGuard, file_name
from ledger.store.guards.objects import ObjectGuard
from tests.tools.object_store import BUCKET, ObjectStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.tools.postgresql import PostgresServer

ORIGIN = "counterseal.example/test/guarded"
OTHER = "counterseal.example/test/other"
BACKENDS = ("sqlite", "postgresql", "folder", "objects")


@dataclass
class Place:
    """A store for a guard: its URL, how its content is damaged, how it goes away and comes back."""

    name: str
    url: str
    damage: Callable[[bytes], None]
    go_away: Callable[[], None]
    come_back: Callable[[], None]

    def open(self) -> Guard:
        return open_guard(self.url)


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    made: Place = request.getfixturevalue(f"{request.param}_place")
    return made


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    inside, away = tmp_path / "elsewhere", tmp_path / "unplugged"
    inside.mkdir()

    def damage(data: bytes) -> None:
        with closing(sqlite3.connect(inside / "guard.db")) as sql, sql:
            sql.execute("UPDATE guard SET root = ?", (data,))

    return Place(
        "sqlite",
        f"sqlite:///{inside / 'guard.db'}",
        damage,
        lambda: _move(inside, away),
        lambda: _move(away, inside),
    )


@pytest.fixture
def postgresql_place(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Place]:
    name = postgres_server.create()
    door, away = Path(f"{postgres_server.folder}-door-{name[-6:]}"), tmp_path / "unplugged"
    door.symlink_to(postgres_server.folder)
    url = f"postgresql+psycopg://postgres@/{name}?host={door}"

    def damage(data: bytes) -> None:
        engine = open_engine(url)
        with engine.begin() as sql:
            sql.execute(text("UPDATE guard SET root = :root"), {"root": data})
        engine.dispose()

    def come_back() -> None:
        door.symlink_to(away.readlink())

    def go_away() -> None:
        away.symlink_to(door.readlink())
        door.unlink()

    yield Place("postgresql", url, damage, go_away, come_back)
    door.unlink(missing_ok=True)
    postgres_server.drop(name)


@pytest.fixture
def folder_place(tmp_path: Path) -> Place:
    inside, away = tmp_path / "guard of mine", tmp_path / "unplugged"
    return Place(
        "folder",
        inside.as_uri(),
        lambda data: (inside / file_name(ORIGIN)).write_bytes(data) and None,
        lambda: _move(inside, away),
        lambda: _move(away, inside),
    )


@pytest.fixture
def objects_place(object_store: ObjectStore) -> Iterator[Place]:
    client = object_store.client()

    def damage(data: bytes) -> None:
        (one,) = client.list_objects_v2(Bucket=BUCKET)["Contents"]
        client.put_object(Bucket=BUCKET, Key=one["Key"], Body=data)

    yield Place(
        "objects",
        object_store.url("guards/mine"),
        damage,
        lambda: client.delete_bucket(Bucket=_moved_bucket(client)) and None,
        lambda: _bring_bucket_back(client),
    )
    client.close()


_KEPT: dict[str, bytes] = {}


def _moved_bucket(client: Any) -> str:
    """The bucket, emptied into memory, so that it can be deleted."""
    for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        _KEPT[one["Key"]] = client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    return BUCKET


def _bring_bucket_back(client: Any) -> None:
    client.create_bucket(Bucket=BUCKET)
    while _KEPT:
        key, body = _KEPT.popitem()
        client.put_object(Bucket=BUCKET, Key=key, Body=body)


def _move(source: Path, target: Path) -> None:
    source.rename(target)


@pytest.fixture(scope="module")
def promise(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Guarded]:
    """Signed tree heads, by size and what distinguishes two of the same size."""
    signer = create_signer(tmp_path_factory.mktemp("keys") / "checkpoints.pem")

    def make(size: int, history: str = "", origin: str = ORIGIN) -> Guarded:
        root = sha256(f"{size}{history}".encode())
        words = format_checkpoint(Checkpoint(origin, size, root))
        note = format_note(sign_note(words, origin, signer.public, signer.sign))
        return Guarded(size, root, note.decode())

    return make


@pytest.fixture
def guard(place: Place) -> Iterator[Guard]:
    opened = place.open()
    opened.prepare()
    yield opened
    opened.close()


def test_a_fresh_guard_holds_nothing_and_is_begun_once(
    guard: Guard, place: Place, promise: Callable[..., Guarded]
) -> None:
    assert guard.read(ORIGIN) is None
    assert not guard.swap(ORIGIN, promise(3), promise(4))
    assert guard.read(ORIGIN) is None
    assert guard.swap(ORIGIN, None, promise(2))
    assert not guard.swap(ORIGIN, None, promise(3))
    again = place.open()
    assert again.read(ORIGIN) == guard.read(ORIGIN) == promise(2)
    again.close()


def test_preparing_again_changes_nothing(guard: Guard, promise: Callable[..., Guarded]) -> None:
    guard.swap(ORIGIN, None, promise(2))
    guard.prepare()
    assert guard.read(ORIGIN) == promise(2)


def test_a_swap_replaces_exactly_what_it_names(
    guard: Guard, promise: Callable[..., Guarded]
) -> None:
    assert guard.swap(ORIGIN, None, promise(2))
    # Only size and root are compared: who swaps need not have kept the old note.
    assert guard.swap(ORIGIN, Guarded(2, promise(2).root, ""), promise(5))
    assert guard.read(ORIGIN) == promise(5)
    for stale in (promise(2), promise(4), promise(5, "another history"), None):
        assert not guard.swap(ORIGIN, stale, promise(9))
    assert guard.read(ORIGIN) == promise(5)
    assert guard.swap(ORIGIN, promise(5), promise(6))
    assert guard.swap(ORIGIN, promise(6), promise(7))
    assert guard.read(ORIGIN) == promise(7)


def test_logs_are_kept_apart(guard: Guard, promise: Callable[..., Guarded]) -> None:
    guard.swap(ORIGIN, None, promise(2))
    guard.swap(OTHER, None, promise(8, origin=OTHER))
    assert not guard.swap(OTHER, promise(2), promise(9, origin=OTHER))
    assert guard.read(ORIGIN) == promise(2)
    assert guard.read(OTHER) == promise(8, origin=OTHER)


def test_two_opened_guards_see_each_other_at_once(
    guard: Guard, place: Place, promise: Callable[..., Guarded]
) -> None:
    other = place.open()
    guard.swap(ORIGIN, None, promise(1))
    assert other.swap(ORIGIN, promise(1), promise(2))
    # What this one remembers of its own write is out of date now.
    assert not guard.swap(ORIGIN, promise(1), promise(3))
    assert guard.read(ORIGIN) == promise(2)
    assert guard.swap(ORIGIN, promise(2), promise(3))
    assert other.read(ORIGIN) == promise(3)
    other.close()


def test_the_same_tree_under_new_bytes_is_still_the_same_promise(
    guard: Guard, place: Place, promise: Callable[..., Guarded]
) -> None:
    """A store that was copied and put back: other inode, other ETag, the same tree."""
    guard.swap(ORIGIN, None, promise(1))
    other = place.open()
    other.swap(ORIGIN, promise(1), promise(2))
    other.swap(ORIGIN, promise(2), promise(1, ""))
    other.close()
    assert guard.swap(ORIGIN, promise(1), promise(4))


def _swap_at_once(url: str, start: object, old: Guarded | None, new: Guarded, told: object) -> None:
    opened = open_guard(url)
    start.wait(60)  # type: ignore[attr-defined]
    told.put(opened.swap(ORIGIN, old, new))  # type: ignore[attr-defined]
    opened.close()


@pytest.mark.parametrize("begun", [True, False], ids=["moved", "begun"])
def test_of_processes_that_swap_from_the_same_head_one_succeeds(
    guard: Guard, place: Place, promise: Callable[..., Guarded], begun: bool
) -> None:
    old = promise(1) if begun else None
    if old is not None:
        guard.swap(ORIGIN, None, old)
    spawn = multiprocessing.get_context("spawn")
    start, told = spawn.Barrier(3), spawn.Queue()
    asked = [promise(2, history) for history in "abc"]
    processes = [
        spawn.Process(target=_swap_at_once, args=(place.url, start, old, new, told))
        for new in asked
    ]
    for process in processes:
        process.start()
    answers = [told.get(timeout=90) for _ in processes]
    for process in processes:
        process.join(30)
    assert sorted(answers) == [False, False, True]
    assert guard.read(ORIGIN) in asked


def test_threads_that_move_one_guard_lose_no_step(
    guard: Guard, place: Place, promise: Callable[..., Guarded]
) -> None:
    guard.swap(ORIGIN, None, promise(1))
    steps, won = 6, []

    def move(opened: Guard) -> None:
        for _ in range(steps):
            while True:
                old = opened.read(ORIGIN)
                assert old is not None
                if opened.swap(ORIGIN, old, promise(old.size + 1)):
                    won.append(old.size)
                    break

    other = place.open()
    with ThreadPoolExecutor(4) as pool:
        for moved in [pool.submit(move, one) for one in (guard, guard, other, other)]:
            moved.result()
    other.close()
    assert sorted(won) == list(range(1, 1 + 4 * steps))
    assert guard.read(ORIGIN) == promise(1 + 4 * steps)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\xff\x00" * 30])
def test_damaged_content_is_named_and_never_taken_for_a_guard_that_was_not_begun(
    guard: Guard, place: Place, promise: Callable[..., Guarded], data: bytes
) -> None:
    guard.swap(ORIGIN, None, promise(2))
    place.damage(data)
    fresh = place.open()
    with pytest.raises(IntegrityError) as damaged:
        fresh.read(ORIGIN)
    assert damaged.value.code == "guard-damaged"
    assert damaged.value.remedy
    with suppress(IntegrityError):
        assert not fresh.swap(ORIGIN, None, promise(9))
    with pytest.raises(IntegrityError, match="damaged"):
        fresh.read(ORIGIN)
    fresh.close()


@pytest.mark.parametrize("backend", ["folder", "objects"])
def test_a_checkpoint_of_another_log_is_damage(
    request: pytest.FixtureRequest, backend: str, promise: Callable[..., Guarded]
) -> None:
    place: Place = request.getfixturevalue(f"{backend}_place")
    opened = place.open()
    opened.prepare()
    opened.swap(ORIGIN, None, promise(2))
    place.damage(promise(2, origin=OTHER).checkpoint.encode())
    for act in (lambda: opened.read(ORIGIN), lambda: place.open().read(ORIGIN)):
        with pytest.raises(IntegrityError, match="another log"):
            act()
    opened.close()


@pytest.mark.parametrize("backend", ["folder", "objects"])
def test_content_without_end_is_damage_and_is_not_read_to_its_end(
    request: pytest.FixtureRequest, backend: str, promise: Callable[..., Guarded]
) -> None:
    place: Place = request.getfixturevalue(f"{backend}_place")
    opened = place.open()
    opened.prepare()
    opened.swap(ORIGIN, None, promise(2))
    place.damage(b"x" * 1_000_000)
    with pytest.raises(IntegrityError, match="too large"):
        opened.read(ORIGIN)
    opened.close()


def test_a_file_that_is_no_database_is_damage(
    sqlite_place: Place, tmp_path: Path, promise: Callable[..., Guarded]
) -> None:
    (tmp_path / "elsewhere" / "guard.db").write_bytes(b"no database at all " * 100)
    opened = sqlite_place.open()
    with pytest.raises(IntegrityError) as damaged:
        opened.read(ORIGIN)
    assert damaged.value.code == "guard-damaged"
    opened.close()


def test_a_store_that_is_away_is_a_typed_error_and_heals(
    place: Place, promise: Callable[..., Guarded]
) -> None:
    first = place.open()
    first.prepare()
    first.swap(ORIGIN, None, promise(2))
    first.close()
    place.go_away()
    opened = place.open()
    acts = (lambda: opened.read(ORIGIN), lambda: opened.swap(ORIGIN, promise(2), promise(3)))
    for act in acts:
        with pytest.raises(OutsideError) as away:
            act()
        assert away.value.code == "guard-failed"
        assert away.value.remedy
        assert str(promise(2).size) not in away.value.sentence.split()
    place.come_back()
    assert opened.read(ORIGIN) == promise(2)
    assert opened.swap(ORIGIN, promise(2), promise(3))
    opened.close()


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_that_says_nothing_is_given_up(object_store: ObjectStore) -> None:
    with silent_server() as port:
        silent = [
            ObjectGuard(
                BUCKET, "", endpoint=f"http://127.0.0.1:{port}", connect_seconds=1, read_seconds=0.5
            ),
            DatabaseGuard(f"postgresql://someone@127.0.0.1:{port}/guard?connect_timeout=2"),
        ]
        for opened in silent:
            start = time.monotonic()
            with pytest.raises(OutsideError) as away:
                opened.read(ORIGIN)
            assert away.value.code == "guard-failed"
            assert time.monotonic() - start < 15
            opened.close()


def test_an_object_store_that_stands_still_is_given_up_and_heals(
    object_store: ObjectStore, promise: Callable[..., Guarded]
) -> None:
    opened = ObjectGuard(BUCKET, "still", endpoint=object_store.endpoint, read_seconds=0.5)
    opened.prepare()
    opened.swap(ORIGIN, None, promise(1))
    object_store.pause()
    try:
        with pytest.raises(OutsideError) as away:
            opened.swap(ORIGIN, promise(1), promise(2))
    finally:
        object_store.go_on()
    assert away.value.code == "guard-failed"
    # Whether the write arrived is not known: only reading tells.
    there = opened.read(ORIGIN)
    assert there in (promise(1), promise(2))
    assert opened.swap(ORIGIN, there, promise(3))
    opened.close()


def test_a_lock_that_is_held_too_long_is_given_up(
    tmp_path: Path,
    sqlite_place: Place,
    promise: Callable[..., Guarded],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import fcntl

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    (tmp_path / "locked").mkdir()
    guards = [FolderGuard(tmp_path / "locked", lock_seconds=0.2), sqlite_place.open()]
    for opened in guards:
        opened.prepare()
        opened.swap(ORIGIN, None, promise(1))
    with (
        (tmp_path / "locked" / LOCK).open() as held,
        closing(sqlite3.connect(tmp_path / "elsewhere/guard.db", isolation_level=None)) as other,
    ):
        fcntl.flock(held, fcntl.LOCK_EX)
        other.execute("BEGIN IMMEDIATE")
        for opened in guards:
            with pytest.raises(OutsideError) as away:
                opened.swap(ORIGIN, promise(1), promise(2))
            assert away.value.code == "guard-failed"
    for opened in guards:
        assert opened.swap(ORIGIN, promise(1), promise(2))
        opened.close()


def test_a_folder_that_is_gone_is_away_and_not_empty(folder_place: Place) -> None:
    """Or a disk that is not mounted would look like a guard that was never begun."""
    opened = folder_place.open()
    with pytest.raises(OutsideError, match="mounted"):
        opened.read(ORIGIN)


def test_what_a_dying_writer_left_behind_is_not_read(
    tmp_path: Path, folder_place: Place, promise: Callable[..., Guarded]
) -> None:
    opened = folder_place.open()
    opened.prepare()
    opened.swap(ORIGIN, None, promise(1))
    part = tmp_path / "guard of mine" / f"{file_name(ORIGIN)}.part"
    part.write_bytes(promise(9).checkpoint.encode()[:20])
    assert opened.read(ORIGIN) == promise(1)
    assert opened.swap(ORIGIN, promise(1), promise(2))
    assert not part.exists()
    files = {path.name: path.stat().st_mode & 0o777 for path in part.parent.iterdir()}
    assert files == {file_name(ORIGIN): 0o600, LOCK: 0o600}
    assert part.parent.stat().st_mode & 0o777 == 0o700


def test_a_store_that_ignores_conditions_is_refused(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As stores of an older make do: they write, whatever If-Match says."""
    opened = ObjectGuard(BUCKET, "careless", endpoint=object_store.endpoint)

    def forget(params: dict[str, dict[str, str]], **others: object) -> None:
        for name in ("If-Match", "If-None-Match"):
            params["headers"].pop(name, None)

    opened._client.meta.events.register("before-call.s3.PutObject", forget)
    with pytest.raises(OutsideError) as refused:
        opened.prepare()
    assert refused.value.code == "guard-unconditional"
    opened.close()


def test_nothing_is_left_behind_by_trying_the_conditions(object_store: ObjectStore) -> None:
    opened = open_guard(object_store.url("tried"))
    opened.prepare()
    opened.close()
    assert "Contents" not in object_store.client().list_objects_v2(Bucket=BUCKET)


def test_credentials_and_addresses_are_in_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDSECRETSECRET")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret-words")
    opened = open_guard("s3://bucket/x?endpoint=http://127.0.0.1:9&region=eu-west-1")
    with pytest.raises(OutsideError) as away:
        opened.read(ORIGIN)
    assert "127.0.0.1" not in str(away.value)
    assert "ecret" not in str(away.value)
    opened.close()


@pytest.mark.parametrize(
    "url",
    [
        "file:relative/folder",
        "file://host/folder",
        "file:///",
        "file:///folder?x=1",
        "s3:///no-bucket",
        "s3://key:secret@bucket/x",
        "s3://bucket/x?endpoint=http://objects.example",
        "s3://bucket/x?endpoint=https://objects.example&access_key=secret",
        "ftp://host/folder",
        "mysql://user:secret@host/name",
        "guard.db",
        "s3://[bad",
        "",
    ],
)
def test_a_url_that_names_no_guard_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(LedgerError) as refused:
        open_guard(url)
    assert refused.value.code in {"setting-invalid", "bad-url"}
    assert refused.value.remedy
    assert "secret" not in str(refused.value)


def test_locks_are_given_back_by_threads_that_lose(
    folder_place: Place, promise: Callable[..., Guarded]
) -> None:
    opened = folder_place.open()
    opened.prepare()
    opened.swap(ORIGIN, None, promise(1))
    before = threading.active_count()
    for _ in range(50):
        assert not opened.swap(ORIGIN, promise(7), promise(8))
    assert threading.active_count() == before
    assert opened.swap(ORIGIN, promise(1), promise(2))


def test_without_its_library_an_object_store_is_refused_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(InputError) as refused:
        open_guard("s3://bucket/prefix")
    assert refused.value.code == "extra-missing"
    assert "counterseal[s3]" in refused.value.remedy


def test_an_object_store_that_gives_no_right_is_out_of_reach_and_not_empty(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 answers 403 for a missing object, too, to whoever may not list the bucket."""
    opened = ObjectGuard(BUCKET, "denied", endpoint=object_store.endpoint)

    def deny(**others: object) -> tuple[Any, dict[str, Any]]:
        said = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        return SimpleNamespace(status_code=403, headers={}), said

    opened._client.meta.events.register("before-call.s3.GetObject", deny)
    with pytest.raises(OutsideError) as away:
        opened.read(ORIGIN)
    assert away.value.code == "guard-failed"
    assert "right to get and put" in away.value.remedy
    opened.close()
