"""The table of OWASP ASVS 5.0 is whole, and names tests and files that exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
ROW = re.compile(r"\| v5\.0\.0-([0-9.]+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")
ROWS = [found.groups() for found in map(ROW.fullmatch, TEXT.splitlines()) if found]
# How many requirements of levels 1 and 2 each section begins with; those of level 3 alone come
# last in every section of the standard (OWASP ASVS 5.0.0).
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1
4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2
7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2
10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5
14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
WANTED = [
    f"{section}.{number}"
    for section, count in (one.split(":") for one in SECTIONS.split())
    for number in range(1, int(count) + 1)
]


def test_every_requirement_of_levels_1_and_2_stands_once_and_in_order() -> None:
    assert [row[0] for row in ROWS] == WANTED
    assert Counter(row[1] for row in ROWS) == {"1": 70, "2": 183}


def test_what_is_met_names_a_test_or_a_file_and_all_that_is_named_exists() -> None:
    tests = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        tests |= set(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    for number, _, _, state, where in ROWS:
        assert state in {"met", "not applicable", "**open**"}, number
        named = re.findall(r"`([^`]+)`", where)
        if state != "met":
            assert where.strip(), number
        for name in named:
            if name.startswith("test_"):
                assert name in tests, (number, name)
            elif "/" in name and not name.startswith("/"):
                assert (ROOT / name).exists(), (number, name)
    bare = [row[0] for row in ROWS if row[3] == "met" and not re.search("`|:|no ", row[4])]
    assert bare == []


def test_the_sum_at_its_head_is_right() -> None:
    states = Counter(row[3] for row in ROWS)
    told = re.search(
        r"Of (\d+) requirements (\d+) are met, (\d+) do not apply, (\d+) are open", TEXT
    )
    assert told is not None
    numbers = (len(ROWS), states["met"], states["not applicable"], states["**open**"])
    assert tuple(map(int, told.groups())) == numbers
