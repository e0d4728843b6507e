"""The machine-readable twins of a report: OSCAL assessment results and a component definition.

Rules:
- OSCAL knows two states. A pass is ``satisfied``; a fail is ``not-satisfied`` for the reason
  ``fail``; what could not be computed or was not exercised is ``not-satisfied`` for the reason
  ``other``, with our verdict as a property and in the remarks. ``not_applicable`` is no finding: it
  is listed in the remarks of the result.
- Every identifier is a version 5 UUID of the log, its root, the control and the test's version, so
  that the same report gives the same bytes.
- Properties of ours stand in the namespace ``NAMESPACE``.

Source: NIST OSCAL 1.1.3, assessment-results and component-definition models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from ledger.core.encoding import canonical
from policies.controls.crosswalk import shipped_crosswalk
from webui.reports.pdf.verdict import ranges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policies.controls.assess import Result
    from policies.controls.finding import Finding
    from policies.controls.mapping import Framework
    from webui.reports.assemble.basis import Basis
    from webui.reports.model import Report

VERSION: Final = "1.1.3"
NAMESPACE: Final = "https://counterseal.dev/ns/oscal"
_SPACE: Final = UUID("6f1d9b3e-0c6a-5f0e-9d4e-3c1b1f5e8a77")
_STATES: Final = {"pass": ("satisfied", "pass"), "fail": ("not-satisfied", "fail")}
_OTHER: Final = ("not-satisfied", "other")
_MOST_RANGES: Final = 200


def assessment_results(basis: Basis, report: Report, evidence_sha256: str) -> bytes:
    """What the tests found, as OSCAL assessment results in canonical JSON.

    ``evidence_sha256`` is the digest of the attached evidence, to which every observation points.
    """
    name = _Names(report)
    found = [item for item in basis.assessment.results if item.verdict != "not_applicable"]
    aside = [item for item in basis.assessment.results if item.verdict == "not_applicable"]
    body = {
        "uuid": name("assessment-results"),
        "metadata": _metadata(report, report.title, basis.assessment.framework),
        "import-ap": {"href": f"#{name('plan')}"},
        "results": [_result(basis, report, name, found, aside)],
        "back-matter": {
            "resources": [
                *_resources(name, evidence_sha256),
                *_scheme_resources(item.control.id for item in found),
            ]
        },
    }
    return canonical({"assessment-results": body})


def component_definition(framework: Framework, origin: str, made_at: str) -> bytes:
    """What this service can give evidence of for a framework, for a control owner to import."""
    controls = [
        {
            "uuid": str(uuid5(_SPACE, f"{origin}/{framework.id}/{control.id}/requirement")),
            "control-id": control.id,
            "description": control.question,
            "remarks": "Tests: " + ", ".join(use.test.id for use in control.tests),
            **_related(control.id),
        }
        for control in framework.controls
    ]
    implementation = {
        "uuid": str(uuid5(_SPACE, f"{origin}/{framework.id}/implementation")),
        "source": f"{NAMESPACE}/catalogue/{framework.id}",
        "description": framework.notice,
        "implemented-requirements": controls,
    }
    component = {
        "uuid": str(uuid5(_SPACE, f"{origin}/component")),
        "type": "service",
        "title": f"Counterseal, the ledger {origin}",
        "description": "Records what happens to models and computes tests of controls from it.",
        "control-implementations": [implementation],
    }
    body: dict[str, Any] = {
        "uuid": str(uuid5(_SPACE, f"{origin}/{framework.id}/component-definition")),
        "metadata": {
            "title": framework.title,
            "last-modified": made_at,
            "version": framework.source_version,
            "oscal-version": VERSION,
        },
        "components": [component],
    }
    schemes = _scheme_resources(control.id for control in framework.controls)
    if schemes:
        body["back-matter"] = {"resources": schemes}
    return canonical({"component-definition": body})


def _related(control: str) -> dict[str, Any]:
    """What leads from a control to the points of other schemes; nothing where nothing does."""
    props, links = _crosswalk(control), _crosswalk_links(control)
    return {"props": props, "links": links} if props else {}


class _Names:
    """Identifiers of the parts of one report."""

    def __init__(self, report: Report) -> None:
        self._of = f"{report.origin}/{report.head}/{report.report_id}"

    def __call__(self, part: str) -> str:
        """The identifier of a part, by its own name."""
        return str(uuid5(_SPACE, f"{self._of}/{part}"))


def _metadata(report: Report, title: str, framework: Framework) -> dict[str, Any]:
    return {
        "title": title,
        "last-modified": _moment(report),
        "version": str(report.position),
        "oscal-version": VERSION,
        "props": [
            _prop("ledger-origin", report.origin),
            _prop("ledger-position", str(report.position)),
            _prop("ledger-root", report.head),
            _prop("report-id", report.report_id),
            *([_prop("rows-sha-256", framework.digest)] if framework.digest else []),
            *([_prop("rows-entry", str(framework.entry))] if framework.entry is not None else []),
        ],
    }


def _result(
    basis: Basis, report: Report, name: _Names, found: list[Result], aside: list[Result]
) -> dict[str, Any]:
    component = {
        "uuid": name("component"),
        "type": "service",
        "title": f"The ledger {report.origin}",
        "description": f"Model changes as recorded. Scope: {report.scope}",
        "status": {"state": "operational"},
    }
    body: dict[str, Any] = {
        "uuid": name("result"),
        "title": report.title,
        "description": "Every control computed over the whole population of the period.",
        "start": f"{report.period_from.isoformat()}T00:00:00Z",
        "end": f"{report.period_to.isoformat()}T23:59:59Z",
        "local-definitions": {"components": [component]},
        "reviewed-controls": {
            "control-selections": [
                {
                    "include-controls": [
                        {"control-id": item.control.id} for item in basis.assessment.results
                    ]
                }
            ]
        },
    }
    if found:
        body["observations"] = [
            _observation(report, name, item, finding, place)
            for item in found
            for place, finding in enumerate(item.findings)
        ] + [_without_test(report, name, item) for item in found if not item.findings]
        body["findings"] = [_finding(name, item) for item in found]
    if aside:
        listed = "; ".join(f"{item.control.id}: {item.sentence}" for item in aside)
        body["remarks"] = f"Not applicable: {listed}"
    return body


def _observation(
    report: Report, name: _Names, item: Result, finding: Finding, place: int
) -> dict[str, Any]:
    facts = [
        _prop("verdict", finding.verdict),
        _prop("test", f"{finding.test} version {finding.version}"),
        _prop("population", str(finding.population)),
        _prop("tested", str(finding.tested)),
        _prop("exceptions", str(len(finding.exceptions))),
        _prop("not-provable", str(len(finding.missing))),
    ]
    if finding.entries:
        shown = ranges(finding.entries)
        facts.append(_prop("entries", ", ".join(shown[:_MOST_RANGES])))
        if len(shown) > _MOST_RANGES:
            facts.append(_prop("further-ranges-of-entries", str(len(shown) - _MOST_RANGES)))
    body = _observed(report, name, _observation_id(name, item, place), finding.sentence)
    body["title"] = f"{item.control.id}: test {finding.test}"
    body["props"] = facts
    exceptions = [*finding.exceptions, *finding.missing]
    if exceptions:
        body["remarks"] = "\n".join(
            f"Entries {', '.join(ranges(one.entries)) or 'none'}: {one.sentence}"
            for one in exceptions[:_MOST_RANGES]
        )
    return body


def _without_test(report: Report, name: _Names, item: Result) -> dict[str, Any]:
    """What is observed of a control none of whose tests had anything to look at."""
    body = _observed(report, name, _observation_id(name, item, 0), item.sentence)
    body["props"] = [_prop("verdict", item.verdict), _prop("population", "0")]
    return body


def _observed(report: Report, name: _Names, identifier: str, sentence: str) -> dict[str, Any]:
    return {
        "uuid": identifier,
        "description": sentence,
        "methods": ["TEST"],
        "subjects": [{"subject-uuid": name("component"), "type": "component"}],
        "relevant-evidence": [
            {"href": f"#{name('evidence')}", "description": "The report as data, with all entries."}
        ],
        "collected": _moment(report),
    }


def _finding(name: _Names, item: Result) -> dict[str, Any]:
    state, reason = _STATES.get(item.verdict, _OTHER)
    related = range(max(len(item.findings), 1))
    return {
        "uuid": name(f"{item.control.id}/finding"),
        "title": f"{item.control.ref}: {item.control.title}",
        "description": item.sentence,
        **({"links": links} if (links := _crosswalk_links(item.control.id)) else {}),
        "props": [
            _prop("verdict", item.verdict),
            _prop("human-part", item.human_part),
            *_crosswalk(item.control.id),
        ],
        "target": {
            "type": "objective-id",
            "target-id": item.control.id,
            "status": {
                "state": state,
                "reason": reason,
                "remarks": f"Verdict of the tests: {item.verdict}.",
            },
        },
        "related-observations": [
            {"observation-uuid": _observation_id(name, item, place)} for place in related
        ],
    }


def _crosswalk(control: str) -> list[dict[str, str]]:
    """The points of other schemes that a control speaks to; ``class`` is the scheme."""
    return [
        {**_prop("crosswalk", ref), "class": scheme.id}
        for scheme, refs in shipped_crosswalk().of_control(control)
        for ref in refs
    ]


def _crosswalk_links(control: str) -> list[dict[str, str]]:
    return [
        {"href": f"#{_scheme_id(scheme.id)}", "rel": "related", "text": f"{scheme.short}: {refs}"}
        for scheme, refs in (
            (scheme, ", ".join(found)) for scheme, found in shipped_crosswalk().of_control(control)
        )
    ]


def _scheme_id(scheme: str) -> str:
    return str(uuid5(_SPACE, f"scheme/{scheme}"))


def _scheme_resources(controls: Iterable[str]) -> list[dict[str, Any]]:
    """The schemes that some of these controls lead to, with their versions."""
    led = {scheme.id for name in controls for scheme, _ in shipped_crosswalk().of_control(name)}
    return [
        {
            "uuid": _scheme_id(scheme.id),
            "title": f"{scheme.short}: {scheme.title}",
            "description": f"{scheme.source_version}. {scheme.notice}",
        }
        for scheme in shipped_crosswalk().schemes
        if scheme.id in led
    ]


def _observation_id(name: _Names, item: Result, place: int) -> str:
    tested = item.findings[place : place + 1]
    test = f"{tested[0].test}v{tested[0].version}" if tested else "none"
    return name(f"{item.control.id}/{test}/{place}")


def _resources(name: _Names, evidence_sha256: str) -> list[dict[str, Any]]:
    return [
        {
            "uuid": name("plan"),
            "title": "No separate plan",
            "description": "The controls are computed continuously from the ledger; which tests "
            "with which arguments belong to a control stands in its framework's file.",
        },
        {
            "uuid": name("evidence"),
            "title": "evidence.json",
            "description": "The report as data. It is attached to the report's PDF.",
            "rlinks": [
                {
                    "href": "evidence.json",
                    "media-type": "application/json",
                    "hashes": [{"algorithm": "SHA-256", "value": evidence_sha256}],
                }
            ],
        },
    ]


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": value}


def _moment(report: Report) -> str:
    return report.generated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
