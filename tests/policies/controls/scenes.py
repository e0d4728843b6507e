"""Short histories that bring one test to each of its verdicts, for whatever arguments it has.

Every scene says by hand what comes out: the verdict, how many items there are, and the entries of
each exception. A verdict that a test can't reach has a reason in ``NEVER`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ledger.events import access, custody, incident, privacy, statement
from ledger.events.decision import Decision
from ledger.events.exception import (
    ExceptionClosed,
    ExceptionOpened,
    ReviewCompleted,
    ReviewRequired,
)
from tests.policies.controls.story import CODE, Story, actor_id, data_set, digest, personal

if TYPE_CHECKING:
    from policies.controls.mapping import Control

Entries = tuple[int, ...]
PASS, FAIL, INSUFFICIENT, IDLE = "pass", "fail", "insufficient_evidence", "not_exercised"


@dataclass
class Scene:
    """A story with what is expected of it: ``population`` items, ``exceptions`` by their entries."""

    story: Story
    population: int
    exceptions: tuple[Entries, ...] = ()
    anchored: bool = True
    hidden: int | None = None
    missing: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


def begun(risk: str = "low", day: str = "2026-03-02") -> Story:
    """A ledger with people, CI and one model; its roles were given in 2025, before any period."""
    story = Story(day="2025-11-03").began()
    story.on(day).model(risk=risk)
    return story


def risk_of(args: Any) -> str:
    tiers = getattr(args, "risk_tiers", ())
    return tiers[-1] if tiers else "low"


def data_of(control: Control, args: Any) -> tuple:
    """A data set of a class that the test, or its control, asks about; said of it is everything."""
    wanted = getattr(args, "data", ()) or control.data
    if not wanted:
        return (data_set(),)
    kind = wanted[0]
    return (
        (personal("people", kind),)
        if kind != "confidential"
        else (data_set("secret", kind, retain_until="2030-12-31"),)
    )


# T1, T11: the record itself.


def whole(control: Control, args: Any) -> Scene:
    story = begun()
    return Scene(story, len(story.entries))


def torn(control: Control, args: Any) -> Scene:
    """An entry is not there: the one after it is where that is seen."""
    story = begun(day="2026-03-02")
    hidden = story.denied("ana")
    after = story.denied("bo")
    return Scene(story, len(story.entries) - 1, ((after,),), hidden=hidden)


def unheld(control: Control, args: Any) -> Scene:
    story = begun()
    return Scene(story, len(story.entries), anchored=False, missing=1)


def old(control: Control, args: Any) -> Scene:
    story = Story(day="2010-01-04").began()
    story.on("2026-03-02").denied("ana")
    return Scene(story, len(story.entries))


def old_and_torn(control: Control, args: Any) -> Scene:
    story = Story(day="2010-01-04").began()
    hidden = story.on("2026-03-02").denied("ana", of=None)
    after = story.denied("bo", of=None)
    return Scene(story, len(story.entries) - 1, ((after,),), hidden=hidden)


def young(control: Control, args: Any) -> Scene:
    """Half a year old when the period ends."""
    story = Story(day="2027-06-01").began()
    return Scene(story, len(story.entries), missing=1)


# T2: the population.


def matched(control: Control, args: Any) -> Scene:
    story = begun()
    story.clean_change()
    story.on("2026-03-03").showed("cluster")
    return Scene(story, 1)


def beside(control: Control, args: Any) -> Scene:
    """One runs that nobody recorded, one has other bytes, and one is not on the list."""
    story = begun()
    deployed = story.clean_change()["deployed"]
    entry = story.on("2026-03-03").showed(
        "cluster",
        access.Differing(
            model="prices", version="7.0.0", environment="production", how="unexplained"
        ),
        access.Differing(
            model="prices", version="1.0.0", environment="production", how="other_artifact",
            deployment=deployed,
        ),
        access.Differing(
            model="prices", version="1.0.0", environment="production", how="unlisted",
            deployment=deployed,
        ),
        access.Differing(
            model="prices", version="7.0.0", environment="staging", how="unexplained"
        ),
    )  # fmt: skip
    return Scene(story, 1, ((entry,), (deployed, entry), (deployed, entry)))


def unlisted(control: Control, args: Any) -> Scene:
    """A list of what is registered, and one of what runs elsewhere, say nothing of production."""
    story = begun()
    story.clean_change()
    story.showed("mlflow", environments=None)
    story.showed("laboratory", environments=("staging",))
    return Scene(story, 1, missing=1)


def nothing_runs(control: Control, args: Any) -> Scene:
    story = begun()
    story.showed("cluster")
    return Scene(story, 0)


# T3, T4, T9: changes.


def clean(control: Control, args: Any) -> Scene:
    story = begun(risk_of(args))
    story.clean_change(data_sets=data_of(control, args))
    return Scene(story, 1)


def beside_the_policy(control: Control, args: Any) -> Scene:
    """Deployed under a policy that was not in force."""
    story = begun()
    place = {"registered": story.version(data_sets=data_of(control, args))}
    asked = story.asked()
    first = story.approved(asked, "bo")
    second = story.approved(asked, "hal")
    granted = story.granted(asked, first, second)
    other = Decision(outcome="allow", policy=digest("another policy"), engine=1)
    deployed = story.deployed(decision=other)
    told = (place["registered"], asked, first, second, granted, deployed)
    return Scene(story, 1, (told,))


def unmeasured(control: Control, args: Any) -> Scene:
    story = begun()
    story.clean_change(data_sets=data_of(control, args), metrics=())
    return Scene(story, 1, missing=1)


def no_change(control: Control, args: Any) -> Scene:
    story = begun(risk_of(args))
    story.version(data_sets=data_of(control, args))
    return Scene(story, 0)


def own_approval(control: Control, args: Any) -> Scene:
    """Approved by the one who asked: T3 has nothing against it, T4 has."""
    story = begun()
    story.version(data_sets=data_of(control, args))
    asked = story.asked(by="bo")
    vote = story.approved(asked, "bo")
    story.granted(asked, vote)
    deployed = story.deployed()
    return Scene(story, 1, ((vote, deployed),))


def by_machines(control: Control, args: Any) -> Scene:
    """Registered and asked for by CI: whose work it is can't be told."""
    story = begun()
    story.version(by="ci", data_sets=data_of(control, args))
    asked = story.asked(by="ci")
    story.granted(asked, story.approved(asked, "bo"))
    story.deployed()
    return Scene(story, 1, missing=1)


def grants(control: Control, args: Any) -> Scene:
    story = begun()
    story.enrolled("zoe")
    story.granted_role("zoe", "operations")
    return Scene(story, 1)


def own_grant(control: Control, args: Any) -> Scene:
    story = begun()
    entry = story.granted_role("bo", "administrator", by="bo")
    return Scene(story, 1, ((entry,),))


def no_grant(control: Control, args: Any) -> Scene:
    return Scene(begun(), 0)


def unclean(control: Control, args: Any) -> Scene:
    """Built from a working copy with changes, or used for what the data was not recorded for."""
    story = begun()
    held = data_of(control, args)
    if args.purposes:
        held = tuple(one.model_copy(update={"purposes": ("planning",)}) for one in held)
    dirty = CODE.model_copy(update={"dirty": True})
    made = story.clean_change(data_sets=held, code=dirty)
    return Scene(story, 1, ((made["registered"],),))


def rootless(control: Control, args: Any) -> Scene:
    from ledger.events.model import Parent

    story = begun()
    parents = (Parent(model="elsewhere", version="1.0.0", relation="fine_tuned_from"),)
    story.clean_change(data_sets=data_of(control, args), parents=parents)
    return Scene(story, 1, missing=1)


# T5: fields.


def stated(control: Control, args: Any) -> Scene:
    story = begun()
    if args.subject == "denial":
        story.denied("ana")
        return Scene(story, 1)
    held = data_of(control, args)
    if args.subject == "deployment":
        story.version(data_sets=held)
        story.deployed(region="eu-central-1")
        return Scene(story, 1)
    story.version(data_sets=held)
    return Scene(story, 1)


def unstated(control: Control, args: Any) -> Scene:
    story = begun()
    if args.subject == "denial":
        from ledger.events.assurance import AccessDenied

        event = AccessDenied(attempted="deployment.recorded", command=digest("c"), model="prices")
        policy = story.registry.policy().digest
        entry = story.says("ana", event, decision=Decision(outcome="deny", policy=policy, engine=1))
        return Scene(story, 1, ((entry,),))
    kind = (getattr(args, "data", ()) or control.data)[0]
    entry = story.version(data_sets=(data_set("poor", kind),))
    if args.subject == "deployment":
        entry = story.deployed()
    return Scene(story, 1, ((entry,),))


def no_such_thing(control: Control, args: Any) -> Scene:
    return Scene(begun(), 0)


# T5 over incidents.


def _opened(story: Story, args: Any, detected: str = "2026-03-02T00:00:00Z") -> int:
    told = {"personal_data": args.only == "personal_data", "serious": args.only == "serious"}
    return story.says(
        "hal",
        incident.IncidentOpened(
            severity="high", nature="quality", detected_at=detected, summary="x", **told
        ),
    )


def closed_in_time(control: Control, args: Any) -> Scene:
    story = begun()
    entry = _opened(story, args)
    moments = dict.fromkeys(args.within_hours, "2026-03-02T00:00:01Z")
    story.says("hal", incident.IncidentClosed(incident=entry, cause="x", measures="y", **moments))
    return Scene(story, 1)


def too_late(control: Control, args: Any) -> Scene:
    """Open for more than thirty days, or somebody told after the clock ran out."""
    story = begun()
    entry = _opened(story, args)
    story.on("2026-12-20").denied("ana")
    return Scene(story, 1, ((entry,),))


def still_open(control: Control, args: Any) -> Scene:
    story = begun()
    _opened(story, args)
    return Scene(story, 1, missing=1)


# T6: documents.


def _begun_for(control: Control, args: Any) -> Story:
    """A story with the data that a control asks about, where it asks about data."""
    story = begun()
    if control.data:
        story.version(data_sets=data_of(control, args))
        story.deployed()
    return story


def signed(control: Control, args: Any) -> Scene:
    story = _begun_for(control, args)
    _sign(story, control, "2026-12-31")
    return Scene(story, 1)


def run_out(control: Control, args: Any) -> Scene:
    story = _begun_for(control, args)
    entry = _sign(story, control, "2026-06-30")
    story.on("2026-07-01").denied("ana")
    return Scene(story, 1, ((entry,),))


def unsigned(control: Control, args: Any) -> Scene:
    return Scene(_begun_for(control, args), 0, missing=1)


def _sign(story: Story, control: Control, until: str) -> int:
    event = statement.StatementSigned(
        framework=control.framework, control=control.id, valid_until=until, text="x"
    )
    return story.says("bo", event)


def papered(control: Control, args: Any) -> Scene:
    story = begun(risk_of(args))
    story.version(data_sets=data_of(control, args))
    story.attached(args.types[0])
    story.deployed()
    return Scene(story, 1)


def papered_late(control: Control, args: Any) -> Scene:
    story = begun(risk_of(args))
    story.version(data_sets=data_of(control, args))
    deployed = story.deployed()
    paper = story.attached(args.types[0])
    return Scene(story, 1, ((deployed, paper),))


def paperless(control: Control, args: Any) -> Scene:
    story = begun(risk_of(args))
    story.version(data_sets=data_of(control, args))
    story.deployed()
    return Scene(story, 1, missing=1)


# T7: cadence.


def _repeat(story: Story, args: Any, day: str) -> int:
    story.on(day)
    if args.kind == "report.issued":
        return story.reported(args.framework)
    if args.kind == "access.reviewed":
        opened = story.says(
            "bo",
            access.AccessReviewOpened(
                roles=("auditor",), as_of=len(story.entries), due="2027-01-01T00:00:00Z", rows=()
            ),
        )
        return story.says("bo", access.AccessReviewed(review=opened, kept=0, removed=0))
    before = date.fromisoformat(day) - timedelta(days=1)
    digested = story.says(
        "service",
        access.AccessDigested(
            day=before.isoformat(), since=before.isoformat(), last=1, count=1,
            head=digest("head"), previous="0" * 64,
        ),
    )  # fmt: skip
    return story.says(
        "bo",
        access.ActivityReviewed(
            first_day=before.isoformat(), last_day=before.isoformat(), digest=digested, records=1,
            finding="nothing", conclusion="x",
        ),
    )  # fmt: skip


def repeated(control: Control, args: Any) -> Scene:
    """The ledger begins on 2 March; halfway through one interval it is done, and that is all."""
    story = Story(day="2026-03-02").began()
    middle = date(2026, 3, 2) + timedelta(days=min(args.every_days, 200) // 2)
    _repeat(story, args, middle.isoformat())
    return Scene(story, 1)


def neglected(control: Control, args: Any) -> Scene:
    """More than one interval without: seen from an end of the period, so no entry stands near."""
    days = args.every_days
    story = Story(day="2026-01-01" if days < 300 else "2024-06-03").began()
    end = date(2026, 1, 1) + timedelta(days=days + 1)
    story.on(end.isoformat()).denied("ana")
    return Scene(story, 0, ((),))


def too_soon(control: Control, args: Any) -> Scene:
    story = Story(day="2026-03-02").began()
    return Scene(story, 0, missing=1)


# T7-reviews: recurring reviews.


def _owed_again(story: Story) -> int:
    """Deployed in March; the review of its release is due on the 12th and then every ten days."""
    place = story.clean_change()
    event = ReviewRequired(
        of=place["granted"], reviewed="release.granted", by=actor_id("hal"), gate="approve",
        review="again", due="2026-03-12T12:00:00Z", model="prices", environment="production",
        release=place["asked"], again_hours=240,
    )  # fmt: skip
    return story.says("service", event)


def looked_at_again(control: Control, args: Any) -> Scene:
    story = begun()
    review = _owed_again(story)
    story.on("2026-03-10").says(
        "bo", ReviewCompleted(review=review, finding="accepted", comment="x")
    )
    return Scene(story, 1)


def not_looked_at(control: Control, args: Any) -> Scene:
    story = begun()
    review = _owed_again(story)
    story.on("2026-03-20").denied("ana")
    return Scene(story, 1, ((review,),))


# T8: leavers.


def _list(story: Story, left: tuple[access.Left, ...]) -> int:
    return story.says(
        "service",
        access.InventoryReconciled(
            inventory="people", source="hr", as_of=f"{story.day}T00:00:00Z", digest=digest("list"),
            listed=3, matched=3, unknown=0, left=left,
        ),
    )  # fmt: skip


def left_in_time(control: Control, args: Any) -> Scene:
    story = begun()
    story.revoked_role("bo", "compliance")
    _list(
        story.on("2026-03-03"), (access.Left(actor_id=actor_id("bo"), at="2026-03-02T00:00:00Z"),)
    )
    return Scene(story, 1)


def left_and_kept(control: Control, args: Any) -> Scene:
    story = begun()
    granted = next(
        one.sequence for one in story.entries
        if one.kind == "role.granted" and one.event.actor_id == actor_id("bo")
    )  # fmt: skip
    entry = _list(
        story.on("2026-03-09"), (access.Left(actor_id=actor_id("bo"), at="2026-03-02T00:00:00Z"),)
    )
    return Scene(story, 1, ((granted, entry),))


def no_list(control: Control, args: Any) -> Scene:
    return Scene(begun(), 0, missing=1)


def nobody_left(control: Control, args: Any) -> Scene:
    story = begun()
    _list(story.on("2026-03-03"), ())
    return Scene(story, 0)


# T10: emergencies.


def _review(story: Story, of: int, kind: str, due: str) -> int:
    event = ReviewRequired(
        of=of, reviewed=kind, by=actor_id("hal"), gate="policy", review="exception", due=due
    )
    return story.says("service", event)


def _exception(story: Story) -> tuple[int, int]:
    event = ExceptionOpened(
        model="prices", environment="production", until="2026-03-02T12:00:00Z", uses=1,
        review_by="2026-03-04T12:00:00Z", reason="x",
    )  # fmt: skip
    opened = story.says("hal", event)
    review = _review(story, opened, "exception.opened", "2026-03-04T12:00:00Z")
    story.says("hal", ExceptionClosed(exception=opened, account="x"))
    return opened, review


def accounted(control: Control, args: Any) -> Scene:
    story = begun()
    _, review = _exception(story)
    story.on("2026-03-03").says(
        "bo", ReviewCompleted(review=review, finding="accepted", comment="x")
    )
    return Scene(story, 1)


def objected(control: Control, args: Any) -> Scene:
    story = begun()
    opened, review = _exception(story)
    story.on("2026-03-03").says(
        "bo", ReviewCompleted(review=review, finding="objected", comment="x")
    )
    return Scene(story, 1, ((opened,),))


def to_be_reviewed(control: Control, args: Any) -> Scene:
    story = begun()
    _exception(story)
    return Scene(story, 1, missing=1)


def _back(story: Story) -> int:
    story.clean_change("1.0.0")
    story.clean_change("1.1.0")
    return story.rolled_back("1.0.0")


def rolled_back(control: Control, args: Any) -> Scene:
    story = begun()
    review = _review(story, _back(story), "deployment.rolled_back", "2026-03-06T12:00:00Z")
    story.on("2026-03-03").says(
        "bo", ReviewCompleted(review=review, finding="accepted", comment="x")
    )
    return Scene(story, 1)


def rolled_back_badly(control: Control, args: Any) -> Scene:
    story = begun()
    entry = _back(story)
    review = _review(story, entry, "deployment.rolled_back", "2026-03-06T12:00:00Z")
    story.on("2026-03-03").says(
        "bo", ReviewCompleted(review=review, finding="objected", comment="x")
    )
    return Scene(story, 1, ((entry,),))


def rolled_back_unseen(control: Control, args: Any) -> Scene:
    story = begun()
    _back(story)
    return Scene(story, 1, missing=1)


# T12, T13, T14, T15.


def _drill(story: Story, outcome: str) -> int:
    event = custody.RestoreTested(
        backup=digest("b"), position=1, root=digest("r"), behind=0,
        problems=0 if outcome == "pass" else 2, outcome=outcome,
    )  # fmt: skip
    return story.says("service", event)


def drilled(control: Control, args: Any) -> Scene:
    story = Story(day="2026-03-02").began()
    _drill(story, "pass")
    return Scene(story, 1)


def drill_failed(control: Control, args: Any) -> Scene:
    story = Story(day="2026-03-02").began()
    return Scene(story, 1, ((_drill(story, "fail"),),))


def announced(control: Control, args: Any) -> Scene:
    story = begun()
    story.version()
    story.deprecated("1.0.0", "2026-06-30")
    return Scene(story, 1)


def announced_late(control: Control, args: Any) -> Scene:
    story = begun()
    story.version()
    return Scene(story, 1, ((story.deprecated("1.0.0", "2026-03-05"),),))


def _vote(by: str = "bo", second_factor: bool | None = True) -> tuple[Story, int]:
    story = begun()
    story.version()
    return story, story.approved(story.asked(), by, second_factor=second_factor)


def signed_in(control: Control, args: Any) -> Scene:
    return Scene(_vote()[0], 1)


def machine_vote(control: Control, args: Any) -> Scene:
    story, entry = _vote("ci")
    return Scene(story, 1, ((entry,),))


def unknown_factor(control: Control, args: Any) -> Scene:
    return Scene(_vote(second_factor=None)[0], 1, missing=1)


def _erasure(story: Story) -> int:
    story.enrolled("nora")
    event = privacy.ErasureRequested(actor_id=actor_id("nora"), received=story.day)
    return story.says("bo", event)


def refused_in_time(control: Control, args: Any) -> Scene:
    story = begun()
    request = _erasure(story)
    story.says("bo", privacy.ErasureRefused(erasure=request, ground="legal_claims", assessment="x"))
    return Scene(story, 1)


def unanswered(control: Control, args: Any) -> Scene:
    story = begun()
    request = _erasure(story)
    story.on("2026-06-01").denied("ana")
    return Scene(story, 1, ((request,),))


def not_due(control: Control, args: Any) -> Scene:
    story = begun()
    _erasure(story)
    return Scene(story, 1, missing=1)


SCENES = {
    "T1": {PASS: whole, FAIL: torn, INSUFFICIENT: unheld},
    "T2": {PASS: matched, FAIL: beside, INSUFFICIENT: unlisted, IDLE: nothing_runs},
    "T3": {PASS: clean, FAIL: beside_the_policy, INSUFFICIENT: unmeasured, IDLE: no_change},
    "T4": {PASS: clean, FAIL: own_approval, INSUFFICIENT: by_machines, IDLE: no_change},
    "T4 grants": {PASS: grants, FAIL: own_grant, IDLE: no_grant},
    "T5": {PASS: stated, FAIL: unstated, IDLE: no_such_thing},
    "T5-incidents": {PASS: closed_in_time, FAIL: too_late, INSUFFICIENT: still_open,
                     IDLE: no_such_thing},
    "T6": {PASS: papered, FAIL: papered_late, INSUFFICIENT: paperless, IDLE: no_change},
    "T6 ours": {PASS: signed, FAIL: run_out, INSUFFICIENT: unsigned},
    "T7": {PASS: repeated, FAIL: neglected, INSUFFICIENT: too_soon},
    "T7-reviews": {PASS: looked_at_again, FAIL: not_looked_at, IDLE: no_change},
    "T8": {PASS: left_in_time, FAIL: left_and_kept, INSUFFICIENT: no_list, IDLE: nobody_left},
    "T9": {PASS: clean, FAIL: unclean, INSUFFICIENT: rootless, IDLE: no_change},
    "T10": {PASS: accounted, FAIL: objected, INSUFFICIENT: to_be_reviewed, IDLE: no_such_thing},
    "T10 back": {PASS: rolled_back, FAIL: rolled_back_badly, INSUFFICIENT: rolled_back_unseen,
                 IDLE: no_such_thing},
    "T11": {PASS: old, FAIL: old_and_torn, INSUFFICIENT: young},
    "T12": {PASS: drilled, FAIL: drill_failed, INSUFFICIENT: no_list},
    "T13": {PASS: announced, FAIL: announced_late, IDLE: no_such_thing},
    "T14": {PASS: signed_in, FAIL: machine_vote, INSUFFICIENT: unknown_factor,
            IDLE: no_such_thing},
    "T15": {PASS: refused_in_time, FAIL: unanswered, INSUFFICIENT: not_due, IDLE: no_such_thing},
}  # fmt: skip

NEVER = {
    ("T1", IDLE): "a ledger has at least one entry",
    ("T3", INSUFFICIENT): "only a missing evaluation is evidence that may lie elsewhere",
    ("T4 grants", INSUFFICIENT): "who gave a role to whom always stands in the entry",
    ("T5", FAIL): "no version is registered without these fields",
    ("T5", INSUFFICIENT): "what is not stated is an exception; nothing may lie elsewhere",
    ("T6 ours", IDLE): "the organisation is always there",
    ("T7", IDLE): "time always goes by",
    ("T7-reviews", INSUFFICIENT): "a review that is not due yet lacks nothing",
    ("T11", IDLE): "a ledger has at least one entry",
    ("T12", IDLE): "no drill at all is missing evidence, since one may be recorded elsewhere",
    ("T13", INSUFFICIENT): "no shipped control asks whether users were told",
    ("T14", INSUFFICIENT): "how somebody signed in always stands in the entry",
}
