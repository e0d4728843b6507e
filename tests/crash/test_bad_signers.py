"""A signer that fails or lies, memory that flips a bit, a clock that jumps: none becomes history."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import commit
from ledger.audit import audit
from ledger.batch import Batch
from ledger.core.envelope import parse_envelope
from ledger.errors import IntegrityError, LedgerError, OutsideError
from tests.tools.house import person

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.store.entries import Head
    from tests.tools.house import House

OTHER = Ed25519PrivateKey.generate()


class BadSigner:
    """Has the public key of another, and its own way of signing."""

    def __init__(self, genuine: Any, sign: Callable[[bytes], bytes]) -> None:
        self.public = genuine.public
        self.keyid = genuine.keyid
        self.sign = sign


def fails(message: bytes) -> bytes:
    del message
    raise RuntimeError("the device is gone")


def garbage(message: bytes) -> bytes:
    del message
    return secrets.token_bytes(64)


def too_short(message: bytes) -> bytes:
    return OTHER.sign(message)[:40]


def assert_goes_on(house: House, size: int) -> None:
    assert house.submit(person()).sequence == size
    assert audit(house.log).problems == []
    assert house.log.head().size == size + 1
    reopened = house.reopened()
    assert reopened.alarm == ""
    reopened.engine.dispose()
    reopened.guard.close()


@pytest.mark.parametrize("which", ["entries", "checkpoints"])
@pytest.mark.parametrize("sign", [fails, garbage, too_short, OTHER.sign])
def test_what_a_bad_signer_signs_is_not_recorded(
    house: House, which: str, sign: Callable[[bytes], bytes]
) -> None:
    house.submit(person())
    keyring = house.log.keyring
    bad = BadSigner(getattr(keyring, which), sign)
    house.log.keyring = replace(keyring, **{which: bad})  # type: ignore[arg-type]
    event = person()
    with pytest.raises(OutsideError) as failed:
        house.submit(event, "k")
    assert failed.value.code in {"signer-failed", "commit-failed"}
    assert "device is gone" not in str(failed.value)
    house.log.keyring = keyring
    assert house.log.head().size == 3
    assert_goes_on(house, 3)
    assert not house.submit(event, "k").replayed


def test_a_bit_that_flips_after_signing_is_noticed_before_storing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = commit.check_rows
    with monkeypatch.context() as memory:
        memory.setattr(
            commit, "check_rows", lambda log, rows: checked(log, [*rows[:-1], flipped(rows[-1])])
        )
        with pytest.raises(IntegrityError) as noticed:
            house.submit(person())
    assert noticed.value.code == "entry-changed"
    assert house.log.head().size == 2
    assert_goes_on(house, 2)


def flipped(row: Any) -> Any:
    place = len(row.envelope) // 2
    changed = bytes([row.envelope[place] ^ 1])
    return replace(row, envelope=row.envelope[:place] + changed + row.envelope[place + 1 :])


@pytest.mark.parametrize("part", ["root", "frontier", "checkpoint"])
def test_a_bit_that_flips_in_the_new_head_is_noticed_before_storing(
    house: House, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    honest = Batch.new_head

    def flip(batch: Batch) -> Head:
        head = honest(batch)
        value = getattr(head, part)
        return replace(head, **{part: bytes([value[0] ^ 1]) + value[1:]})

    with monkeypatch.context() as memory:
        memory.setattr(Batch, "new_head", flip)
        with pytest.raises(LedgerError) as noticed:
            house.submit(person())
    assert noticed.value.code in {"head-damaged", "signer-failed"}
    assert house.log.head().size == 2
    assert_goes_on(house, 2)


def test_a_clock_that_jumps_a_year_ahead_and_back_is_on_record_and_hides_nothing(
    house: House,
) -> None:
    before = house.submit(person())
    house.clock.moment += timedelta(days=365)
    ahead = house.submit(person())
    house.clock.moment -= timedelta(days=365)
    back = [house.submit(person()) for _ in range(2)]
    assert before.recorded_at < ahead.recorded_at
    assert [receipt.recorded_at for receipt in back] == [ahead.recorded_at] * 2
    shown = [clock_of(house, receipt.sequence) for receipt in (before, ahead, *back)]
    assert shown[:2] == [None, None]
    assert all(clock is not None and clock < ahead.recorded_at for clock in shown[2:])
    assert str(shown[2]) < str(shown[3])
    assert_goes_on(house, 6)


def clock_of(house: House, sequence: int) -> str | None:
    """What the clock said, where an entry records that it went back."""
    (row,) = house.log.stored(sequence, sequence + 1)
    predicate = json.loads(parse_envelope(row.envelope).payload)["predicate"]
    clock: str | None = predicate.get("clock")
    return clock
