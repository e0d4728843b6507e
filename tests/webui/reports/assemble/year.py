"""A year at a company with three models, told as entries: what a report is usually made of.

``prices`` is of low risk and has no personal data; ``churn`` is of high risk on personal data;
``readmission`` is of medium risk on health data. Most is done well. Done badly: churn 1.2.0 was
approved by the one who asked for it; prices 2.2.0 was never evaluated; churn's second data set
says neither legal basis nor retention; churn 1.1.0's impact assessment came after its deployment.
"""

from __future__ import annotations

from policies.controls.outside import Anchor, Integrity
from policies.controls.scope import Scope
from policies.reasons import sentence
from tests.policies.controls.examine import YEAR
from tests.policies.controls.story import Story, actor_id, data_set, metric, personal
from webui.reports.assemble import Fingerprints, ReportContext

NAMES = {
    "ana": "Ana Kovač",
    "bo": "Bo Lindqvist",
    "hal": "Hal Müller",
    "chi": "Chi Nakamura",
    "finn": "Finn Adeyemi",
    "ci": "release pipeline",
}
WHOLE_YEAR = Scope(YEAR)


PAPERS = ("dpia", "model_card", "risk_assessment")


def told() -> Story:
    """The story of the year, day by day."""
    story = Story(day="2026-01-12").began()
    story.enrolled("chi", "compliance")
    story.enrolled("finn", "operations")
    story.on("2026-01-14").model("prices", purposes=("pricing",))
    _prices(story, "2.0.0", ("2026-01-20", "2026-01-21", "2026-01-23"), "0.91")
    _prices(story, "2.1.0", ("2026-02-10", "2026-02-10", "2026-02-11"), "0.92")
    story.on("2026-03-02").model("churn", risk="high", purposes=("planning",))
    _papered(story, "churn", "1.0.0", PAPERS, ("2026-03-05", "2026-03-12"))
    _prices(story, "2.3.0", ("2026-03-15", "2026-03-16", "2026-03-20"), "0.93")
    _papered(story, "churn", "1.1.0", PAPERS[1:], ("2026-04-11", "2026-04-14"))
    story.on("2026-04-20").attached("dpia", "1.1.0", of="churn")
    story.on("2026-05-18").model("readmission", risk="medium", purposes=("planning",))
    health = ("dpia", "risk_assessment")
    _papered(story, "readmission", "0.9.0", health, ("2026-05-20", "2026-05-29"))
    _prices(story, "2.4.0", ("2026-06-02", "2026-06-03", "2026-06-03"), "0.94")
    _faulty_prices(story)
    _self_approved_churn(story)
    _papered(story, "readmission", "0.9.1", health, ("2026-08-03", "2026-08-10"))
    story.on("2026-09-01").revoked_role("finn", "operations")
    story.on("2026-10-05").denied("finn", "deployment.recorded", of="churn")
    story.on("2026-10-06").denied("ana", "release.approved", of="churn")
    story.on("2026-11-20").reported("soc2")
    return story


def _prices(story: Story, version: str, days: tuple[str, str, str], value: str) -> None:
    asked_on, approved_on, deployed_on = days
    story.on(asked_on).version(version, metrics=(metric(value=value),))
    asked = story.asked(version)
    story.on(approved_on)
    story.granted(asked, story.approved(asked, "bo"), story.approved(asked, "hal"))
    story.on(deployed_on).deployed(version)


def _faulty_prices(story: Story) -> None:
    """Deployed without evaluation, rolled back two days later."""
    story.on("2026-06-20").version("2.2.0", metrics=())
    asked = story.asked("2.2.0")
    story.granted(asked, story.approved(asked, "bo"))
    story.deployed("2.2.0")
    story.on("2026-06-22").rolled_back("2.4.0")
    story.deprecated("2.2.0", "2026-06-22", of="prices", cause="quality")
    story.deprecated("2.0.0", "2026-08-30", of="prices")


def _self_approved_churn(story: Story) -> None:
    """Approved by the one who asked; one of its data sets says too little."""
    poor = data_set("calls", "personal", purposes=("planning",))
    story.on("2026-07-07").version("1.2.0", of="churn", data_sets=(personal(), poor))
    for paper in PAPERS:
        story.attached(paper, "1.2.0", of="churn")
    asked = story.asked("1.2.0", of="churn", by="bo")
    story.granted(asked, story.approved(asked, "bo"))
    story.on("2026-07-08").deployed("1.2.0", of="churn", region="eu-central-1")


def _papered(
    story: Story, of: str, version: str, papers: tuple[str, ...], days: tuple[str, str]
) -> None:
    asked_on, deployed_on = days
    kind, name = ("phi", "patients") if of == "readmission" else ("personal", "customers")
    story.on(asked_on)
    story.version(version, of=of, data_sets=(personal(name, kind),), metrics=(metric(data=name),))
    for paper in papers:
        story.attached(paper, version, of=of)
    asked = story.asked(version, of=of)
    story.granted(asked, story.approved(asked, "chi"), story.approved(asked, "hal"))
    story.on(deployed_on).deployed(version, of=of, region="eu-central-1")


def context(story: Story, framework: str = "soc2", watermark: str = "") -> ReportContext:
    """What a report over the whole story knows beside it."""
    size = len(story.entries)
    known = {actor_id(key): name for key, name in NAMES.items()}

    def name_of(actor: str) -> str:
        return known.get(actor, "the service")

    return ReportContext(
        origin="example.test/main",
        root="5f" * 32,
        report_id=f"{framework}-2026-{size}",
        generator="counterseal 0.1.0",
        names=name_of,
        sentence=lambda result: sentence(result, name_of),
        integrity=Integrity(size, (), (Anchor("the guard", size),)),
        fingerprints=Fingerprints("example.test/main+a1b2c3d4+AbCd", "aa" * 32, "bb" * 32),
        watermark=watermark,
    )
