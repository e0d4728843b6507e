"""Reports told for the tests: a plain one, and one with everything that is hard to draw."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from policies.controls.finding import Deviation
from webui.reports.graph_layout import Edge, Node, layout
from webui.reports.model import (
    Bar,
    Block,
    Callout,
    Chart,
    Code,
    Column,
    Figure,
    Heading,
    KeyValue,
    KeyValues,
    Paragraph,
    Report,
    Section,
    Table,
    Verdict,
)
from webui.reports.pdf.certificate import make_seal_certificate

if TYPE_CHECKING:
    from webui.reports.node_shape import NodeKind

HOSTILE = '<b>&<img src="http://203.0.113.7/x"> </b><a href="javascript:alert(1)">go</a>'
LONG_NAME = (
    "retail-credit-default-early-warning-gradient-boosted-ensemble-eu-west-production-shadow"
)
NAMES = "日本語モデル, Łukasz Żółć, Ελληνικά, العربية, Кириллица, 한국어"
"""The last is in a script that no face of ours has."""
HEAD = "9f2c4e7a1b3d5f60" * 4
MADE_AT = datetime(2026, 11, 20, 14, 3, 27, tzinfo=UTC)


def a_report(*sections: Section, **changes: Any) -> Report:
    """A small report, changed as the test asks."""
    parts: dict[str, Any] = {
        "title": "Change management: population and tests",
        "subtitle": "Every production change of the period, tested one by one",
        "framework": "SOC 2 (2017 criteria, 2022 points of focus)",
        "scope": "All models in production",
        "report_id": "rep-2026-q3-0007",
        "origin": "ledger.example.org/models",
        "position": 18_402,
        "head": HEAD,
        "period_from": date(2026, 7, 1),
        "period_to": date(2026, 9, 30),
        "generated_at": MADE_AT,
        "generator": "counterseal 0.1.0",
        "summary": {
            "fail": 2,
            "insufficient_evidence": 3,
            "not_exercised": 1,
            "pass": 14,
            "not_applicable": 0,
        },
        "sections": sections or (Section("Results", (Paragraph("Two controls failed."),)),),
    }
    return Report(**(parts | changes))


def a_verdict(**changes: Any) -> Verdict:
    """A failed control with two exceptions, changed as the test asks."""
    parts: dict[str, Any] = {
        "control_ref": "CC8.1",
        "question": "Was each production change authorised, tested and approved before release?",
        "verdict": "fail",
        "sentence": "2 of 118 changes were deployed before their approval was complete.",
        "population": 120,
        "tested": 118,
        "exceptions": (
            Deviation((812, 813, 815), f"{LONG_NAME} 2.4.0 ran 3 h before its second approval."),
            Deviation((1204,), "fraud-screen 1.9.1 was deployed from another digest."),
        ),
        "missing": (Deviation((77,), "No CI run is recorded for churn 0.3.0."),),
        "entries": (*range(800, 830), 1204, 77, 90, 91),
        "tests": ("T2 v1", "T3 v2", "T4 v1"),
        "human_part": "missing",
    }
    return Verdict(**(parts | changes))


def a_table(rows: int) -> Table:
    """A population of changes with ``rows`` rows of six cells."""
    columns = (
        Column("Entry", 2, "right"),
        Column("Recorded (UTC)", 4),
        Column("Model and version", 6),
        Column("Change", 3),
        Column("Artifact digest", 5, mono=True),
        Column("Verdict", 2),
    )
    start = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    return Table(
        columns,
        tuple(
            (
                f"{number * 37 + 11:,}",
                f"{start + timedelta(minutes=431 * number):%Y-%m-%d %H:%M:%S}",
                LONG_NAME if number % 17 == 0 else f"fraud-screen 1.{number // 10}.{number % 10}",
                "deployment",
                f"sha256:{number * 7919:012x}",
                "✓ passed" if number % 40 else "✗ failed",
            )
            for number in range(rows)
        ),
        f"Population: {rows:,} changes, in the order of the ledger",
    )


def a_graph(nodes: int) -> tuple[list[Node], list[Edge]]:
    """A lineage of about ``nodes`` nodes: data, code and runs to versions and deployments."""
    kinds: tuple[NodeKind, ...] = ("dataset", "code", "run", "version", "deployment", "evidence")
    made = [Node("base", LONG_NAME, "hub.example.org, licence Apache-2.0", "base_model")]
    edges: list[Edge] = []
    chains = max(1, (nodes - 1) // len(kinds))
    for chain in range(chains):
        ids = {kind: f"{kind}-{chain}" for kind in kinds}
        made += [
            Node(ids[kind], f"{kind} {chain} of a longer name", f"sha256:{chain:08x}", kind)
            for kind in kinds
        ]
        edges += [
            Edge(ids["dataset"], ids["run"], "trained on"),
            Edge(ids["code"], ids["run"], "built from"),
            Edge(ids["run"], ids["version"], "produced"),
            Edge(ids["version"], ids["deployment"], "deployed as"),
            Edge(ids["evidence"], ids["version"], "attached to"),
            Edge("base", ids["version"], "fine-tuned into"),
        ]
        if chain:
            edges.append(Edge(f"version-{chain - 1}", ids["version"], "parent of"))
    return made, edges


def a_hard_report() -> Report:
    """Long names, other scripts, markup in data, long tables, a wide graph, a watermark."""
    nodes, edges = a_graph(40)
    verdicts: tuple[Block, ...] = (
        a_verdict(),
        a_verdict(
            control_ref="PI1.2-PI1.5",
            verdict="insufficient_evidence",
            question=f"Does {HOSTILE} hold?",
            exceptions=(),
            sentence="For 3 of 40 versions the evaluation is not in the ledger.",
        ),
        a_verdict(
            control_ref="CC6.2", verdict="pass", exceptions=(), missing=(), human_part="attached"
        ),
        a_verdict(
            control_ref="A1.2",
            verdict="not_exercised",
            population=0,
            tested=0,
            sentence="Nothing of the kind happened.",
            exceptions=(),
            missing=(),
            entries=(),
        ),
        a_verdict(
            control_ref="P3", verdict="not_applicable", exceptions=(), missing=(), entries=()
        ),
    )
    bars = (
        Bar("Failed", 2, "fail"),
        Bar("Insufficient evidence", 3, "insufficient_evidence"),
        Bar("Passed", 14, "pass"),
    )
    months = tuple(Bar(f"2026-{month:02}", (month * 37) % 91) for month in range(1, 13))
    return a_report(
        Section(
            "What this report covers",
            (
                Paragraph("The population is every deployment of the period. " * 12),
                Callout("limit", "Run-time logs are not part of this ledger."),
                KeyValues(
                    (
                        KeyValue("Names", NAMES),
                        KeyValue("Hostile", HOSTILE),
                        KeyValue("Root hash", HEAD, mono=True),
                    )
                ),
                Chart(bars, "Controls by verdict"),
                Chart(months, "Approvals per month", "columns"),
            ),
        ),
        Section("Results by control", verdicts),
        Section("Population", (Heading("Changes in production"), a_table(300))),
        Section(
            f"Lineage of {LONG_NAME}",
            (
                Figure(
                    layout(nodes, edges, title="Lineage"),
                    "From data sets and code to deployments",
                    "Seven data sets and seven code commits lead to seven versions.",
                ),
                Paragraph("The same as a table follows in the attached evidence."),
            ),
        ),
        Section(
            "Check it yourself",
            (
                Code(
                    (
                        "pdfdetach -save 1 -o evidence.json report.pdf",
                        f"python -m ledger verify bundle.json --origin ledger.example.org --head {HEAD}",
                    )
                ),
                Callout("note", f"{HOSTILE} {NAMES}"),
                Callout("warning", "A demonstration ledger proves nothing."),
            ),
        ),
        title=f"Change management of {LONG_NAME} and {NAMES}",
        watermark="DEMO DATA",
    )


def a_seal_key() -> tuple[bytes, bytes]:
    """A P-256 key and its self-signed certificate, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    until = MADE_AT + timedelta(days=3650)
    certificate = make_seal_certificate("Seal of ledger.example.org", key, MADE_AT, until)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate
