"""The next version's name: ordered as Semantic Versioning says, and by what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.state.versions import check_version_name
from tests.webui.api.company import a_version
from webui.life.numbering import dated, following, hashed, precedence

if TYPE_CHECKING:
    from tests.webui.life.conftest import Town

PART = st.integers(0, 300)


def test_versions_are_ordered_as_semver_org_orders_them() -> None:
    """Semantic Versioning 2.0.0, rule 11: its own example."""
    said = [
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
        "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
    ]  # fmt: skip
    keys = [precedence(version) for version in said]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert precedence("1.0.0+a") == precedence("1.0.0+b")


@given(PART, PART, PART, st.sampled_from(["major", "minor", "patch"]))
def test_what_follows_is_higher_and_a_semantic_version(
    major: int, minor: int, patch: int, bump: Any
) -> None:
    before = f"{major}.{minor}.{patch}"
    after = following(before, bump)
    assert precedence(after) > precedence(before)
    check_version_name("semantic", after, "")


@given(st.sets(st.integers(1, 9)))
def test_a_day_has_a_free_name(numbers: set[int]) -> None:
    taken = {"2026.03.09" if n == 1 else f"2026.03.09.{n}" for n in numbers}
    found = dated("2026.03.09", taken)
    assert found not in taken
    check_version_name("date", found, "")


def test_a_digest_has_a_free_beginning() -> None:
    assert hashed("ab" * 32, set()) == "ab" * 6
    assert hashed("ab" * 32, {"ab" * 6}) == "ab" * 6 + "a"


@pytest.mark.parametrize(
    ("more", "version", "bump"),
    [
        ({}, "1.0.1", "patch"),
        ({"parameters": {"depth": "7"}}, "1.1.0", "minor"),
        ({"licence": "MIT"}, "2.0.0", "major"),
        ({"data_sets": []}, "1.1.0", "minor"),
        (
            {"artifact": {"sha256": "11" * 32, "size_bytes": 1, "format": "pickle"}},
            "2.0.0",
            "major",
        ),
    ],
)
def test_it_goes_up_by_what_changed(
    town: Town, more: dict[str, Any], version: str, bump: str
) -> None:
    planned = {**a_version(), **more}
    for name in ("model", "version"):
        planned.pop(name)
    found = town.api("ana").post("/next-version", json={"model": "churn", "planned": planned}).json
    assert (found["after"], found["version"], found["bump"]) == ("1.0.0", version, bump)


def test_without_a_plan_a_name_is_suggested_where_that_can_be(town: Town) -> None:
    ask = town.api("ana").post
    assert ask("/next-version", json={"model": "triage"}).json["version"] == "1.1.1"
    today = town.seeded.house.clock.at.strftime("%Y.%m.%d")
    assert ask("/next-version", json={"model": "demand"}).json["version"] == today
    assert ask("/next-version", json={"model": "nobody"}).status_code == 404
    bad = {"model": "churn", "planned": {"artifact": 1}}
    assert ask("/next-version", json=bad).status_code == 422
