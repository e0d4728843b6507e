"""A value with some fields changed is what pydantic's own copy would be."""

from __future__ import annotations

import copy

from ledger.state.aggregates import ModelState

MODEL = ModelState(
    since=1,
    model="churn",
    version_scheme="semantic",
    task="classification",
    risk_tier="high",
    purposes=("retention",),
    owner="ana",
    registrant="ben",
)


def test_a_changed_value_is_the_copy_that_pydantic_would_make() -> None:
    changes = {"latest": "2.0.0", "versions": 3}
    ours, theirs = MODEL.but(**changes), MODEL.model_copy(update=changes)
    assert ours == theirs != MODEL
    assert hash(ours) == hash(theirs)
    assert repr(ours) == repr(theirs)
    assert ours.model_dump_json(exclude_unset=True) == theirs.model_dump_json(exclude_unset=True)
    assert copy.deepcopy(ours) == theirs


def test_what_was_changed_stays_as_it_was() -> None:
    before = MODEL.model_dump_json(exclude_unset=True)
    assert MODEL.but(owner="eve").owner == "eve"
    assert MODEL.model_dump_json(exclude_unset=True) == before
