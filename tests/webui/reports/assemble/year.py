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


def told() -> Story:
    """The story of the year."""
    story = Story(day="2026-01-12").began()
    story.enrolled("chi", "compliance")
    story.enrolled("finn", "operations")
    _prices(story.on("2026-01-14"))
    _churn(story.on("2026-03-02"))
    _readmission(story.on("2026-05-18"))
    story.on("2026-09-01").revoked_role("finn", "operations")
    story.on("2026-10-05")
    story.denied("finn", "deployment.recorded", of="churn")
    story.denied("ana", "release.approved", of="churn")
    story.on("2026-11-20").reported("soc2")
    return story


def _prices(story: Story) -> None:
    story.model("prices", purposes=("pricing",))
    for number, month in enumerate(("01-20", "02-10", "03-15", "06-02"), start=1):
        story.on(f"2026-{month}")
        value = f"0.9{number}"
        story.clean_change(
            f"2.{number - 1}.0" if number < 3 else f"2.{number}.0", metrics=(metric(value=value),)
        )
    story.on("2026-06-20").version("2.2.0", metrics=())
    asked = story.asked("2.2.0")
    story.granted(asked, story.approved(asked, "bo"))
    story.deployed("2.2.0")
    story.on("2026-06-22").rolled_back("2.4.0")
    story.deprecated("2.2.0", "2026-06-22", of="prices", cause="quality")
    story.deprecated("2.0.0", "2026-08-30", of="prices")


def _churn(story: Story) -> None:
    story.model("churn", risk="high", purposes=("planning",))
    _papered(story, "1.0.0", ("dpia", "model_card", "risk_assessment"))
    story.on("2026-04-11")
    _papered(story, "1.1.0", ("model_card", "risk_assessment"))
    story.on("2026-04-20").attached("dpia", "1.1.0", of="churn")
    story.on("2026-07-07")
    poor = data_set("calls", "personal", purposes=("planning",))
    story.version("1.2.0", of="churn", by="ana", data_sets=(personal(), poor))
    for paper in ("dpia", "model_card", "risk_assessment"):
        story.attached(paper, "1.2.0", of="churn")
    asked = story.asked("1.2.0", of="churn", by="bo")
    story.granted(asked, story.approved(asked, "bo"))
    story.deployed("1.2.0", of="churn", region="eu-central-1")


def _readmission(story: Story) -> None:
    story.model("readmission", risk="medium", purposes=("planning",))
    _papered(story, "0.9.0", ("dpia", "risk_assessment"), of="readmission", kind="phi")
    story.on("2026-08-03")
    _papered(story, "0.9.1", ("dpia", "risk_assessment"), of="readmission", kind="phi")


def _papered(
    story: Story, version: str, papers: tuple[str, ...], of: str = "churn", kind: str = "personal"
) -> None:
    name = "patients" if kind == "phi" else "customers"
    story.version(version, of=of, data_sets=(personal(name, kind),), metrics=(metric(data=name),))
    for paper in papers:
        story.attached(paper, version, of=of)
    asked = story.asked(version, of=of)
    first, second = story.approved(asked, "chi"), story.approved(asked, "hal")
    story.granted(asked, first, second)
    story.deployed(version, of=of, region="eu-central-1")


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
