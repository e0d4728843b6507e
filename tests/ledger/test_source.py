"""A log is read alike from a folder, a web server and the live database."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import httpx
import pytest

from ledger.core.merkle import leaf_hash, prove_inclusion
from ledger.core.note import MAX_NOTE_BYTES
from ledger.core.tiles import TileReader, entry_bundle, split_bundle
from ledger.errors import InputError, OutsideError, SourceError
from ledger.export import export, read_signed
from ledger.mirror import DirectorySource, HttpSource
from ledger.published import LogSource
from ledger.source import entries
from tests.tools.house import person
from tests.tools.static_server import serving
from tests.tools.synthetic_log import synthetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.source import TileSource
    from tests.tools.house import House

SIZE = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = synthetic(SIZE)
    target = tmp_path_factory.mktemp("copy")
    export(made, made.vkey, target)
    return target


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    """The folder behind a plain web server."""
    with serving(folder) as url:
        yield url


@pytest.fixture(params=["folder", "http"])
def copy(request: pytest.FixtureRequest, folder: Path, served: str) -> Iterator[TileSource]:
    if request.param == "folder":
        yield DirectorySource(folder)
    else:
        with HttpSource(served) as source:
            yield source


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> HttpSource:
    """A source whose server is a function."""
    return HttpSource(
        "https://log.example/main", client=httpx.Client(transport=httpx.MockTransport(answer))
    )


def test_a_copy_gives_every_entry_and_every_proof(copy: TileSource) -> None:
    genuine = synthetic(SIZE).entries
    assert list(entries(copy, 0, SIZE)) == genuine
    reader = TileReader(copy.tile, SIZE)
    wanted = TileReader(synthetic(SIZE).tile, SIZE)
    for index in (0, 255, 256, 299):
        assert prove_inclusion(index, SIZE, reader.subtree) == prove_inclusion(
            index, SIZE, wanted.subtree
        )


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 0), (0, 1), (255, 257), (10, 20), (256, 256), (290, 300)]
)
def test_any_range_of_entries_can_be_read(copy: TileSource, start: int, stop: int) -> None:
    assert list(entries(copy, start, stop, SIZE)) == synthetic(SIZE).entries[start:stop]


def test_a_range_that_is_none_is_refused_at_once(copy: TileSource) -> None:
    for start, stop in ((-1, 2), (3, 2), (0, SIZE + 1)):
        with pytest.raises(InputError) as caught:
            entries(copy, start, stop, SIZE)
        assert caught.value.code == "out-of-range"


def test_what_a_copy_has_not_is_named(copy: TileSource) -> None:
    for ask in (
        lambda: copy.tile(0, 2, 256),
        lambda: copy.tile(3, 0, 1),
        lambda: copy.tile(0, 1, 45),
        lambda: copy.bundle(1, 43),
    ):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.code == "source-missing"
        assert "tile/" in caught.value.sentence


def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one(copy: TileSource) -> None:
    genuine = synthetic(SIZE)
    assert copy.tile(0, 0, 7) == genuine.tile(0, 0, 256)[: 7 * 32]
    assert split_bundle(copy.bundle(0, 7)) == genuine.entries[:7]


def test_names_that_no_tile_has_are_refused(copy: TileSource) -> None:
    for ask in (
        lambda: copy.tile(64, 0, 1),
        lambda: copy.tile(0, -1, 1),
        lambda: copy.tile(0, 0, 0),
        lambda: copy.bundle(0, 257),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.code == "out-of-range"


@pytest.mark.parametrize("data", [b"", b"x" * 31, b"x" * (32 * 44 - 1), b"x" * (32 * 257)])
def test_a_tile_of_a_wrong_length_is_refused(tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "tile" / "0" / "001.p"
    place.mkdir(parents=True)
    (place / "44").write_bytes(data)
    for source in (
        DirectorySource(tmp_path),
        answering(lambda request: httpx.Response(200, content=data)),
    ):
        with pytest.raises(SourceError) as caught:
            source.tile(0, 1, 44)
        assert caught.value.code == "source-malformed"


@pytest.mark.timeout(20)
def test_a_pipe_where_a_tile_should_be_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "tile" / "0").mkdir(parents=True)
    os.mkfifo(tmp_path / "tile" / "0" / "000")
    (tmp_path / "checkpoint").symlink_to("/dev/zero")
    source = DirectorySource(tmp_path)
    for ask in (lambda: source.tile(0, 0, 256), source.checkpoint):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.code == "source-malformed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        entry_bundle([b"one"]),
        entry_bundle([b"a", b"b"])[:-1],
        entry_bundle([b"a"] * 2) + b"\0",
    ],
)
def test_a_bundle_that_is_none_is_refused(data: bytes) -> None:
    source = answering(lambda request: httpx.Response(200, content=data))
    with pytest.raises(SourceError) as caught:
        source.bundle(0, 2)
    assert caught.value.code == "source-malformed"


def test_more_than_can_be_right_is_not_read_to_its_end() -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        while True:
            given += 65_536
            yield b"x" * 65_536

    source = answering(lambda request: httpx.Response(200, content=endless()))
    for ask in (source.checkpoint, lambda: source.tile(0, 0, 256)):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.code == "source-malformed"
    assert given < MAX_NOTE_BYTES + 4 * 65_536


def test_a_small_packed_answer_does_not_unpack_beyond_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    source = answering(
        lambda request: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=bomb)
    )
    with pytest.raises(SourceError) as caught:
        source.bundle(0, 256)
    assert caught.value.code == "source-malformed"


def test_a_broken_packing_is_malformed() -> None:
    source = answering(
        lambda request: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=b"no")
    )
    with pytest.raises(SourceError) as caught:
        source.checkpoint()
    assert caught.value.code == "source-malformed"


@pytest.mark.parametrize("status", [301, 401, 403, 429, 500, 503])
def test_a_server_that_gives_something_else_is_unreachable(status: int) -> None:
    source = answering(
        lambda request: httpx.Response(status, headers={"Location": "https://other.example/"})
    )
    with pytest.raises(OutsideError) as caught:
        source.checkpoint()
    assert caught.value.code == "source-unreachable"
    assert str(status) in caught.value.sentence


def test_a_server_that_is_not_there_is_unreachable(served: str) -> None:
    source = HttpSource("http://127.0.0.1:1/log")
    with source, pytest.raises(OutsideError) as caught:
        source.checkpoint()
    assert caught.value.code == "source-unreachable"


def test_the_token_is_sent_and_never_told() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    with (
        HttpSource("https://log.example/main/", token="cst_secret", client=client) as source,
        pytest.raises(OutsideError) as caught,
    ):
        source.tile(0, 1_234_067, 3)
    assert asked[0].headers["Authorization"] == "Bearer cst_secret"
    assert str(asked[0].url) == "https://log.example/main/tile/0/x001/x234/067.p/3"
    assert "cst_secret" not in str(caught.value)


@pytest.mark.parametrize(
    "prefix",
    ["", "ledger.example", "file:///etc", "ftp://a/b", "https://", "http://a/?b", "http://a:b"],
)
def test_an_address_that_is_none_is_refused(prefix: str) -> None:
    with pytest.raises(InputError) as caught:
        HttpSource(prefix)
    assert caught.value.code == "source-url"


def test_the_live_database_gives_its_published_tree_and_nothing_beyond(house: House) -> None:
    for number in range(5):
        house.submit(person(), f"person-{number}")
    source = LogSource(house.log)
    tree = house.log.read_checkpoint(source.checkpoint())
    assert source.size() == tree.size == 7
    stored = [row.envelope for row in house.log.stored()]
    assert list(entries(source, 0, tree.size)) == stored
    assert source.tile(0, 0, 7) == b"".join(map(leaf_hash, stored))
    assert source.tile(0, 0, 3) == source.tile(0, 0, 7)[:96]
    for ask in (
        lambda: source.tile(0, 0, 8),
        lambda: source.tile(1, 0, 1),
        lambda: source.bundle(0, 8),
        lambda: source.bundle(1, 1),
    ):
        with pytest.raises(SourceError) as caught:
            ask()
        assert caught.value.code == "source-missing"


def test_a_checkpoint_of_a_copy_is_read_under_the_logs_own_key(folder: Path) -> None:
    made = synthetic(SIZE)
    assert read_signed(made.checkpoint(), [made.vkey]).size == SIZE
