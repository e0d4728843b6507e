"""The crosswalk leads from controls that exist to points that exist, in our own words."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

import pytest

from ledger.errors import InputError
from policies.controls.crosswalk import applicability, load_crosswalk, shipped_crosswalk
from policies.controls.shipped import FRAMEWORKS, shipped_framework

TEXT = files("policies.controls").joinpath("crosswalk.yaml").read_text(encoding="utf-8")
NIST, ISO = shipped_crosswalk().schemes


def test_annex_a_has_its_38_points_by_objective() -> None:
    objectives = Counter(point.ref.split(".")[1] for point in ISO.points)
    assert sum(objectives.values()) == 38
    assert objectives == {
        "2": 3, "3": 2, "4": 5, "5": 4, "6": 9, "7": 5, "8": 4, "9": 3, "10": 3,
    }  # fmt: skip


def test_every_outcome_of_nist_that_is_listed_is_led_to() -> None:
    led = {ref for row in shipped_crosswalk().rows for ref in row.points[NIST.id]}
    assert led == {point.ref for point in NIST.points}


def test_a_row_leads_both_ways() -> None:
    found = dict(shipped_crosswalk().of_control("eu-ai-act-15"))
    assert found[NIST] == ("MEASURE 2.5", "MEASURE 2.6", "MEASURE 2.7")
    assert found[ISO] == ("A.6.2.4",)
    assert shipped_crosswalk().controls_of(ISO.id, "A.6.2.4") == ("eu-ai-act-15",)


def test_a_control_that_no_row_names_leads_nowhere() -> None:
    assert shipped_crosswalk().of_control("gdpr-5-2") == ()


def test_every_duty_of_the_ai_act_that_has_neighbours_is_in_it() -> None:
    alone = {"eu-ai-act-5"}
    ours = {one.id for one in shipped_framework("eu-ai-act").controls}
    assert ours - set(shipped_crosswalk().controls) == alone


@pytest.mark.parametrize(
    ("right", "wrong", "pointer"),
    [
        ("nist-ai-rmf: [MAP 1.1]", "nist-ai-rmf: [MAP 9.9]", "/rows/13/nist-ai-rmf"),
        ("iso-42001: [A.9.4]", "iso-42001: [A.99]", "/rows/13/iso-42001"),
        ("controls: [eu-ai-act-15]", "controls: [eu-ai-act-99]", "/rows/6/controls"),
        ("format: crosswalk/1", "format: crosswalk/2", "/format"),
    ],
)
def test_what_leads_nowhere_is_refused_with_its_place(right: str, wrong: str, pointer: str) -> None:
    with pytest.raises(InputError) as refused:
        load_crosswalk(TEXT.replace(right, wrong))
    assert refused.value.pointer == pointer


def test_applicability_is_stated_under_names_that_no_control_has() -> None:
    names = [one.id for one in applicability(ISO).controls]
    taken = {one.id for name in FRAMEWORKS for one in shipped_framework(name).controls}
    assert len(set(names)) == len(names) == 38
    assert taken.isdisjoint(names)
    assert all(name.startswith("iso-42001-a-") for name in names)


def test_it_claims_and_certifies_nothing() -> None:
    assert not [word for word in ("compliant", "certif", "conform") if word in TEXT.lower()]
