"""The log over HTTP, as C2SP tlog-tiles asks, and who may read it."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.core.merkle import leaf_hash
from ledger.core.tiles import split_bundle
from tests.webui.house import TokenScope, build
from webui.app import create_app
from webui.settings import PUBLIC_LOG, read_settings
from webui.sharding import shard
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.webui.house import House

LOG = "/log/main"
PEOPLE = 300


@pytest.fixture(scope="module")
def full_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation with more than a tile of entries."""
    made = build(tmp_path_factory.mktemp("tlog") / "home")
    for number in range(PEOPLE // 2):
        made.enrol(f"Person {number}", "", "data_scientist")
    yield made
    made.wiring.close()


@pytest.fixture(scope="module")
def stranger(full_house: House) -> FlaskClient:
    """Somebody without a token, where the log is open to everybody."""
    opened = replace(
        full_house.wiring, settings=replace(full_house.wiring.settings, public_log=True)
    )
    return create_app(opened).test_client()


def test_a_stranger_reads_the_checkpoint(full_house: House, stranger: FlaskClient) -> None:
    answer = stranger.get(f"{LOG}/checkpoint")
    assert (answer.status_code, answer.data) == (200, full_house.wiring.log.published())
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=1"


def test_tiles_and_bundles_hold_the_stored_bytes(full_house: House, stranger: FlaskClient) -> None:
    stored = [row.envelope for row in full_house.wiring.log.stored()]
    width = len(stored) - 256
    assert 0 < width < 256
    cases = {"000": stored[:256], f"001.p/{width}": stored[256:], "000.p/3": stored[:3]}
    for name, entries in cases.items():
        tile = stranger.get(f"{LOG}/tile/0/{name}")
        assert tile.data == b"".join(map(leaf_hash, entries))
        bundle = stranger.get(f"{LOG}/tile/entries/{name}")
        assert split_bundle(bundle.data) == entries
        for answer in (tile, bundle):
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert "ETag" not in answer.headers
            assert "Set-Cookie" not in answer.headers
    assert len(stranger.get(f"{LOG}/tile/1/000.p/1").data) == 32


def test_every_partial_of_a_published_size_is_served(
    full_house: House, stranger: FlaskClient
) -> None:
    width = full_house.size - 256
    whole = stranger.get(f"{LOG}/tile/0/001.p/{width}").data
    for part in range(1, width + 1):
        assert stranger.get(f"{LOG}/tile/0/001.p/{part}").data == whole[: part * 32]


def test_nothing_beyond_the_published_tree_is_served(
    full_house: House, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = full_house.wiring.log
    root = leaf_hash(log.entry(0).envelope)
    shown = log.sign_checkpoint(1, root)
    monkeypatch.setattr(type(log), "published", lambda self: shown)
    assert stranger.get(f"{LOG}/checkpoint").data == shown
    for path in ("tile/0/000.p/1", "tile/entries/000.p/1"):
        assert stranger.get(f"{LOG}/{path}").status_code == 200
    for path in ("tile/0/000.p/2", "tile/entries/000.p/2", "tile/0/000", "tile/1/000.p/1"):
        assert stranger.get(f"{LOG}/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002",
        "tile/0/001",
        "tile/0/001.p/255",
        "tile/2/000.p/1",
        "tile/63/000",
        "tile/entries/001",
        "tile/0/x001/000",
        # not written as the specification says
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/03",
        "tile/0/000.p/256",
        "tile/0/000.p/3/",
        "tile/0/000/",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/../0/000",
        "tile//0/000",
        "tile/0//000",
        "tile/0/000.P/3",
        "tile/8/0/000",
        "tile/entries/",
        "tile/",
        "tile/0/%D9%A0%D9%A0%D9%A0",
        "checkpoint/",
        "nothing",
    ],
)
def test_what_the_log_does_not_hold_is_not_there(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(f"{LOG}/{path}")
    assert answer.status_code == 404
    assert "max-age" not in answer.headers["Cache-Control"]


def test_a_tile_that_is_not_there_is_a_problem_for_programs(stranger: FlaskClient) -> None:
    answer = stranger.get(f"{LOG}/tile/0/x999/999")
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == "not-in-log"
    assert stranger.get("/log/other/checkpoint").status_code == 404


def test_bundles_are_packed_for_those_who_take_it(stranger: FlaskClient) -> None:
    plain = stranger.get(f"{LOG}/tile/entries/000", headers={"Accept-Encoding": "identity"})
    packed = stranger.get(f"{LOG}/tile/entries/000", headers={"Accept-Encoding": "gzip, identity"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 2 < len(plain.data)


def test_head_is_answered_and_nothing_can_be_sent(stranger: FlaskClient) -> None:
    answer = stranger.head(f"{LOG}/tile/0/000")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "8192")
    assert stranger.post(f"{LOG}/checkpoint").status_code == 405


def test_a_log_that_is_not_open_asks_who_reads(full_house: House) -> None:
    paths = ("checkpoint", "tile/0/000", "tile/entries/000.p/1", "tile/0/999")
    for path in paths:
        answer = full_house.client().get(f"{LOG}/{path}")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_that_may_read_opens_the_log(full_house: House) -> None:
    for scope, status in ((TokenScope(), 200), (TokenScope(read=False, kinds="*"), 403)):
        secret = full_house.token(full_house.administrator, scope)
        answer = full_house.client().get(
            f"{LOG}/tile/0/000", headers={"Authorization": f"Bearer {secret}"}
        )
        assert answer.status_code == status
        if status == 200:
            assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize("header", ["Bearer", "Bearer cst_nobodys", "Basic YTpi", "bearer  "])
def test_a_token_of_nobody_opens_nothing(full_house: House, header: str) -> None:
    answer = full_house.client().get(f"{LOG}/checkpoint", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_damaged_tile_is_our_fault_and_not_the_askers(house: House) -> None:
    for number in range(140):
        house.enrol(f"Person {number}", "", "data_scientist")
    client = house.api(house.token(house.administrator))
    headers = {"Authorization": f"Bearer {client.secret}"}
    with house.wiring.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER entry_refuses_delete")
        connection.exec_driver_sql("DELETE FROM entry WHERE sequence = 260")
    answer = house.client().get(f"{LOG}/tile/entries/001.p/10", headers=headers)
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "source-missing"


@pytest.mark.parametrize(("value", "opened"), [("", False), ("no", False), ("yes", True)])
def test_the_operator_opens_the_log_with_a_word(value: str, opened: bool) -> None:
    assert read_settings({PUBLIC_LOG: value}).public_log is opened


def test_a_log_that_ended_is_still_read_beside_the_one_that_continues_it(tmp_path: Path) -> None:
    ended = build(tmp_path / "home").wiring
    shard(ended, "2027")
    settings = replace(ended.settings, log="2027", public_log=True)
    wiring = open_home(settings)
    reader = create_app(wiring).test_client()
    for name, log in (("main", ended.log), ("2027", wiring.log)):
        assert reader.get(f"/log/{name}/checkpoint").data == log.published()
        width = log.head().size
        bundle = reader.get(f"/log/{name}/tile/entries/000.p/{width}").data
        assert split_bundle(bundle) == [row.envelope for row in log.stored()]
    assert reader.get("/log/2028/checkpoint").status_code == 404
    wiring.close()
    ended.close()
