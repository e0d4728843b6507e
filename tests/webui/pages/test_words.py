"""How pages say things, and how they compare two versions."""

from __future__ import annotations

import pytest

from ledger.events.catalogue import CATALOGUE
from ledger.events.model import Metric
from ledger.state.aggregates import Measured, VersionState
from tests.examples import example
from webui.pages.compared import compare
from webui.pages.saying import size
from webui.pages.words import attempt, detail, phrase, plain, with_article


@pytest.mark.parametrize(
    ("word", "said"),
    [("ml_lead", "ML lead"), ("dpia", "DPIA"), ("roc_auc", "ROC AUC"), ("model_card", "model card"),
     ("rolled_back", "rolled back"), ("soc2", "SOC 2"), ("", "")],
)  # fmt: skip
def test_a_technical_word_is_said_as_people_write_it(word: str, said: str) -> None:
    assert plain(word) == said


def test_an_article_suits_its_word() -> None:
    assert with_article("evaluation_report") == "an evaluation report"
    assert with_article("dpia") == "a DPIA"


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_no_kind_is_told_with_an_underscore_or_an_id_where_a_name_is_known(kind: str) -> None:
    event = example(kind)
    told = phrase(event, lambda _: "Ana")
    assert "_" not in told.replace(getattr(event, "model", "") or "", "")
    assert (getattr(event, "actor_id", None) or "-" * 8)[:8] not in told
    assert "_" not in detail(event, lambda _: "Ana")


@pytest.mark.parametrize(
    "kind", sorted(name for name, event in CATALOGUE.items() if not event.written_by_submit)
)
def test_every_command_can_be_told_as_an_attempt(kind: str) -> None:
    assert attempt(kind) != f"submit {kind}"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (7_482_113, "7.5 MB"),
     (9_007_199_254_740_991, "9.0 PB")],
)  # fmt: skip
def test_sizes_are_told_in_the_unit_that_suits_them(count: int, said: str) -> None:
    assert size(count) == said


def _version(*metrics: tuple[str, str, str, bool]) -> VersionState:
    held = tuple(
        Measured(
            entry=1,
            measured_at="2026-03-09T08:00:00.000000Z",
            metric=Metric(
                name=name, value=value, data_set=data_set, held_out=True, higher_is_better=higher
            ),
        )
        for name, value, data_set, higher in metrics
    )
    return VersionState.model_construct(metrics=held)


def test_metrics_are_compared_by_name_and_data_set_in_decimals() -> None:
    new = _version(("accuracy", "0.3", "a", True), ("mae", "0.1", "a", False),
                   ("accuracy", "0.9", "b", True), ("r2", "0.50", "a", True))  # fmt: skip
    old = _version(("accuracy", "0.1", "a", True), ("mae", "0.4", "a", False),
                   ("r2", "0.5", "a", True))  # fmt: skip
    rows = [(row.other, row.difference, row.verdict) for row in compare(new, old)]
    assert rows == [
        ("0.1", "+0.2", "better"),
        ("0.4", "\N{MINUS SIGN}0.3", "better"),
        ("", "", ""),
        ("0.5", "0", "same"),
    ]
    assert [row.verdict for row in compare(old, new)] == ["worse", "worse", "same"]


def test_without_another_version_nothing_is_compared() -> None:
    assert [row.verdict for row in compare(_version(("mae", "1", "a", False)), None)] == [""]
