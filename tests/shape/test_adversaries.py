"""The list of adversaries names tests and cases that exist, and many of them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LISTED = [
    line
    for line in (ROOT / "docs" / "adversaries.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "`" in line
]


def test_at_least_sixty_adversaries_are_named() -> None:
    attempts = [line.split("|")[1].strip() for line in LISTED]
    assert len(attempts) == len(set(attempts)) >= 60


def test_every_name_is_that_of_a_test_or_a_case() -> None:
    tests = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        tests |= set(re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    cases = set()
    for file in (ROOT / "policies" / "bundles").rglob("cases/*.yaml"):
        text = file.read_text(encoding="utf-8")
        cases |= set(re.findall(r"^ +- id: (\S+)$", text, re.MULTILINE))
    for line in LISTED:
        names = re.findall(r"`([^`]+)`", line)
        assert names
        for name in names:
            assert name in (tests if name.startswith("test_") else cases), name
