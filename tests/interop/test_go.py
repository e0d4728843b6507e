"""Go programs that know nothing of us verify what we write, and refuse what was changed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.note import parse_vkey
from ledger.core.proof import format_proof
from ledger.core.tiles import entry_bundle, split_bundle
from ledger.export import export
from ledger.published import LogSource
from ledger.store.database import reading
from ledger.store.entries import read_checkpoints
from tests.interop import golang
from tests.tools.house import person
from tests.tools.static_server import serving
from tests.tools.synthetic_log import new_key, synthetic
from tests.webui.house import TokenScope
from tests.webui.house import build as build_house
from webui.app import create_app
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interop.golang import Programs
    from tests.tools.house import House
    from tests.tools.synthetic_log import SyntheticLog
    from tests.webui.house import House as WebHouse

SIZES = (1, 2, 255, 256, 257, 1000)
LARGE = 70_000
READERS = ("torchwood", "tessera")


def verified(programs: Programs, *arguments: object, **environment: str) -> dict[str, Any]:
    ended = programs.run(*map(str, arguments), **environment)
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def refused(programs: Programs, *arguments: object, **environment: str) -> str:
    ended = programs.run(*map(str, arguments), **environment)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "panic" not in ended.stderr
    return ended.stderr


def flip(file: Path, place: int) -> None:
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)


@pytest.fixture(scope="module")
def thousand() -> SyntheticLog:
    return synthetic(1000)


@pytest.fixture
def copy(thousand: SyntheticLog, tmp_path: Path) -> Path:
    """A thousand entries in a folder of the test's own."""
    export(thousand, thousand.vkey, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize("size", SIZES)
def test_go_proves_every_entry_of_a_copy(programs: Programs, tmp_path: Path, size: int) -> None:
    log = synthetic(size)
    export(log, log.vkey, tmp_path)
    told = verified(programs, "logcheck", "log", tmp_path, log.vkey, 1)
    assert (told["size"], told["proved"]) == (size, size)


def test_go_proves_a_tree_of_three_levels(programs: Programs, tmp_path: Path) -> None:
    log = synthetic(LARGE)
    export(log, log.vkey, tmp_path)
    told = verified(programs, "logcheck", "log", tmp_path, log.vkey, 97)
    assert told == {"size": LARGE, "root": told["root"], "proved": -(-LARGE // 97)}
    with serving(tmp_path) as url:
        for reader in READERS:
            verified(programs, "strangers", reader, url, log.vkey)


def test_go_finds_that_a_growing_copy_is_one_history(programs: Programs, tmp_path: Path) -> None:
    log = synthetic(1)
    kept = []
    for size in SIZES:
        log = log.grown(size)
        export(log, log.vkey, tmp_path / "copy")
        kept.append(tmp_path / f"{size}.checkpoint")
        kept[-1].write_bytes(log.note)
    told = verified(programs, "logcheck", "since", tmp_path / "copy", log.vkey, *kept)
    assert told == {"size": 1000, "since": list(SIZES)}


def test_go_refuses_a_checkpoint_of_a_fork(
    programs: Programs, copy: Path, thousand: SyntheticLog, tmp_path: Path
) -> None:
    fork = Frontier().extend(map(leaf_hash, [*thousand.entries[:299], b"another"]))
    (tmp_path / "fork").write_bytes(thousand.signed(300, fork.root()))
    said = refused(programs, "logcheck", "since", copy, thousand.vkey, tmp_path / "fork")
    assert "size 300 is another history" in said


@pytest.mark.parametrize("number", [0, 255, 256, 999])
def test_go_refuses_a_changed_entry(
    programs: Programs, copy: Path, thousand: SyntheticLog, number: int
) -> None:
    index = number // 256
    path = f"00{index}" if index < 3 else "003.p/232"
    file = copy / "tile" / "entries" / path
    entries = split_bundle(file.read_bytes())
    entries[number % 256] = entries[number % 256].replace(b"entry", b"Entry")
    file.write_bytes(entry_bundle(entries))
    said = refused(programs, "logcheck", "log", copy, thousand.vkey, 100)
    assert f"entry {number} is not the one in the tree" in said
    with serving(copy) as url:
        assert f"hash mismatch for entry {number}" in refused(
            programs, "strangers", "torchwood", url, thousand.vkey
        )
        said = refused(programs, "strangers", "tessera", url, thousand.vkey)
        assert ": log has:" in said


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002", "tile/0/003.p/232", "tile/1/000.p/3"])
@pytest.mark.parametrize("place", [0, -1])
def test_go_refuses_a_tile_with_one_bit_flipped(
    programs: Programs, copy: Path, thousand: SyntheticLog, path: str, place: int
) -> None:
    flip(copy / path, place)
    assert "inconsistent tile" in refused(programs, "logcheck", "log", copy, thousand.vkey, 100)
    with serving(copy) as url:
        said = refused(programs, "strangers", "torchwood", url, thousand.vkey)
        assert "inconsistent tile" in said
        said = refused(programs, "strangers", "tessera", url, thousand.vkey)
        assert f"{path}: log has:" in said


def test_go_refuses_a_checkpoint_that_the_log_did_not_sign(
    programs: Programs, copy: Path, thousand: SyntheticLog
) -> None:
    other = replace(thousand, key=new_key())
    assert "checkpoint: " in refused(programs, "logcheck", "log", copy, other.vkey, 100)
    file = copy / "checkpoint"
    file.write_bytes(file.read_bytes().replace(b"\n1000\n", b"\n1001\n"))
    assert "invalid signature" in refused(programs, "logcheck", "log", copy, thousand.vkey, 100)


def test_go_proves_one_entry_from_a_proof_file(
    programs: Programs, sqlite_house: House, tmp_path: Path
) -> None:
    """Two readers of the format, one of them Torchwood; bytes, proof and key must be the log's."""
    house = sqlite_house
    house.fill()
    proof, entry = tmp_path / "5.tlog-proof", tmp_path / "5.json"
    for number in range(house.log.head().size):
        proof.write_bytes(format_proof(house.log.prove(number)))
        entry.write_bytes(house.log.entry(number).envelope)
        for program in ("logcheck", "strangers"):
            verified(programs, program, "proof", house.log.vkey, proof, entry)
    genuine = proof.read_text()
    entry.write_bytes(entry.read_bytes() + b"\n")
    for program in ("logcheck", "strangers"):
        refused(programs, program, "proof", house.log.vkey, proof, entry)
    entry.write_bytes(entry.read_bytes()[:-1])
    lines = genuine.split("\n")
    for broken in (
        genuine.replace("index ", "index 1", 1),
        "\n".join([*lines[:2], *lines[3:]]),
        "\n".join([*lines[:3], lines[2], *lines[3:]]),
        genuine.replace(f"\n{house.log.head().size}\n", "\n4\n"),
    ):
        assert broken != genuine
        proof.write_text(broken)
        for program in ("logcheck", "strangers"):
            refused(programs, program, "proof", house.log.vkey, proof, entry)


def test_go_proves_every_entry_of_a_real_log(
    programs: Programs, house: House, tmp_path: Path
) -> None:
    house.fill()
    export(LogSource(house.log), parse_vkey(house.log.vkey), tmp_path / "copy")
    old = tmp_path / "old"
    old.write_bytes(house.log.published())
    house.submit(person())
    export(LogSource(house.log), parse_vkey(house.log.vkey), tmp_path / "copy")
    size = house.log.head().size
    told = verified(programs, "logcheck", "log", tmp_path / "copy", house.log.vkey, 1)
    assert told["proved"] == size
    told = verified(programs, "logcheck", "since", tmp_path / "copy", house.log.vkey, old)
    assert told["since"] == [size - 1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebHouse, str, str]]:
    """An installation of two tiles of entries, served twice: to everybody, and to readers only."""
    house = build_house(tmp_path_factory.mktemp("served") / "home")
    for number in range(150):
        house.enrol(f"Person {number}", "", "data_scientist")
    opened = replace(house.wiring, settings=replace(house.wiring.settings, public_log=True))
    servers = [Server(create_app(wiring)) for wiring in (opened, house.wiring)]
    for server in servers:
        server.start()
    public, closed = (f"{server.url}/log/main" for server in servers)
    yield house, public, closed
    for server in servers:
        server.stop()
    house.wiring.close()


def test_strangers_read_the_log_that_we_serve(
    programs: Programs, served: tuple[WebHouse, str, str]
) -> None:
    house, public, _ = served
    log = house.wiring.log
    size = house.size
    assert size > 256
    octets = sum(len(row.envelope) for row in log.stored())
    told = verified(programs, "strangers", "torchwood", public, log.vkey)
    assert told == {"size": size, "read": size, "octets": octets}
    told = verified(programs, "strangers", "tessera", public, log.vkey)
    # The checkpoint, two bundles, two tiles of leaves and one above.
    assert told["resources"] == 6
    told = verified(programs, "logcheck", "log", public, log.vkey, 1)
    assert told["proved"] == size


def test_a_monitor_goes_on_from_every_checkpoint_that_was_ever_shown(
    programs: Programs, served: tuple[WebHouse, str, str], tmp_path: Path
) -> None:
    """It reads the partial tiles of the old size first, though the log is longer by now."""
    house, public, _ = served
    log = house.wiring.log
    with reading(log.engine) as connection:
        kept = read_checkpoints(connection, log.log_id, 0, 1_000)
    old = tmp_path / "old"
    for size, note in (kept[0], kept[len(kept) // 2], kept[-2]):
        old.write_bytes(note)
        told = verified(programs, "strangers", "tail", public, log.vkey, old)
        assert told == {"from": size, "to": house.size}
    old.write_bytes(log.sign_checkpoint(7, leaf_hash(b"another history")))
    said = refused(programs, "strangers", "tail", public, log.vkey, old)
    assert "log consistency check failed" in said


def test_strangers_read_a_log_that_is_not_open_with_a_token(
    programs: Programs, served: tuple[WebHouse, str, str]
) -> None:
    house, _, closed = served
    vkey = house.wiring.log.vkey
    assert "401" in refused(programs, "strangers", "tessera", closed, vkey)
    token = house.token(house.administrator, TokenScope())
    verified(programs, "strangers", "tessera", closed, vkey, TLOG_TOKEN=token)


def test_the_go_programs_are_formatted() -> None:
    told = subprocess.run(
        [golang.go(), "env", "GOROOT"],
        env=golang.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    gofmt = Path(told.stdout.strip()) / "bin" / "gofmt"
    listed = subprocess.run([gofmt, "-l", golang.SOURCES], capture_output=True, check=True)
    assert listed.stdout == b""
