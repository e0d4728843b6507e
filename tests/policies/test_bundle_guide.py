"""The guide to writing gates: every example in it is read by the program."""

from __future__ import annotations

import re

import pytest

from policies import load_document
from policies.document import FORMS as DOCUMENT_FORMS
from policies.fields import FIELDS
from tests.world import SHIPPED, Company, World

GUIDE = (SHIPPED.parent.parent / "README.md").read_text(encoding="utf-8")
TEXT = SHIPPED.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
FORMS = dict(re.findall(r"^\| `(\w+)`(?: with `say`)? \| `(.+?)` \|", GUIDE, re.MULTILINE))


def test_the_whole_form_is_a_document() -> None:
    assert load_document(EXAMPLES[0]).gates[0].id == "release-production"


def test_the_example_of_a_change_replaces_the_shipped_gate() -> None:
    example = next(one for one in EXAMPLES if "change-policy-together" in one)
    start = TEXT.index("  - id: change-policy-together")
    end = TEXT.index("  # What needs a second person is proposed")
    document = load_document(TEXT[:start] + example + TEXT[end:])
    gate = next(gate for gate in document.gates if gate.id == "change-policy-together")
    assert [item.form for item in gate.require] == ["approvals", "wait"]


def test_the_gate_of_the_example_joins_the_shipped_policy_and_speaks() -> None:
    example = next(one for one in EXAMPLES if "release-production-health" in one)
    text = TEXT.replace("  # Deployments.\n", example + "\n  # Deployments.\n")
    company = Company(World(document=load_document(text)))
    release = company.world.request(company.ci)
    said = {result.gate for result in company.world.granting(release).results}
    assert "release-production-health" not in said  # its data set is internal
    gate = next(g for g in company.world.document.gates if g.id == "release-production-health")
    assert gate.require[0].form == "documents"


CALENDAR = "calendar:" + EXAMPLES[0].split("\ncalendar:")[1].split("\n\n")[0] + "\n\n"


@pytest.mark.parametrize("form", DOCUMENT_FORMS)
def test_the_example_of_each_form_is_read(form: str) -> None:
    example = FORMS[form]
    line = example if form == "check" else f"{form}: {example}"
    say = "\n        say: x" if form == "check" else ""
    gate = (
        "  - id: g\n    event: deployment.recorded\n    title: t\n    require:\n"
        f"      - id: r\n        {line}{say}\n\n"
    )
    document = load_document(
        TEXT.replace("  # Deployments.\n", gate + "  # Deployments.\n").replace(
            "opens:", CALENDAR + "opens:", 1
        )
    )
    assert any(item.form == form for g in document.gates if g.id == "g" for item in g.require)


def test_the_guide_names_every_field() -> None:
    assert set(FIELDS) <= set(re.findall(r"`([a-z]+\.[a-z_]+)`", GUIDE))
