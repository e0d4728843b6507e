"""What the pages say of those who have seen the log: nobody, enough, too few, and two histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.core.note import parse_vkey
from ledger.core.trust import TrustPolicy, parse_trust_policy
from ledger.publish import Publisher
from tests.tools.trees import Forger, Tree
from tests.tools.witnesses import WitnessProgram, new_witness
from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from tests.webui.pages.test_company import shown
from tests.webui.seed import Seeded, seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Seeded]:
    made = build(tmp_path / "home")
    yield seed(made)
    made.wiring.close()


@pytest.fixture
def watched(seeded: Seeded, tmp_path: Path) -> Iterator[WitnessProgram]:
    log = seeded.house.wiring.log
    witness = new_witness(tmp_path / "w", "witness.example/w1")
    witness.trust(parse_vkey(log.vkey))
    witness.start()
    text = f"witness blue {witness.vkeys[0]} {witness.url}\nquorum blue\n"
    log.trust = parse_trust_policy(text.encode())
    yield witness
    witness.end()


def publish(seeded: Seeded) -> None:
    one = Publisher(seeded.house.wiring.log)
    one.publish()
    one.close()


def page(client: FlaskClient, path: str = "/log") -> str:
    read = client.get(path).text
    assert PageRead(read).faults() == []
    return shown(read)


def test_without_witnesses_the_page_says_what_nobody_would_notice(seeded: Seeded) -> None:
    words = page(seeded.browser("chi"))
    assert "No witness is configured" in words
    assert "could still write another history" in words
    assert "No checkpoint was time-stamped" in words
    assert seeded.house.wiring.log.trust == TrustPolicy()


def test_the_page_counts_who_has_signed(seeded: Seeded, watched: WitnessProgram) -> None:
    client = seeded.browser("chi")
    assert "Nothing is published yet" in page(client)
    publish(seeded)
    words = page(client)
    assert "signed by 1 of 1 witnesses" in words
    assert "The quorum is met." in words
    watched.end()
    seeded.house.enrol("Someone")
    publish(seeded)
    words = page(client)
    assert "signed by 0 of 1 witnesses" in words
    assert "The quorum is not met: an earlier checkpoint is shown" in words
    assert "There was no answer" in words


def test_two_histories_are_told_on_every_page(seeded: Seeded, watched: WitnessProgram) -> None:
    log = seeded.house.wiring.log
    fork = Forger(log.origin, log.keyring.checkpoints._key.private_bytes_raw())
    from webui.witness.cosigner import open_witness

    opened = open_witness(watched.folder)
    assert opened.add_checkpoint(fork.request(0, Tree(3))).status == 200
    opened.close()
    publish(seeded)
    client = seeded.browser("chi")
    for path in ("/", "/models", "/log"):
        assert "Two histories of this log are reported by blue" in page(client, path)
    assert "does not continue the 3 entries" in page(client)
