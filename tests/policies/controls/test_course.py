"""T8 leavers, T10 emergencies, T13 notice, T14 sign-in, T15 erasure."""

from __future__ import annotations

from ledger.events import privacy
from ledger.events.exception import (
    ExceptionClosed,
    ExceptionOpened,
    ReviewCompleted,
    ReviewRequired,
)
from tests.policies.controls.examine import examine, told
from tests.policies.controls.story import Story, actor_id


def _begun() -> Story:
    story = Story().began()
    story.model()
    return story


def test_leavers_are_counted_and_their_last_days_asked_for() -> None:
    story = _begun()
    entry = story.revoked_role("bo", "compliance")
    found = examine(story, "T8", hours=24)
    assert (found.verdict, found.population, found.entries) == (
        "insufficient_evidence",
        1,
        (entry,),
    )
    assert "within 24 hours" in found.sentence


def test_no_exception_is_not_exercised() -> None:
    assert examine(_begun(), "T10").verdict == "not_exercised"


def _opened(story: Story) -> tuple[int, int]:
    """An exception of two hours on 2 March, and its review, due on the 4th."""
    opened = story.says(
        "hal",
        ExceptionOpened(
            model="prices",
            environment="production",
            until="2026-03-02T12:00:00Z",
            uses=1,
            review_by="2026-03-04T12:00:00Z",
            reason="All prices are wrong",
        ),
    )
    return opened, _owed(story, opened, "exception.opened", "2026-03-04T12:00:00Z")


def _owed(story: Story, of: int, kind: str, due: str) -> int:
    return story.says(
        "service",
        ReviewRequired(
            of=of, reviewed=kind, by=actor_id("hal"), gate="policy", review="exception", due=due
        ),
    )


def _closed(story: Story, opened: int) -> None:
    story.says("hal", ExceptionClosed(exception=opened, account="Went back"))


def _reviewed(story: Story, review: int, finding: str = "accepted") -> int:
    verdict = "accepted" if finding == "accepted" else "objected"
    return story.says("bo", ReviewCompleted(review=review, finding=verdict, comment="Looked"))


def test_an_exception_that_was_closed_and_reviewed_in_time_passes() -> None:
    story = _begun()
    opened, review = _opened(story)
    _closed(story, opened)
    done = _reviewed(story.on("2026-03-03"), review)
    found = examine(story, "T10")
    assert (found.verdict, found.population) == ("pass", 1)
    assert found.entries == (opened, review, done)


def test_an_exception_whose_review_is_not_due_yet_waits() -> None:
    story = _begun()
    opened, _ = _opened(story)
    _closed(story, opened)
    found = examine(story, "T10")
    assert (found.verdict, found.exceptions) == ("insufficient_evidence", ())


def test_an_exception_that_nobody_reviewed_or_accounted_for_fails() -> None:
    story = _begun()
    opened, _ = _opened(story)
    story.on("2026-03-05").version("1.0.0")
    assert told(examine(story, "T10")) == (
        (
            (opened,),
            (
                f"Exception {opened}: it ended without an account of what was done; its review was"
                " due by 2026-03-04 and is not made."
            ),
        ),
    )


def test_a_late_review_and_an_objection_fail() -> None:
    story = _begun()
    opened, review = _opened(story)
    _closed(story, opened)
    _reviewed(story.on("2026-03-06"), review, "objected")
    assert told(examine(story, "T10")) == (
        (
            (opened,),
            (
                f"Exception {opened}: its review was due by 2026-03-04 and was made later; the"
                " reviewer objected."
            ),
        ),
    )


def test_a_roll_back_that_was_reviewed_in_time_passes() -> None:
    story = _begun()
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    back = story.rolled_back("1.0.0")
    review = _owed(story, back, "deployment.rolled_back", "2026-03-07T12:00:00Z")
    assert examine(story, "T10", rollbacks=True).verdict == "insufficient_evidence"
    _reviewed(story.on("2026-03-04"), review)
    assert examine(story, "T10", rollbacks=True).verdict == "pass"


def test_a_roll_back_still_lacks_its_review() -> None:
    story = _begun()
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    back = story.rolled_back("1.0.0")
    found = examine(story, "T10", rollbacks=True)
    assert (found.verdict, found.population, found.exceptions) == ("insufficient_evidence", 1, ())
    assert found.entries == (15, back)


def test_a_roll_back_to_an_unknown_version_fails() -> None:
    story = _begun()
    story.version("0.9.0")
    story.clean_change("1.0.0")
    back = story.rolled_back("0.9.0")
    found = examine(story, "T10", rollbacks=True)
    assert told(found) == (
        (
            (back,),
            f"Roll-back in entry {back}: the version had not run there under a grant before.",
        ),
    )


def test_no_roll_back_is_not_exercised() -> None:
    story = _begun()
    story.clean_change()
    assert examine(story, "T10", rollbacks=True).verdict == "not_exercised"


def test_a_deprecation_in_time_passes() -> None:
    story = _begun()
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    entry = story.deprecated("1.0.0", "2026-05-01")
    found = examine(story, "T13", days=30)
    assert (found.verdict, found.entries) == ("pass", (entry,))


def test_a_deprecation_on_short_notice_fails_unless_it_is_urgent() -> None:
    story = _begun()
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    story.deprecated("1.0.0", "2026-03-05")
    assert "announced 3 days before" in examine(story, "T13", days=30).exceptions[0].sentence
    urgent = _begun()
    urgent.clean_change("1.0.0")
    urgent.clean_change("1.1.0")
    urgent.deprecated("1.0.0", "2026-03-02", cause="security")
    assert examine(urgent, "T13", days=30).verdict == "pass"


def test_a_deprecated_version_that_still_runs_fails() -> None:
    story = _begun()
    place = story.clean_change("1.0.0")
    entry = story.deprecated("1.0.0", "2026-05-01")
    story.on("2026-05-02").denied()
    found = examine(story, "T13", days=30)
    assert told(found) == (
        (
            (place["deployed"], entry),
            "prices 1.0.0: still ran in production after it took effect.",
        ),
    )


def test_a_deprecated_version_that_is_deployed_again_fails() -> None:
    story = _begun()
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    story.deprecated("1.0.0", "2026-05-01")
    story.rolled_back("1.0.0")
    assert (
        "deployed after it was deprecated" in examine(story, "T13", days=30).exceptions[0].sentence
    )


def test_whether_users_were_told_is_not_recorded() -> None:
    story = _begun()
    story.version()
    story.deprecated("1.0.0", "2026-05-01")
    assert examine(story, "T13", days=30, consumers=True).verdict == "insufficient_evidence"
    assert examine(_begun(), "T13", days=30, consumers=True).verdict == "not_exercised"


def test_approvals_by_signed_in_persons_pass_and_a_second_factor_is_not_known() -> None:
    story = _begun()
    story.clean_change()
    found = examine(story, "T14")
    assert (found.verdict, found.population, found.entries) == ("pass", 2, (12, 13))
    assert examine(story, "T14", second_factor=True).verdict == "insufficient_evidence"


def test_each_approval_says_whether_a_second_factor_was_used() -> None:
    story = _begun()
    story.version()
    asked = story.asked()
    strong = story.approved(asked, via="password+totp", second_factor=True)
    found = examine(story, "T14", second_factor=True)
    assert (found.verdict, found.entries) == ("pass", (strong,))
    weak = story.approved(asked, "hal", via="sso", second_factor=False)
    said = f"Entry {weak}: signed in without a second factor."
    assert told(examine(story, "T14", second_factor=True)) == (((weak,), said),)
    assert examine(story, "T14").verdict == "pass"


def test_an_approval_in_a_way_that_is_not_accepted_fails() -> None:
    story = _begun()
    story.version()
    approved = story.approved(story.asked(), via="setup")
    found = examine(story, "T14")
    assert told(found) == (((approved,), f"Entry {approved}: signed in by setup."),)


def test_no_approval_is_not_exercised() -> None:
    assert examine(_begun(), "T14").verdict == "not_exercised"


def _asked(story: Story, day: str) -> int:
    story.on(day)
    event = privacy.ErasureRequested(actor_id=actor_id("nora"), received=day)
    return story.says("bo", event)


def _with_nora() -> Story:
    story = _begun()
    story.enrolled("nora")
    return story


def test_nobody_asked_for_erasure_is_not_exercised() -> None:
    assert examine(_begun(), "T15", days=30).verdict == "not_exercised"


def test_a_request_that_was_carried_out_or_refused_in_time_passes() -> None:
    story = _with_nora()
    request = _asked(story, "2026-03-02")
    story.on("2026-03-20")
    story.says("bo", privacy.ErasureRefused(erasure=request, ground="legal_claims", assessment="x"))
    again = _asked(story, "2026-03-21")
    story.says("bo", privacy.ErasureApproved(erasure=again, assessment="x"))
    event = privacy.SubjectErased(actor_id=actor_id("nora"), erasure=again, texts=2)
    story.says("bo", event)
    found = examine(story, "T15", days=30)
    assert (found.verdict, found.population) == ("pass", 2)


def test_a_request_that_was_only_approved_or_answered_late_fails() -> None:
    story = _with_nora()
    request = _asked(story, "2026-01-05")
    story.on("2026-01-06")
    story.says("bo", privacy.ErasureApproved(erasure=request, assessment="x"))
    assert examine(story, "T15", days=30).verdict == "insufficient_evidence"
    story.on("2026-03-20")
    story.enrolled("zoe")
    found = examine(story, "T15", days=30)
    assert told(found) == (
        ((request, request + 1), f"Request {request}, received 2026-01-05: not answered."),
    )
    event = privacy.SubjectErased(actor_id=actor_id("nora"), erasure=request, texts=2)
    story.says("bo", event)
    late = f"Request {request}, received 2026-01-05: answered on 2026-03-20."
    assert [one.sentence for one in examine(story, "T15", days=30).exceptions] == [late]


def test_a_request_that_is_not_due_yet_is_not_computed() -> None:
    story = _with_nora()
    _asked(story, "2026-03-30")
    assert examine(story, "T15", days=30).verdict == "insufficient_evidence"
