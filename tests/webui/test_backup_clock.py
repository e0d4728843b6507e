"""Backups by the clock: one after the other, recorded, and none stops those that come after it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pyrage

from ledger.errors import OutsideError
from ledger.store.entries import Filter
from tests.webui.house import build
from webui import custody
from webui.custody import BackupClock, in_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from webui.custody import Kept
    from webui.wiring import Wiring


def test_the_clock_makes_backups_and_goes_on_after_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build(tmp_path / "home")
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    settings = replace(
        house.wiring.settings,
        backup_hours=1,
        backup_recipient=recipient,
        backup_folder=tmp_path / "kept",
    )
    wiring = replace(house.wiring, settings=settings)
    tries, enough = [], threading.Event()

    def made(which: Wiring) -> Kept:
        """As the true one, a day later each time; the second try finds no disk."""
        house.clock.move(days=1)
        tries.append(1)
        if len(tries) == 2:
            raise OutsideError("The disk is away.")
        kept = back_up(which)
        if len(tries) >= 3:
            enough.set()
        return kept

    back_up = custody.back_up
    monkeypatch.setattr(custody, "back_up", made)
    monkeypatch.setattr(custody, "_SECONDS_IN_AN_HOUR", 0.01)
    clock = BackupClock(wiring)
    clock.start()
    assert enough.wait(60)
    clock.stop()
    there = in_folder(wiring)
    assert len(there) == len(tries) - 1
    assert all(one.encrypted and one.sequence is not None for one in there)
    recorded = wiring.reader.entries(Filter(kinds=("backup.verified",)))
    assert len(recorded) == len(there)
    house.wiring.close()


def test_without_an_interval_the_clock_stands_still(tmp_path: Path) -> None:
    house = build(tmp_path / "home")
    settings = replace(house.wiring.settings, backup_folder=tmp_path / "kept")
    wiring = replace(house.wiring, settings=settings)
    clock = BackupClock(wiring)
    clock.start()
    clock.stop()
    assert in_folder(wiring) == []
    house.wiring.close()
