"""What people read of policies and decisions, word for word."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from ledger.errors import LedgerError
from ledger.events.decision import Result
from policies import load_document
from policies.bundle import compose
from policies.cases import load_cases
from policies.decide import compile_document, decide_case
from policies.diff import diff
from policies.doctor import examine
from policies.document import document_digest
from policies.expression.mutants import mutants
from policies.expression.parse import parse
from policies.expression.words import words
from policies.expression.write import write
from policies.mutate import mutate
from policies.names_used import place_of
from policies.prose import tell
from policies.reasons import CODES, sentence
from policies.replay import replay
from policies.shipped import BUNDLES, shipped_bundle
from policies.simulate import simulate
from policies.stage import set_stages
from policies.strict_yaml import read_yaml_with_places, write_yaml
from tests.past import past_of_everything
from tests.policies.kept import FOLDER, assert_kept
from tests.policies.test_bundles import stages as bundle_stages
from tests.policies.test_default_cases import stages as default_stages
from tests.policies.test_doctor import GATE, HEAD, RISK, gate
from tests.policies.test_trial import CASES, CONDITIONS
from tests.world import SHIPPED, shipped_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.events.decision import Decision
    from ledger.events.entry import Entry
    from policies.document import Document
    from policies.replay import Replayed
    from policies.stage import Stage

WIDE = (FOLDER / "wide.yaml").read_text(encoding="utf-8")


@cache
def document(name: str) -> Document:
    if name == "wide":
        return load_document(WIDE, "wide.yaml")
    if name == "default":
        return shipped_policy()
    return compose(shipped_policy(), [shipped_bundle(name)])


def stages(name: str) -> list[Stage]:
    if name == "default":
        return default_stages()
    if name in BUNDLES:
        return bundle_stages(name)
    text = (FOLDER / "wide_cases.yaml").read_text(encoding="utf-8")
    read, lines = load_cases(text, "wide_cases.yaml")
    return set_stages(read, lines, document(name), "wide_cases.yaml")


def short(actor: str) -> str:
    return f"no. {int(actor, 16)}"


def told(result: Result) -> str:
    members = json.dumps(result.params, sort_keys=True).replace("0" * 29, "")
    people = "".join(f" {one}" for one in result.by)
    place = f"{result.gate}/{result.requirement} {result.state} {result.code}"
    return f"    {place}{people} {members} {sentence(result, short)}"


@pytest.mark.parametrize("name", ["default", "wide", *BUNDLES])
def test_decisions(name: str) -> None:
    compiled = compile_document(document(name), document_digest(document(name)))
    lines = []
    for stage in stages(name):
        decision = decide_case(compiled, stage.case(document(name)))
        lines.append(f"{stage.expected.id}: {decision.outcome}")
        lines += [told(result) for result in decision.results]
    assert_kept(f"decisions-{name}", lines)


@pytest.mark.parametrize("name", ["default", "wide", *BUNDLES])
def test_documents_in_sentences(name: str) -> None:
    lines = []
    known = tell(document("default")) if name in BUNDLES else ()
    for section in tell(document(name)):
        if section not in known:
            lines += [f"# {section.heading}", section.lead, *section.sentences, ""]
    assert_kept(f"sentences-{name}", lines)


def test_differences() -> None:
    wide = document("wide")
    lines = []
    for mutant in mutate(wide):
        lines.append(f"{mutant.place}: {mutant.what}")
        for old, new in ((wide, mutant.document), (mutant.document, wide)):
            lines += [f"    {one.direction}: {one.place} {one.sentence}" for one in diff(old, new)]
    assert_kept("differences", lines)


def test_which_way_every_change_of_the_shipped_policy_goes() -> None:
    lines = []
    for mutant in mutate(shipped_policy()):
        found = [f"{one.direction} {one.place}" for one in diff(shipped_policy(), mutant.document)]
        lines.append(f"{mutant.place}: {mutant.what}: {', '.join(found)}")
    assert_kept("directions", lines)


ILL = [
    gate("evaluation.age_days < 0"),
    gate('model.task == "other" && model.task == "ranking"'),
    gate("evaluation.age_days >= 0"),
    gate("", "evaluation.age_days > 3 && evaluation.age_days < 2"),
    gate(RISK, 'target.environment == "staging"'),
    gate(RISK, 'target.environment != "staging"'),
    gate("", "size(model.name) >= 0"),
    gate("", 'target.environment == "staging"')
    + GATE.replace("id: more", "id: other")
    + f"    require:\n      - id: e\n        check: {RISK}\n        say: Never\n",
    HEAD.replace("    title: Base\n", f"    title: Base\n    when: {RISK}\n"),
    HEAD.replace(
        "    title: Base\n", f'    title: Base\n    when: {RISK} && model.task == "other"\n'
    ),
    HEAD + "  - id: twin" + HEAD.split("  - id: base")[1].replace("id: review", "id: again"),
    HEAD
    + "  - id: twin"
    + HEAD.split("  - id: base")[1].replace("id: review", "id: again")
    + "      - {id: card, documents: [{type: card}]}\n",
    HEAD
    + "      - {id: one, documents: [{type: card}]}\n"
    + f"  - id: more\n    event: release.granted\n    title: More\n    when: {RISK}\n    require:\n"
    + "      - {id: card, documents: [{type: card}]}\n",
    HEAD.replace(
        "checker: Checks}",
        "checker: Checks, idle: Sits, id: Is, say: Says, title: Titles}\nmetrics:\n"
        "  auc: {higher_is_better: true, about: Area}\n"
        "  gini: {higher_is_better: true, about: Gini}\n"
        "  rmse: {higher_is_better: false, about: Error}\n"
        "  loss: {higher_is_better: false, about: Loss}",
    )
    + "      - {id: auc, check: evaluation.auc > 0.5, say: Enough}\n"
    + "      - {id: rmse, fields: [evaluation.rmse]}\n"
    + "      - {id: loss, check: difference.loss < 1, say: Not much worse}\n",
    HEAD.replace(
        "      - {id: who, actor: {any_role: [lead]}}\n",
        "      - {id: who, actor: {any_role: [lead]}}\n"
        '      - {id: only, check: grant.role == "lead", say: Only leads}\n',
    ),
    gate("'" + " || ".join(f'"{n}" in model.tags' for n in range(6)) + "'"),
]
PEOPLE = [
    {"lead": {"1": "person", "2": "person"}, "checker": {"3": "person", "4": "person"}},
    {"lead": {}, "checker": {"3": "person", "4": "person"}},
    {"lead": {"1": "person"}, "checker": {"1": "person"}},
    {"lead": {"1": "person"}, "checker": {"2": "workload"}},
    {"lead": {"1": "person"}, "checker": {"2": "person", "3": "person"}},
    {"lead": {"1": "person", "2": "person"}, "checker": {"2": "person"}, "runner": {}},
    {},
]


def test_what_the_doctor_finds() -> None:
    lines: list[str] = []
    for number, text in enumerate(ILL):
        lines += [f"document {number}", *findings(text, None)]
    for number, holders in enumerate(PEOPLE):
        lines += [f"people {number}", *findings(HEAD, holders), *findings(WIDE, holders)]
    roles = {role: {"1": "person"} for role in shipped_policy().roles}
    lines += [
        "one person with every role",
        *(one.sentence for one in examine(shipped_policy(), roles)),
    ]
    assert_kept("doctor", lines)


def findings(text: str, holders: dict[str, dict[str, str]] | None) -> Iterator[str]:
    _, places = read_yaml_with_places(text)
    for one in examine(load_document(text), holders):
        yield f"    {one.level} {one.code}: {one.sentence} ({place_of(places, one.path).line}) {one.path}"


MORE_CONDITIONS = [
    "true",
    "false",
    "!(true)",
    "model.name == 'a \"quoted\" name'",
    "evaluation.age_days <= 30.50",
    'target.environment in ["production"]',
    'target.environment in ["production", "staging", "test"]',
    'model.task == "other" || model.task == "ranking" || model.task == "regression"',
    '"phi" in version.data_classes',
    '!("phi" in version.data_classes)',
    'version.registered < timestamp("2026-01-01T00:00:00Z")',
    'version.registered >= timestamp("2026-01-01T00:00:00Z")',
    "1 <= directory.administrators",
    "grant.to_self == false",
    "!grant.to_self",
    "size(lineage.data_sets) != 2",
    "has(lineage.code_commit) && (grant.to_self || directory.administrators > 1)",
]


def test_conditions_in_words() -> None:
    lines: list[str] = []
    for text in [*CONDITIONS, *MORE_CONDITIONS]:
        node = parse(text)
        lines += [text, f"    {write(node)}", f"    {words(node)}"]
        lines += [f"        {what}: {write(one)}" for what, one in mutants(node)]
    assert_kept("conditions", lines)


BROKEN = [
    ("roles: {lead: Leads", "roles: {lead: Leads, lead: Again"),
    ("any_of: [lead, checker]", "any_of: [lead, {a: 1, a: 2}]"),
    ("format: policy/1", "%YAML 1.1\n---\nformat: policy/1"),
    ("id: wide", "id: wide\nid: wide"),
    ("id: wide", "id: &wide wide"),
    ("id: wide", "id: *wide"),
    ("id: wide", "id: !!str wide"),
    ("id: wide", "id: wide\n---\nid: wide"),
    ("id: wide", "id: [wide"),
    ("id: wide", "<<: {id: wide}"),
    ("id: wide", "? [id]\n: wide"),
    ("id: wide", "id: Wide One"),
    ("format: policy/1", "format: policy/2"),
    ("summary: A policy", "sumary: A policy"),
    ("roles: {lead: Leads", "roles: {lead: 7"),
    ("at_least: 2\n          seats", "at_least: 1\n          seats"),
    ("any_of: [lead, checker]", "any_of: [lead, cheker]"),
    ("event: deployment.recorded\n    title", "event: deployment.recorder\n    title"),
    ("version.registered, release.requested", "version.registered, release.request"),
    ("id: staging\n", "id: production\n"),
    ("id: papers", "id: slow"),
    ("evaluation.accuracy >= 0.90", "evaluation.acuracy >= 0.90"),
    ("evaluation.accuracy >= 0.90", 'evaluation.accuracy >= "a"'),
    ("evaluation.accuracy >= 0.90", "evaluation.accuracy >= "),
    ("evaluation.accuracy >= 0.90", "evaluation.accuracy >= 0.90 && x("),
    ("evaluation.accuracy >= 0.90", "evaluation.accuracy / 0"),
    ("evaluation.accuracy >= 0.90", "!has(evaluation.accuracy)"),
    ("evaluation.accuracy >= 0.90", "evaluation.accuracy"),
    ("fields: [lineage.data_sets", "fields: [lineage.data_set"),
    ("not_during: [year-end, weekend]", "not_during: [year-end, week-end]"),
    ("wait: PT2H", "wait: 2 hours"),
    ("wait: PT2H", "wait: -PT2H"),
    ("zone: Europe/Vienna, starts", "zone: Europe/Wien, starts"),
    ('starts: "2026-12-18T18:00"', 'starts: "2026-12-18"'),
    ('starts: "2026-12-18T18:00"', 'starts: "2026-13-18T18:00"'),
    ('starts: "2026-12-18T18:00"', 'starts: "2027-12-18T18:00"'),
    (', ends: "2027-01-04T06:00"', ""),
    ('starts: "fri 16:00"', 'starts: "fry 16:00"'),
    ('starts: "fri 16:00"', 'starts: "mon 07:30"'),
    ("after: [lead]", "after: [runner]"),
    ("after: [lead]", "after: [checker]"),
    ('warn_until: "2026-03-04"', 'warn_until: "2026-02-30"'),
    ("any_role: [lead], types: [person]", "types: [person]"),
    ("types: [person]", "types: [human]"),
    ("not_by: [approver]", "not_by: [aprover]"),
    ("due: P90D", "due: P0D"),
    ("{id: open, not_during: [year-end, weekend]}", "{id: open}"),
    ("{id: open, not_during: [year-end, weekend]}", "{id: open, wait: PT1H, fields: [model.name]}"),
    (", say: The accuracy is at least 0.90", ""),
    ("controls: [soc2_cc8_1]", "controls: [soc 2]"),
    ("id: who, actor: {any_role: [runner], requester", "id: who, check: true, actor: {any_role: [runner], requester"),
]  # fmt: skip


def test_what_is_wrong_with_a_document() -> None:
    lines = []
    for old, new in BROKEN:
        assert old in WIDE, old
        lines += [f"{new!r}", f"    {refused(WIDE.replace(old, new, 1))}"]
    lines += ["nothing", f"    {refused('')}", "a list", f"    {refused('[]')}"]
    assert_kept("refusals", lines)


NO_CONDITIONS = [
    "",
    "1",
    "'a'",
    "x",
    "has()",
    "has('a')",
    "has(nothing.here)",
    "size(1)",
    "size(model.task)  >= 'a'",
    "size(evaluation.accuracy) > 1",
    "model.task in []",
    "model.task in [1]",
    "model.task in ['a', 2]",
    "model.task in ['a'",
    "model.task == 1",
    "model.task == 'nothing'",
    "model.task = 'other'",
    "evaluation.accuracy >= 0.9 &&",
    "evaluation.accuracy >= 0.9 and true",
    "evaluation.accuracy >= 1e3",
    "(evaluation.accuracy >= 0.9",
    "evaluation.accuracy >= 0.9)",
    "timestamp(1) < version.registered",
    "timestamp('soon') < version.registered",
    "version.registered < 'soon'",
    "1 < 2 < 3",
    "evaluation.\u0430ccuracy >= 0.9",
    "evaluation.accuracy >= 0.9 ; true",
    "!" * 40 + "true",
    " && ".join(["true"] * 200),
]


def test_what_is_no_condition() -> None:
    lines = []
    for text in NO_CONDITIONS:
        lines += [
            repr(text[:60]),
            f"    {refused(WIDE.replace('evaluation.accuracy >= 0.90', json.dumps(text)))}",
        ]
    assert_kept("refusals-of-conditions", lines)


def test_results_of_an_older_program_that_lack_what_is_told() -> None:
    lines = []
    for code in sorted(CODES):
        bare = Result(gate="g", requirement="r", state="unmet", code=code)
        lines.append(f"{code}: {sentence(bare, lambda actor: f'<{actor}>')}")
    assert_kept("bare-codes", lines)


def test_what_replay_says() -> None:
    past = past_of_everything()
    entries = list(past.entries)
    said = {f"{one.code} {one.why}" for one in replay(entries)}
    for place, entry in enumerate(entries):
        if entry.kind in {"model.registered", "release.granted"} and entry.decision is not None:
            forged = entry.decision.model_copy(update={"engine": 99})
            found = _again(entries, place, forged)
            said.add(f"{found.code} {found.sentence}")
            forged = entry.decision.model_copy(update={"results": ()})
            found = _again(entries, place, forged)
            said.add(f"{found.code} {found.sentence}")
            forged = entry.decision.model_copy(update={"results": entry.decision.results[::-1]})
            found = _again(entries, place, forged)
            parts = [(one.gate, one.requirement) for one in found.differences]
            said.add(f"{found.code} {found.sentence} {parts}")
    assert_kept("replay", sorted(said))


def _again(entries: list[Entry], place: int, decision: Decision) -> Replayed:
    changed = [*entries[:place], replace(entries[place], decision=decision)]
    return list(replay(changed))[-1]


def test_what_a_simulation_tells() -> None:
    past = past_of_everything()
    text = SHIPPED.read_text(encoding="utf-8")
    stricter = load_document(
        text.replace("at_least: 2\n          seats", "at_least: 3\n          seats")
    )
    first = next(at for at, one in enumerate(past.entries) if one.kind == "release.approved")
    lines = []
    for entries in (past.entries, past.entries[: first + 1]):
        lines += _shape(simulate(entries, stricter).as_object(), "")
    assert_kept("simulation", lines)


def _shape(value: object, indent: str) -> list[str]:
    """The names of its members, and the numbers and words that no run changes."""
    if isinstance(value, dict):
        return [
            line
            for name, item in value.items()
            for line in (f"{indent}{name}", *_shape(item, indent + "    "))
        ]
    if isinstance(value, list):
        return [
            line for item in value[:2] for line in (f"{indent}-", *_shape(item, indent + "    "))
        ]
    return [f"{indent}{value}"] if len(str(value)) < 24 else []


def refused(text: str) -> str:
    try:
        load_document(text, "wide.yaml")
    except LedgerError as error:
        return f"{error.code} {error} | {error.pointer} | {error.remedy}"
    return "it is read"


BROKEN_CASES = [
    ("format: policy-cases/1", "format: policy-cases/9"),
    ("by: ana, do", "by: eve, do"),
    ("do: model.registered}", "do: model.registred}"),
    ('"@ana"}', '"@eve"}'),
    ("task: other, ", ""),
    ("task: other, ", "task: others, "),
    ("expect: allow", "expect: maybe"),
    ("id: a-lead-registers", "id: bo-does-not"),
    ("id: a-lead-registers", "id: A lead"),
    ("by: ana, do", "by: ana, via: magic, do"),
    ("model.registered}\n    expect", "policy.activated, with: {document: 3}}\n    expect"),
    ("    expect: allow\n", "    expect: allow\n    mistake: x\n"),
    ("for: {who: [bo, service]}", f"for: {{who: {['bo'] * 3000}}}"),
    ("people: {ana: {roles: [lead]}", "people: {ana: {roles: [leads]}"),
    ("people: {ana: {roles: [lead]}", "people: {ana: {type: robot}"),
]


def test_what_is_wrong_with_cases() -> None:
    lines = []
    for old, new in BROKEN_CASES:
        assert old in CASES, old
        lines.append(f"{new[:60]!r}")
        try:
            read, numbers = load_cases(CASES.replace(old, new, 1), "cases.yaml")
            set_stages(read, numbers, document("wide"), "cases.yaml")
            lines.append("    it is read")
        except LedgerError as error:
            lines.append(f"    {error.code} {error} | {error.pointer} | {error.remedy}")
    assert_kept("refusals-of-cases", lines)


def test_a_document_written_as_yaml() -> None:
    text = write_yaml(document("wide").canonical())
    assert load_document(text) == document("wide")
    assert_kept("written", text.splitlines())
