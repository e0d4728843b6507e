"""T7 of reviews: recurring reviews of what runs that the policy owes."""

from __future__ import annotations

from datetime import date

from ledger.events.exception import ReviewCompleted, ReviewRequired
from policies.controls.scope import Period
from tests.policies.controls.examine import examine, told
from tests.policies.controls.story import Story, actor_id


def _owed(environment: str = "production", again: int | None = 240) -> tuple[Story, int, int]:
    """A story, the entry granted, and the review that is due ten days after 2 March."""
    story = Story().began()
    story.model()
    place = story.clean_change()
    event = ReviewRequired(
        of=place["granted"],
        reviewed="release.granted",
        by=actor_id("hal"),
        gate="approve",
        review="again",
        due="2026-03-12T12:00:00Z",
        model="prices",
        environment=environment,
        release=place["asked"],
        again_hours=again,
    )
    return story, place["granted"], story.says("service", event)


def test_an_overdue_review_fails_from_the_day_on() -> None:
    story, granted, review = _owed()
    story.on("2026-03-12").denied("ana")
    assert examine(story, "T7-reviews").verdict == "pass"
    story.on("2026-03-13").denied("ana")
    found = examine(story, "T7-reviews")
    assert (found.verdict, found.population) == ("fail", 1)
    said = f"prices: the review of entry {granted} was due by 2026-03-12 and is not made."
    assert told(found) == (((review,), said),)
    before = Period(date(2026, 3, 1), date(2026, 3, 11))
    assert examine(story, "T7-reviews", period=before).verdict == "pass"


def test_a_review_that_was_made_late_stays_an_exception() -> None:
    story, granted, review = _owed()
    done = story.on("2026-03-14").says(
        "bo", ReviewCompleted(review=review, finding="accepted", comment="x")
    )
    said = f"prices: the review of entry {granted} was due by 2026-03-12 and was made later."
    assert told(examine(story, "T7-reviews")) == (((review, done), said),)


def test_while_another_version_runs_the_review_is_not_owed() -> None:
    story, _, _ = _owed()
    story.clean_change("1.1.0")
    story.on("2026-03-20").denied("ana")
    assert examine(story, "T7-reviews").verdict == "not_exercised"


def test_single_reviews_and_other_environments_and_models_are_not_looked_at() -> None:
    for story, _, _ in (_owed(again=None), _owed(environment="staging")):
        story.on("2026-03-20").denied("ana")
        assert examine(story, "T7-reviews").verdict == "not_exercised"
    story, _, _ = _owed()
    assert examine(story, "T7-reviews", models=("other",)).verdict == "not_exercised"
