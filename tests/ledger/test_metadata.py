"""What sources say of a field: every word stands, a dispute is named, a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ConflictError, InputError
from ledger.state.metadata import REGISTRATION, MetadataState, metadata_of
from ledger.state.pack import pack_of
from policies import PolicyError, document_digest, load_document
from policies.decide import compile_document, decide_with
from policies.metadata_schema import read_schema, write_schema
from tests.world import SHIPPED, Company, World

if TYPE_CHECKING:
    from ledger.events.decision import Decision

OF = {"model": "churn", "version": "1.0.0"}
MARKET = {
    "name": "market",
    "of": "version",
    "type": "choice",
    "title": "Market",
    "choices": ["eu", "uk"],
    "required_from": "medium",
}


@pytest.fixture
def company() -> Company:
    return Company()


def said(company: Company, source: str, who: str = "ana", **values: str) -> int:
    actor = company.world.names[who]
    return company.world.do("metadata.stated", actor, **OF, source=source, values=values)


def held(company: Company) -> MetadataState:
    found = metadata_of(company.world.registry, "churn", "1.0.0")
    assert found is not None
    return found


def settle(company: Company, value: str, *statements: int, field: str = "licence") -> int:
    fields = {**OF, "field": field, "value": value, "statements": statements, "reason": "Looked"}
    return company.world.do("metadata.settled", company.bo, **fields)


def with_schema(company: Company, *fields: dict[str, Any]) -> None:
    company.world.do("schema.activated", company.chi, fields=list(fields or (MARKET,)))


def test_two_sources_disagree_both_stand_and_a_person_decides(company: Company) -> None:
    one = said(company, "capture", licence="MIT")
    assert held(company).values() == {"licence": "MIT"}
    other = said(company, "mlflow", licence="Apache-2.0")
    assert held(company).disputed() == ("licence",)
    assert held(company).values() == {}
    assert {(x.source, x.value) for x in held(company).said} == {
        ("capture", "MIT"), ("mlflow", "Apache-2.0"),
    }  # fmt: skip
    settle(company, "MIT", one, other)
    assert held(company).disputed() == ()
    assert held(company).values() == {"licence": "MIT"}
    assert len(held(company).said) == 2
    third = said(company, "by_hand", licence="BSD-3-Clause")
    assert held(company).disputed() == ("licence",), "another word after the decision"
    with pytest.raises(ConflictError, match="Other statements stand"):
        settle(company, "MIT", one, other)
    settle(company, "BSD-3-Clause", one, other, third)
    assert held(company).values() == {"licence": "BSD-3-Clause"}


def test_a_word_that_agrees_with_the_decision_disputes_nothing(company: Company) -> None:
    one, other = said(company, "capture", licence="MIT"), said(company, "mlflow", licence="BSD")
    settle(company, "MIT", one, other)
    said(company, "by_hand", licence="MIT")
    assert held(company).disputed() == ()


def test_a_source_corrects_itself_without_a_dispute(company: Company) -> None:
    said(company, "capture", licence="MIT")
    said(company, "capture", licence="BSD")
    assert held(company).values() == {"licence": "BSD"}
    with pytest.raises(ConflictError, match="says that already"):
        said(company, "capture", licence="BSD")


def test_what_was_registered_is_a_source_of_the_versions_own_fields(company: Company) -> None:
    said(company, "mlflow", **{"code.commit": "cd" * 20})
    assert held(company).disputed() == ("code.commit",)
    told = {one.source: one.value for one in held(company).said}
    assert told == {REGISTRATION: "ab" * 20, "mlflow": "cd" * 20}


def test_nothing_is_decided_where_nothing_is_disputed(company: Company) -> None:
    one = said(company, "capture", licence="MIT")
    with pytest.raises(ConflictError, match="Nothing is disputed"):
        settle(company, "MIT", one, one)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1))
def test_every_sources_last_word_stands_whatever_the_order(words: list[tuple[str, str]]) -> None:
    world = World()
    ana = world.person("ana", "data_scientist")
    world.model(ana)
    world.version(ana)
    last: dict[str, str] = {}
    for source, value in words:
        if last.get(source) == value:
            continue
        last[source] = value
        world.do("metadata.stated", ana, **OF, source=source, values={"team": value})
    found = metadata_of(world.registry, "churn", "1.0.0")
    assert found is not None
    assert {one.source: one.value for one in found.said} == last
    agreed = len(set(last.values())) == 1
    assert found.values() == ({"team": next(iter(last.values()))} if agreed else {})


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("number", "-0.5", "half"),
        ("date", "2026-03-31", "31.3.2026"),
        ("link", "https://example.org/page", "ftp://example.org"),
        ("choice", "eu", "mars"),
        ("text", "anything", None),
        ("person", "616e61".ljust(32, "0"), "f" * 32),
    ],
)
def test_a_value_is_of_its_fields_type(
    company: Company, kind: str, right: str, wrong: str | None
) -> None:
    field = {**MARKET, "type": kind, "choices": ["eu", "uk"] if kind == "choice" else []}
    with_schema(company, field)
    said(company, "by_hand", market=right)
    assert held(company).values()["market"] == right
    if wrong is not None:
        with pytest.raises(InputError, match=r"Market \(market\) is no") as caught:
            said(company, "mlflow", market=wrong)
        assert caught.value.pointer == "/event/values/market"
        assert caught.value.remedy


def test_a_version_without_a_required_field_is_refused_by_name(company: Company) -> None:
    with_schema(company)
    decision = registering(company)
    (result,) = decision.unmet
    assert result.code == "E_FIELD_MISSING"
    assert result.params["fields"] == ["market"]
    assert registering(company, metadata={"market": "eu"}).allowed
    with pytest.raises(InputError, match="knows no field markt") as caught:
        company.world.force("version.registered", company.ana, **version(metadata={"markt": "eu"}))
    assert caught.value.remedy == "Did you mean market?"


def test_a_schema_asks_by_tier_and_an_empty_one_asks_nothing(company: Company) -> None:
    with_schema(company, {**MARKET, "required_from": "prohibited"})
    assert registering(company).allowed
    state = company.world.registry
    from ledger.state.metadata import schema_in_force

    before = schema_in_force(state)
    assert before is not None
    with pytest.raises(ConflictError, match="Another schema is in force"):
        with_schema(company)
    world = company.world
    world.do("schema.activated", company.chi, fields=[], previous=before.digest)
    after = schema_in_force(state)
    assert after is not None
    assert (after.number, after.earlier, after.fields) == (2, (before.since,), ())


def test_what_is_disputed_is_missing_and_no_release_is_asked_for(company: Company) -> None:
    with_schema(company)
    one, other = said(company, "a", market="eu"), said(company, "b", market="uk")
    wanted = {**OF, "environment": "production"}
    decision = company.world.ask("release.requested", company.ana, **wanted)
    assert [item.requirement for item in decision.unmet] == ["undisputed"]
    settle(company, "uk", one, other, field="market")
    assert company.world.ask("release.requested", company.ana, **wanted).allowed


def test_approvals_before_a_word_are_stale_and_the_pack_holds_it(company: Company) -> None:
    release = company.world.request(company.ci)
    asked = company.world.registry.release(release)
    before = pack_of(company.world.registry, asked)
    assert b"metadata" not in before.canonical()
    company.world.approve(release, company.bo)
    said(company, "by_hand", licence="MIT")
    after = pack_of(company.world.registry, asked)
    assert after.proposed.metadata == {"licence": "MIT"}
    assert after.digest() != before.digest()
    told = [
        code for item in company.world.granting(release).unmet for code in item.params["cannot"]
    ]
    assert any("E_STALE" in one for one in told)


def test_a_policy_asks_for_a_field_by_name_or_by_what_it_holds(company: Company) -> None:
    text = SHIPPED.read_text(encoding="utf-8").replace(
        "opens:",
        "metadata:\n  market: {type: text, about: Where it may be offered}\n"
        "  review: {type: date, about: When it is reviewed}\n"
        "  seats: {type: number, about: How many use it}\nopens:",
        1,
    )
    asking = text.replace(
        "      - id: undisputed\n",
        '      - {id: in-the-eu, check: metadata.market == "eu", say: It is for the EU}\n'
        "      - {id: reviewed, check: 'metadata.review >= timestamp(\"2026-01-01T00:00:00Z\")', "
        "say: Its review is ahead}\n"
        "      - {id: small, check: metadata.seats < 10, say: Few use it}\n"
        "      - {id: named, fields: [metadata.market]}\n      - id: undisputed\n",
    )
    with pytest.raises(PolicyError):
        load_document(asking.replace("metadata.market ==", "metadata.markt =="))
    document = load_document(asking)
    compiled = compile_document(document, document_digest(document))

    def unmet() -> list[str]:
        from ledger.events.catalogue import read_command

        world = company.world
        event = read_command("release.requested", {**OF, "environment": "production"})
        decision = decide_with(compiled, world.registry, event, company.ana, world.instant)
        return [one.requirement for one in decision.unmet]

    assert unmet() == ["in-the-eu", "reviewed", "small", "named"]
    said(company, "by_hand", market="uk", review="2025-12-31", seats="10")
    assert unmet() == ["in-the-eu", "reviewed", "small"]
    said(company, "by_hand", market="eu", review="2026-01-01", seats="9.5")
    assert unmet() == []


def test_a_schema_is_read_with_the_line_of_a_mistake_and_written_back() -> None:
    text = (
        "format: metadata/1\nfields:\n  - name: market\n    of: version\n    type: choice\n"
        "    title: Market\n    choices: [eu, uk]\n    required_from: medium\n"
    )
    found = read_schema(text)
    assert read_schema(write_schema(found.fields)) == found
    more = read_schema(text + "sections:\n  - {name: limits, title: Limits, required_from: high}\n")
    assert read_schema(write_schema(more.fields, more.sections)) == more
    assert more.digest() != found.digest()
    for wrong, line in (("type: choise", 5), ("type: text", 3), ("typ: choice", 5)):
        with pytest.raises(PolicyError) as caught:
            read_schema(text.replace("type: choice", wrong))
        assert caught.value.line == line


def version(**more: Any) -> dict[str, Any]:
    from tests.world import DIGEST

    return {
        "model": "churn",
        "version": "2.0.0",
        "artifact": {"sha256": DIGEST, "size_bytes": 1, "format": "onnx"},
        "trained_at": "2026-10-30T10:00:00Z",
        "code": {"repository": "git", "commit": "ab" * 20, "dirty": False},
        "data_sets": [
            {
                "name": "customers",
                "version": "1",
                "sha256": "d0" * 32,
                "source": "warehouse",
                "classification": "internal",
            }
        ],
        **more,
    }


def registering(company: Company, **more: Any) -> Decision:
    return company.world.ask("version.registered", company.ana, **version(**more))
