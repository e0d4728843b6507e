"""Intervals of shares: published figures, and what must hold of all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.life.shares import difference_of, interval_of

SHARES = st.floats(0, 1)
SIZES = st.integers(1, 10**7)


def test_the_published_example_of_wilson_is_met() -> None:
    """Newcombe 1998 (Two-sided confidence intervals for the single proportion), 81 of 263."""
    low, high = interval_of(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_the_published_example_of_newcombe_is_met() -> None:
    """Newcombe 1998 (Interval estimation for the difference), method 10: 56/70 and 48/80."""
    low, high = difference_of(56 / 70, 70, 48 / 80, 80)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


@given(SHARES, SIZES)
def test_an_interval_holds_its_share_and_is_of_shares(share: float, size: int) -> None:
    low, high = interval_of(share, size)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


@given(SHARES, SIZES, SHARES, SIZES)
def test_a_difference_the_other_way_round_is_its_mirror(
    one: float, size: int, other: float, other_size: int
) -> None:
    low, high = difference_of(one, size, other, other_size)
    back_low, back_high = difference_of(other, other_size, one, size)
    assert (low, high) == pytest.approx((-back_high, -back_low))
    assert low - 1e-9 <= one - other <= high + 1e-9


@pytest.mark.parametrize(("share", "size"), [(-0.1, 5), (1.1, 5), (0.5, 0)])
def test_what_is_no_share_has_no_interval(share: float, size: int) -> None:
    with pytest.raises(ValueError, match="share"):
        interval_of(share, size)
