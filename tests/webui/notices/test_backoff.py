"""The wait between two attempts grows, is never the same for all, and ends."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from webui.notices.backoff import LONGEST, TRIES, wait_after


def test_waits_double_to_the_longest_and_then_it_is_given_up() -> None:
    whole = [wait_after(tries, 1.0) for tries in range(1, TRIES)]
    assert whole[0] == timedelta(seconds=30)
    assert whole[1] == timedelta(minutes=1)
    assert all(min(a * 2, LONGEST) == b for a, b in pairwise(whole))
    assert wait_after(TRIES, 0.0) is None
    assert timedelta(hours=14) < sum(whole, timedelta()) < timedelta(hours=15)
    assert whole[-1] == LONGEST


def test_chance_takes_away_up_to_half() -> None:
    for tries in range(1, TRIES):
        whole = wait_after(tries, 1.0)
        assert wait_after(tries, 0.0) == whole / 2
        assert whole / 2 < wait_after(tries, 0.5) < whole
