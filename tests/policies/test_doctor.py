"""The doctor: rules that can be read and are nevertheless ill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policies import load_document
from policies.doctor import examine
from policies.names_used import place_of
from policies.strict_yaml import read_yaml_with_places
from policies.worlds import MOST

if TYPE_CHECKING:
    from policies.staffing import Holders

HEAD = """\
format: policy/1
id: small
title: Small
summary: A policy to examine.
roles: {lead: Leads, checker: Checks}
opens: [release.granted, role.granted]
gates:
  - id: roles
    event: role.granted
    title: Roles
    require:
      - {id: who, actor: {any_role: [lead]}}
  - id: base
    event: release.granted
    title: Base
    require:
      - {id: review, approvals: {at_least: 2, seats: [{role: lead, at_least: 1}], any_of: [checker]}}
"""
GATE = """\
  - id: more
    event: release.granted
    title: More
"""
RISK = 'target.environment == "production"'


def found(text: str, holders: Holders | None = None) -> list[tuple[str, str, int]]:
    _, places = read_yaml_with_places(text)
    return [
        (one.level, one.code, place_of(places, one.path).line)
        for one in examine(load_document(text), holders)
    ]


def gate(when: str = "", check: str = "", **replaced: str) -> str:
    asks = f"      - id: c\n        check: {check}\n        say: Something" if check else ""
    asks = asks or "      - {id: d, documents: [{type: card}]}"
    line = f"    when: {when}\n" if when else ""
    text = f"{HEAD}{GATE}{line}    require:\n{asks}\n"
    for old, new in replaced.items():
        text = text.replace(old, new)
    return text


def test_a_sound_document_is_sound() -> None:
    assert found(HEAD) == []
    assert found(gate(RISK)) == []


@pytest.mark.parametrize(
    ("when", "check", "named"),
    [
        ("evaluation.age_days < 0", "", ("error", "never-applies", 21)),
        ('model.task == "other" && model.task == "ranking"', "", ("error", "never-applies", 21)),
        ('"false"', "", ("error", "never-applies", 21)),
        ("evaluation.age_days >= 0", "", ("warning", "always-applies", 21)),
        ("", "evaluation.age_days > 3 && evaluation.age_days < 2", ("error", "never-met", 22)),
        (RISK, 'target.environment == "staging"', ("error", "never-met", 23)),
        (RISK, 'target.environment != "staging"', ("warning", "always-met", 24)),
        ("", "size(model.name) >= 0", ("warning", "always-met", 23)),
        (
            "",
            'model.risk_tier in ["low", "medium", "high", "prohibited"]',
            ("warning", "always-met", 23),
        ),
    ],
)
def test_constant_conditions_are_named_with_their_line(
    when: str, check: str, named: tuple[str, str, int]
) -> None:
    codes = [(level, code) for level, code, _ in found(gate(when, check))]
    assert named[:2] in codes
    lines = [line for level, code, line in found(gate(when, check)) if (level, code) == named[:2]]
    assert lines[0] in {21, 22, 23, 24}


def test_gates_that_contradict_each_other_close_their_kind() -> None:
    text = gate("", 'target.environment == "staging"')
    other = GATE.replace("id: more", "id: other")
    asks = f"    require:\n      - id: e\n        check: {RISK}\n        say: Never\n"
    assert ("error", "never-allowed", 6) in found(text + other + asks)


def test_a_kind_that_no_gate_speaks_for_in_some_world_is_told() -> None:
    text = HEAD.replace("    title: Base\n", f"    title: Base\n    when: {RISK}\n")
    assert found(text) == [("warning", "no-gate-applies", 6)]


def test_gates_and_requirements_that_ask_the_same_are_told() -> None:
    twin = HEAD.split("  - id: base")[1].replace("id: review", "id: again")
    doubled = f"{HEAD}  - id: twin{twin}"
    assert found(doubled) == [("warning", "duplicate-gate", 18)]
    more = doubled + "      - {id: card, documents: [{type: card}]}\n"
    assert found(more) == [("warning", "duplicate-requirement", 22)]


def test_roles_and_metrics_that_serve_nothing_are_told() -> None:
    text = HEAD.replace(
        "checker: Checks}",
        "checker: Checks, idle: Sits}\nmetrics:\n  auc: {higher_is_better: true, about: Area}",
    )
    assert found(text) == [("warning", "idle-role", 5), ("note", "idle-metric", 7)]


WEEK = "{id: week, title: Week, zone: Europe/Berlin, weekly: {starts: mon 06:00, ends: sat 12:00}}"
REST = "{id: rest, title: Rest, zone: Europe/Berlin, weekly: {starts: sat 12:00, ends: mon 06:00}}"
YEAR = "{id: year, title: Y, zone: UTC, starts: 2027-01-01T00:00, ends: 2027-12-31T00:00}"


def frozen(first: str, second: str, *windows: str, when: str = "") -> str:
    """The base gate names one window, another of its kind the second."""
    calendar = "calendar:\n" + "".join(f"  - {one}\n" for one in windows)
    text = HEAD.replace("gates:\n", f"{calendar}gates:\n")
    base = f"      - {{id: freeze, not_during: [{first}]}}\n{GATE}{when}    require:\n"
    return f"{text}{base}      - {{id: freeze, not_during: [{second}]}}\n"


def test_windows_that_leave_no_open_hour_together_are_told() -> None:
    told = found(frozen("week", "rest", WEEK, REST))
    assert told == [("warning", "no-open-hour", 21), ("warning", "no-open-hour", 26)]
    (alone,) = found(frozen("week", "rest", WEEK, REST, when=f"    when: {RISK}\n"))
    assert alone == ("warning", "no-open-hour", 27)
    short = REST.replace("ends: mon 06:00", "ends: mon 05:59")
    assert found(frozen("week", "rest", WEEK, short)) == []
    elsewhere = REST.replace("Europe/Berlin", "Europe/London")
    assert found(frozen("week", "rest", WEEK, elsewhere)) == []


def test_a_window_of_a_year_is_told_and_one_of_a_fortnight_is_not() -> None:
    told = found(frozen("week", "year", WEEK, YEAR))
    assert [code for _, code, _ in told] == ["no-open-hour", "no-open-hour"]
    assert found(frozen("week", "year", WEEK, YEAR.replace("2027-12-31", "2027-01-15"))) == []


def test_a_role_that_nobody_can_be_given_is_told() -> None:
    grant = "      - {id: who, actor: {any_role: [lead]}}\n"
    only = '      - id: only\n        check: grant.role == "lead"\n        say: Only leads\n'
    assert ("warning", "role-never-given", 5) in found(HEAD.replace(grant, grant + only))


PEOPLE = {"lead": {"1": "person", "2": "person"}, "checker": {"3": "person", "4": "person"}}


@pytest.mark.parametrize(
    ("holders", "codes"),
    [
        (PEOPLE, []),
        (
            {"lead": {}, "checker": {"3": "person", "4": "person"}},
            ["dead-seats", "nobody-holds-it"],
        ),
        ({"lead": {"1": "person"}, "checker": {"1": "person"}}, ["dead-seats"]),
        ({"lead": {"1": "person"}, "checker": {"2": "workload"}}, ["dead-seats"]),
        ({"lead": {"1": "person"}, "checker": {"2": "person", "3": "person"}}, ["bottleneck"]),
    ],
)
def test_seats_are_held_against_who_holds_which_role(holders: Holders, codes: list[str]) -> None:
    assert [code for _, code, _ in found(HEAD, holders)] == codes


def test_what_can_not_be_looked_through_is_said() -> None:
    many = " || ".join(f'"{n}" in model.tags' for n in range(6))
    text = gate(f"'{many}'")
    assert ("note", "not-looked-into") in [(level, code) for level, code, _ in found(text)]
    assert MOST >= 10_000


def nested(choices: str) -> str:
    old = "{at_least: 2, seats: [{role: lead, at_least: 1}], any_of: [checker]}"
    lead = "{at_least: 1, any_of: [lead]}"
    return HEAD.replace(old, f"{{all_of: [{lead}, {{one_of: [{choices}]}}]}}")


@pytest.mark.parametrize(
    ("choices", "codes"),
    [
        ("{at_least: 1, any_of: [checker]}, {at_least: 2, any_of: [lead]}", []),
        ("{at_least: 1, any_of: [checker]}, {at_least: 2, any_of: [checker]}", ["idle-choice"]),
        ("{at_least: 1, any_of: [checker]}, {at_least: 1, any_of: [checker, lead]}", ["idle-choice"]),
        ("{at_least: 1, any_of: [checker]}, {at_least: 1, any_of: [checker]}", ["idle-choice"]),
    ],
)  # fmt: skip
def test_a_choice_that_serves_nothing_is_told_once(choices: str, codes: list[str]) -> None:
    assert [code for _, code, _ in found(nested(choices))] == codes


def test_a_choice_that_too_few_could_meet_is_told_with_its_place() -> None:
    text = nested("{at_least: 1, any_of: [checker]}, {at_least: 5, any_of: [lead]}")
    assert found(text, PEOPLE) == [("warning", "dead-branch", 17)]
    told = [one.path for one in examine(load_document(text), PEOPLE)]
    assert told[0][-4:] == ("all_of", 1, "one_of", 1)
    nobody = {"lead": {"1": "person"}, "checker": {"1": "person"}}
    assert [code for _, code, _ in found(text, nobody)] == ["dead-seats"]


def test_who_counts_twice_may_fill_what_overlaps() -> None:
    alone = {"lead": {"1": "person"}, "checker": {"1": "person"}}
    text = nested("{at_least: 1, any_of: [checker]}, {at_least: 5, any_of: [lead]}")
    overlapping = text.replace("{all_of:", "{may_overlap: true, all_of:")
    codes = [code for _, code, _ in found(overlapping, alone)]
    assert "dead-seats" not in codes
    assert "bottleneck" in codes
