"""Rows are read strictly, and every kind of event has a control."""

from __future__ import annotations

import pytest

from ledger.errors import InputError
from ledger.events.catalogue import CATALOGUE
from policies.controls.coverage import NO_CONTROL, controls_for
from policies.controls.mapping import load_framework
from policies.controls.primitives import TESTS
from policies.controls.primitives.fields import FieldsArguments, known_fields
from policies.controls.shipped import FRAMEWORKS, shipped_framework

GOOD = """
format: controls/1
framework: own
short: Own
title: Our own rules
source_version: "1"
applies_from: "2026-01-01"
notice: Ours.
controls:
  - id: own-1
    ref: "1"
    title: Changes are approved
    question: Was each change approved?
    tests:
      - {use: T4, args: {approvers: 2, roles: [compliance]}}
    evidence: [release.approved]
    human: [Why]
    exceptions_allowed: true
"""


def test_a_row_carries_its_test_with_checked_arguments() -> None:
    (control,) = load_framework(GOOD).controls
    (use,) = control.tests
    assert (use.test.id, use.arguments.model_dump()["approvers"]) == ("T4", 2)
    assert (control.framework, control.source_version, control.human) == ("own", "1", ("Why",))


@pytest.mark.parametrize(
    ("right", "wrong", "pointer"),
    [
        ("use: T4", "use: T99", "/controls/0/tests/0/use"),
        ("approvers: 2", "aprovers: 2", "/controls/0/tests/0/args/aprovers"),
        ("approvers: 2", "approvers: 0", "/controls/0/tests/0/args/approvers"),
        ("release.approved", "release.aproved", "/controls/0/evidence"),
        ("id: own-1", "id: other-1", "/controls/0/id"),
        ("question:", "questoin:", "/controls/0/questoin"),
        ("exceptions_allowed: true", "exceptions_allowed: 1", "/controls/0/exceptions_allowed"),
        ("controls/1", "controls/2", "/format"),
        ('"2026-01-01"', '"2026-13-01"', "/applies_from"),
    ],
)
def test_a_mistake_in_a_row_is_refused_with_its_place(right: str, wrong: str, pointer: str) -> None:
    with pytest.raises(InputError) as refused:
        load_framework(GOOD.replace(right, wrong))
    assert refused.value.pointer == pointer


def test_two_rows_of_one_id_are_refused() -> None:
    row = GOOD[GOOD.index("  - id") :]
    with pytest.raises(InputError) as refused:
        load_framework(GOOD + row)
    assert refused.value.pointer == "/controls/1/id"


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_every_kind_of_event_has_a_control_or_a_reason_for_none(kind: str) -> None:
    assert bool(controls_for(kind)) != bool(NO_CONTROL.get(kind))


def test_reasons_are_given_for_kinds_that_exist() -> None:
    assert NO_CONTROL.keys() <= CATALOGUE.keys()


def test_every_test_is_used_by_a_control() -> None:
    used = {
        use.test.id
        for name in FRAMEWORKS
        for control in shipped_framework(name).controls
        for use in control.tests
    }
    assert used == TESTS.keys()


def test_no_shipped_framework_claims_or_certifies_anything() -> None:
    for name in FRAMEWORKS:
        framework = shipped_framework(name)
        texts = [framework.notice]
        texts.extend(text for row in framework.controls for text in (row.title, row.question))
        assert not [text for text in texts if "compliant" in text or "certif" in text]


def test_an_unknown_framework_is_refused() -> None:
    with pytest.raises(InputError, match="no such framework"):
        shipped_framework("iso")


def test_no_shipped_control_asks_for_what_the_ledger_has_no_place_for() -> None:
    """Such a control could only ever be insufficient; people sign a statement for it instead."""
    for name in FRAMEWORKS:
        for control in shipped_framework(name).controls:
            for use in control.tests:
                if isinstance(use.arguments, FieldsArguments):
                    assert set(use.arguments.required) <= set(known_fields(use.arguments.subject))
