"""Entry numbers, lengths of time and names in words."""

from __future__ import annotations

import pytest

from webui.reports.assemble.words import duration, middle, minute, ranges, seconds_between


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((), "\N{EN DASH}"),
        ((7,), "7"),
        ((7, 8), "7\N{EN DASH}8"),
        ((9, 1, 2, 3, 9), "1\N{EN DASH}3, 9"),
        ((1, 3, 5, 7, 8), "1, 3 and 3 more"),
    ],
)
def test_entry_numbers_are_drawn_together(numbers: tuple[int, ...], text: str) -> None:
    assert ranges(numbers, 2 if len(numbers) == 5 and 7 in numbers else 12) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_600, "1 h"),
        (3_660, "1 h 1 min"),
        (86_400, "1 d"),
        (100_000, "1 d 3 h"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_seconds_are_counted_across_midnight() -> None:
    assert seconds_between("2026-03-01T23:59:59.900000Z", "2026-03-02T00:00:01.900000Z") == 2


def test_the_middle_of_an_even_number_of_lengths_lies_between_both() -> None:
    assert middle([1, 4, 8, 100]) == 6


def test_an_instant_is_printed_to_the_minute() -> None:
    assert minute("2026-03-09T14:05:59.000000Z") == "2026-03-09 14:05"
