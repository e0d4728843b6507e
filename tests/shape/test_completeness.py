"""No kind of event without all that it owes; a new kind fails here until it has them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ledger.events.catalogue import CATALOGUE
from ledger.state.fold import folded_kinds
from policies.controls.coverage import NO_CONTROL, controls_for
from tests.examples import EXAMPLES, example
from tests.golden.bytes_of import golden_file
from tests.shape.documents import DOCS, FILES
from tests.world import shipped_policy
from webui.pages.words import kinds_with_words, phrase
from webui.reports.assemble.words import KIND_WORDS

KINDS = sorted(CATALOGUE)
ROOT = DOCS.parent
SOURCES = [
    path for folder in ("ledger", "policies", "webui") for path in (ROOT / folder).rglob("*.py")
]
NO_GATE = {
    "log.created": "the first entry stands before any policy",
    "access.denied": "it is the policy's own refusal",
    "exception.used": "it follows from an entry that an exception let through",
    "review.required": "it follows from an entry whose gate owes a review",
    "release.lapsed": "it follows from the gate of release.granted no longer being met",
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "service"}
MOST_LINES = 500
AT_MOST = {"ledger/standalone/verify.py": 725}
"""It ships in every bundle as one file; passkeys' signatures took 150 lines of it."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_all_that_it_owes(kind: str) -> None:
    document = shipped_policy()
    event = CATALOGUE[kind]
    owed = {
        "example with every field": set(EXAMPLES.get(kind, {})) == set(event.model_fields),
        "golden bytes": golden_file(kind).exists(),
        "schema": event.model_json_schema()["additionalProperties"] is False,
        "docstring": bool(event.__doc__),
        "fold": kind in folded_kinds(),
        "gate, or a reason": (kind in NO_GATE) != any(g.event == kind for g in document.gates),
        "control, or a reason": bool(controls_for(kind)) != (kind in NO_CONTROL),
        "words on its page": kind in kinds_with_words() and bool(phrase(example(kind))),
        "words in a report": kind in KIND_WORDS,
        "section in docs/events.md": f"## {kind}\n" in (DOCS / "events.md").read_text(),
    }
    assert [name for name, there in owed.items() if not there] == []


def test_nothing_speaks_of_a_kind_that_does_not_exist() -> None:
    known = set(CATALOGUE)
    for owner in (EXAMPLES, NO_GATE, NO_CONTROL, KIND_WORDS, kinds_with_words(), folded_kinds()):
        assert set(owner) <= known


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_generated_document_is_true(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == FILES[name](), "python -m tests.shape"


def test_no_module_is_named_for_nothing() -> None:
    assert [path for path in SOURCES if path.stem in FORBIDDEN_NAMES] == []


def test_a_file_is_one_idea() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert [name for name, many in lines.items() if many > AT_MOST.get(name, MOST_LINES)] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "migrations/versions" not in str(path)
        and len(ast.get_docstring(ast.parse(path.read_text())) or "") < 20
    ]
    assert silent == []


def test_every_decision_is_told_in_full() -> None:
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        text = path.read_text()
        assert all(word in text for word in ("**Context.**", "**Choice.**", "**Wrong if**")), path


def test_the_top_of_the_house_holds_what_it_should() -> None:
    import subprocess

    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    top = {Path(name).parts[0] for name in listed}
    assert top <= {
        ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "bench", "docs",
        "examples", "ledger", "policies", "pyproject.toml", "tests", "webui",
    }  # fmt: skip
