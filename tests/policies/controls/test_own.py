"""An organisation's own rows: read strictly, with line and remedy, and held to their digest."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.framework import FrameworkActivated, FrameworkWithdrawn
from ledger.state.history import replay
from policies.controls.mapping import framework_schema
from policies.controls.own import TAKEN, frameworks_in_force, read_own, read_own_activation
from policies.errors import PolicyError
from tests.policies.controls.scenes import begun
from webui.reports.assemble.kinds import KINDS

GUIDE = (Path(__file__).parents[3] / "docs" / "frameworks.md").read_text(encoding="utf-8")
GOOD = GUIDE.split("```yaml\n")[1].split("```")[0]


def activation(text: str = GOOD, previous: str | None = None) -> FrameworkActivated:
    own = read_own(text)
    return FrameworkActivated(
        framework=own.framework.id, digest=own.digest, previous=previous, document=own.document
    )


def test_what_is_kept_is_what_was_written_and_its_digest_is_over_that() -> None:
    own = read_own(GOOD)
    assert own.digest == hex_digest(canonical(own.document))
    assert [one.id for one in own.framework.controls] == [
        "house-1-two-people", "house-2-validation", "house-3-appetite",
    ]  # fmt: skip
    assert "applies_if" not in own.document["controls"][0]


@pytest.mark.parametrize(
    ("right", "wrong", "line", "told"),
    [
        ("use: T4", "use: T44", 15, "no such test"),
        ("approvers: 2", "aprovers: 2", 15, "Did you mean approvers?"),
        ("[release.approved, dep", "[release.aproved, dep", 16, "Did you mean release.approved?"),
        ("id: house-2-validation", "id: other-2", 20, "begin with the framework's name"),
        ("id: house-2-validation", "id: house-1-two-people", 20, "unique"),
        ("question: Is it", "questoin: Is it", 32, "Did you mean question?"),
        ("framework: house", "framework: soc2", 2, "taken"),
        ("framework: house", "framework: eu", 2, "mixed up with eu-ai-act"),
        ("control: house-3-appetite}", "control: house-2-validation}", 35, "house-3-appetite"),
        ("exceptions_allowed: true", "exceptions_allowed: yes", 19, "boolean"),
        ("human: []", "human: [", 29, "not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(
    right: str, wrong: str, line: int, told: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        read_own(GOOD.replace(right, wrong), "house.yaml")
    assert refused.value.line == line
    assert str(refused.value).startswith(f"house.yaml:{line}:")
    assert told in str(refused.value)


def test_rows_that_fit_in_no_entry_are_refused() -> None:
    row = GOOD[GOOD.index("  - id: house-2") : GOOD.index("  - id: house-3")]
    many = "".join(row.replace("house-2", f"house-{n}") for n in range(100, 300))
    with pytest.raises(PolicyError, match="larger than"):
        read_own(GOOD + many)


def test_no_framework_is_called_like_a_kind_of_report() -> None:
    assert set(KINDS) <= set(TAKEN)


def test_the_policy_refuses_rows_that_are_not_those_of_the_digest() -> None:
    good = activation()
    assert read_own_activation(good).state == "met"
    other = good.model_copy(update={"digest": "0" * 64})
    assert read_own_activation(other).code == "E_FRAMEWORK_DIGEST"
    renamed = good.model_copy(update={"framework": "mouse"})
    assert read_own_activation(renamed).code == "E_FRAMEWORK_NAME"
    broken = good.model_copy(update={"document": {"format": "controls/1"}})
    assert read_own_activation(broken).code == "E_FRAMEWORK_UNREADABLE"


def test_earlier_entries_keep_the_rows_that_were_in_force_there() -> None:
    story = begun()
    first = activation()
    at = story.says("bo", first)
    changed = GOOD.replace("approvers: 2", "approvers: 3")
    story.says("bo", activation(changed, first.digest))
    whole = story.history()
    (now,) = frameworks_in_force(whole.registry)
    (then,) = frameworks_in_force(replay(story.entries[: at + 1]).registry)
    assert (then.entry, then.digest) == (at, first.digest)
    assert now.digest == read_own(changed).digest
    assert then.controls[0].tests[0].arguments.model_dump()["approvers"] == 2


def test_who_changes_rows_that_others_changed_meanwhile_is_told() -> None:
    story = begun()
    story.says("bo", activation())
    with pytest.raises(ConflictError, match="Other rows are in force"):
        story.says("bo", activation(GOOD.replace("edition 4", "edition 5")))
    with pytest.raises(ConflictError, match="in force already"):
        story.says("bo", activation(GOOD, read_own(GOOD).digest))


def test_no_name_begins_with_another_of_ones_own() -> None:
    story = begun()
    story.says("bo", activation())
    with pytest.raises(ConflictError, match="called house"):
        story.says("bo", activation(GOOD.replace("framework: house", "framework: house-1")
                                    .replace("- id: house-", "- id: house-1-")
                                    .replace("control: house-3", "control: house-1-3")))  # fmt: skip


def test_what_is_withdrawn_is_computed_no_more_and_can_come_again() -> None:
    story = begun()
    story.says("bo", activation())
    story.says("bo", FrameworkWithdrawn(framework="house", reason="Merged."))
    assert frameworks_in_force(story.history().registry) == ()
    with pytest.raises(UnknownSubjectError):
        story.says("bo", FrameworkWithdrawn(framework="house", reason="Again."))
    story.says("bo", activation())
    assert len(frameworks_in_force(story.history().registry)) == 1


def test_the_published_schema_names_every_test_and_its_arguments() -> None:
    schema = framework_schema()
    uses = {one["properties"]["use"]["const"]: one for one in schema["$defs"]["_Use"]["oneOf"]}
    assert "approvers" in uses["T4"]["properties"]["args"]["properties"]
    for name in uses:
        assert f"`{name}`" in GUIDE
