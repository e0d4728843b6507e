"""Documents: what is refused at load, where, and what was probably meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.encoding import canonical
from policies import Document, PolicyError, document_digest, document_schema, load_document
from policies.controls.shipped import FRAMEWORKS, shipped_framework
from policies.strict_yaml import read_yaml
from tests.world import SHIPPED, shipped_policy

TEXT = SHIPPED.read_text(encoding="utf-8")


def refusal(old: str, new: str) -> PolicyError:
    assert old in TEXT
    with pytest.raises(PolicyError) as refused:
        load_document(TEXT.replace(old, new, 1), "p.yaml")
    return refused.value


def line_of(text: str) -> int:
    return TEXT[: TEXT.index(text)].count("\n") + 1


def test_the_shipped_policy_loads_and_round_trips() -> None:
    document = shipped_policy()
    fields = document.canonical()
    again = Document.from_canonical(fields)
    assert again == document
    assert document_digest(again) == document_digest(document)
    assert len(canonical(fields)) < 40_000


def test_comments_and_order_of_keys_do_not_change_the_digest() -> None:
    moved = TEXT.replace(
        "id: default\ntitle: Model lifecycle, default rules\n",
        "title: Model lifecycle, default rules\nid: default # a comment\n",
    )
    assert document_digest(load_document(moved)) == document_digest(shipped_policy())


def test_a_misspelt_field_is_refused_with_line_and_what_was_meant() -> None:
    error = refusal("evaluation.accuracy >= 0.90", "evaluation.acuracy >= 0.90")
    assert error.line == line_of("evaluation.accuracy >= 0.90")
    assert error.remedy == "Did you mean evaluation.accuracy?"


def test_a_misspelt_role_is_refused() -> None:
    error = refusal("any_role: [operations, pipeline]", "any_role: [operatoins, pipeline]")
    assert error.remedy == "Did you mean operations?"


def test_a_misspelt_kind_is_refused() -> None:
    assert refusal("  - deployment.stopped\n", "  - deployment.stoped\n").remedy == (
        "Did you mean deployment.stopped?"
    )


def test_a_misspelt_setting_is_refused() -> None:
    assert refusal("at_least: 2", "at_last: 2").remedy == "Did you mean at_least?"


@pytest.mark.parametrize("number", ["0", "-1", "true", '"2"', "1.5", "999", "~", "two"])
def test_a_quorum_that_is_no_number_of_people_is_refused(number: str) -> None:
    refusal("at_least: 2", f"at_least: {number}")


def test_a_quorum_without_a_number_is_refused() -> None:
    refusal("          at_least: 2\n", "")


def test_more_seats_than_people_are_refused() -> None:
    refusal("seats: [{role: compliance, at_least: 1}]", "seats: [{role: compliance, at_least: 3}]")


def test_an_opened_kind_without_a_gate_is_refused() -> None:
    start = TEXT.index("  - id: report\n    event: report.issued")
    with pytest.raises(PolicyError, match=r"report\.issued is opened but has no gate"):
        load_document(TEXT[:start])


def test_a_comparison_of_unlike_things_is_refused() -> None:
    assert (
        refusal("evaluation.accuracy >= 0.90", 'evaluation.accuracy >= "0.90"').code == "wrong-type"
    )


def test_asking_for_something_not_to_be_recorded_is_refused() -> None:
    refusal("has(lineage.code_commit) &&", "!has(lineage.code_commit) &&")


def test_the_canonical_form_says_what_was_left_out() -> None:
    """So that a later program with other defaults reads the same rules from an old entry."""
    fields = shipped_policy().canonical()
    assert fields["approvals_default"] == {
        "not_by": ["registrant", "requester"],
        "valid_for": "P14D",
    }
    quorums = [
        requirement["approvals"]
        for gate in fields["gates"]
        for requirement in gate["require"]
        if "approvals" in requirement and gate["event"].startswith("release.")
    ]
    assert [(rule["not_by"], rule["valid_for"]) for rule in quorums] == [
        (["registrant", "requester"], "P14D")
    ] * 2


def test_saying_a_default_aloud_does_not_change_the_digest() -> None:
    aloud = TEXT.replace(
        "{at_least: 1, any_of: [ml_lead, compliance]}",
        "{at_least: 1, any_of: [ml_lead, compliance], valid_for: P14D}",
    )
    assert aloud != TEXT
    assert document_digest(load_document(aloud)) == document_digest(shipped_policy())


def test_a_changed_default_reaches_every_quorum_that_does_not_say_otherwise() -> None:
    week = load_document(TEXT.replace("valid_for: P14D", "valid_for: P7D"))
    lasting = {
        item.approvals.valid_for
        for gate in week.gates
        for item in gate.require
        if item.approvals is not None and gate.id != "emergency"
    }
    assert lasting == {"P7D"}


def test_a_wrong_default_is_refused_where_it_stands() -> None:
    error = refusal("  valid_for: P14D", "  valid_for: 14 days")
    assert error.line == line_of("  valid_for: P14D")


def test_every_control_that_a_gate_serves_ships() -> None:
    known = {control.id for name in FRAMEWORKS for control in shipped_framework(name).controls}
    named = {control for gate in shipped_policy().gates for control in gate.controls}
    assert named <= known
    assert len(named) > 10


def test_an_error_names_file_line_and_column() -> None:
    error = refusal("at_least: 2", "at_least: 0")
    line = line_of("at_least: 2")
    assert (error.line, error.column) == (line, 11)
    assert str(error).startswith(f"p.yaml:{line}:11: ")


def test_the_schema_describes_the_shipped_policy() -> None:
    import jsonschema

    jsonschema.validate(read_yaml(TEXT), document_schema())


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "a: &x 1\nb: *x",
        "a: &x {b: 1}\nc:\n  <<: *x",
        "a: {<<: {b: 1}}",
        "a: !!python/object:os.system x",
        "a: !!str 1",
        "a: 1\n---\nb: 2",
        "[" * 30 + "]" * 30,
        "? [1, 2]\n: 3",
        "a: [1, 2",
        "",
        "\x00",
        "a: " + "x" * 300_000,
    ],
)
def test_yaml_with_surprises_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        read_yaml(text)


def test_only_true_false_and_plain_integers_are_not_text() -> None:
    found = read_yaml(
        "[on, no, 010, 22:30, 1.5, null, ~, true, false, 7, -7, 1_000, 0x10, '7', 1e3]"
    )
    assert found == [
        "on",
        "no",
        "010",
        "22:30",
        "1.5",
        "null",
        "~",
        True,
        False,
        7,
        -7,
        "1_000",
        "0x10",
        "7",
        "1e3",
    ]


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_no_text_crashes_the_loader(text: str) -> None:
    with pytest.raises(PolicyError):
        load_document(text)


@given(st.data())
def test_a_letter_lost_from_a_key_is_noticed_or_means_nothing(data: st.DataObject) -> None:
    lines = TEXT.splitlines(keepends=True)
    keyed = [n for n, line in enumerate(lines) if ":" in line and not line.strip().startswith("#")]
    number = data.draw(st.sampled_from(keyed))
    key = lines[number].split(":")[0]
    place = data.draw(
        st.integers(min_value=len(key) - len(key.lstrip(" -")), max_value=len(key) - 1)
    )
    lines[number] = lines[number][:place] + lines[number][place + 1 :]
    try:
        changed = load_document("".join(lines))
    except PolicyError:
        return
    declared = {*shipped_policy().metrics, *shipped_policy().roles}
    assert key.strip(" -") in declared or document_digest(changed) == document_digest(
        shipped_policy()
    )
