"""Exports hold before the libraries of those who read them."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import spdx_python_model
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from huggingface_hub import ModelCard
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2

from tests.webui.api.company import ARTIFACT, Company, a_model, a_version, found
from tests.webui.house import build

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = "<script>alert(1)</script> | **bold** `x`\n---\nlicense: mit"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Versions with everything, with next to nothing, and with a stranger's words."""
    house = build(tmp_path_factory.mktemp("export") / "home")
    made = found(house)
    model = {**a_model(made.scientist_id), "description": HOSTILE, "tags": ["eu"]}
    made.scientist.submit("model.registered", model)
    full = a_version("1.0.0")
    full["data_sets"][0] |= {"legal_basis": "consent", "rows": 12, "classification": "phi"}
    full |= {
        "licence": "Apache-2.0",
        "run": "mlflow:42",
        "parameters": {"learning_rate": "0.01"},
        "environment_used": {"python": "3.12", "packages": {"scikit_learn": "1.7.0+cpu"}},
        "parents": [{"model": "resnet", "version": "7", "relation": "base_model"}],
    }
    bare = {**a_version("0.1.0"), "metrics": []}
    odd = {**a_version("2.0.0"), "licence": "Our own, see contract"}
    for fields in (full, bare, odd):
        assert made.scientist.submit("version.registered", fields).status_code == 201
    document = {"type": "evaluation_report", "sha256": "7a" * 32, "size_bytes": 1}
    of = {"model": "churn", "version": "1.0.0", "media_type": "text/plain"}
    made.scientist.submit("evidence.attached", {**of, **document})
    wanted = {"model": "churn", "version": "1.0.0", "environment": "staging"}
    release = made.scientist.submit("release.requested", wanted).json["sequence"]
    made.lead.submit("release.approved", {"release": release, "artifact": ARTIFACT})
    yield made
    house.wiring.close()


def exported(company: Company, form: str, version: str = "1.0.0") -> bytes:
    answer = company.scientist.get(f"/models/churn/versions/{version}/export/{form}")
    assert answer.status_code == 200, answer.text
    again = company.scientist.get(f"/models/churn/versions/{version}/export/{form}")
    assert again.data == answer.data
    data: bytes = answer.data
    return data


@pytest.mark.parametrize("version", ["1.0.0", "0.1.0", "2.0.0"])
def test_cyclonedx_is_valid_by_its_own_validator(company: Company, version: str) -> None:
    text = exported(company, "cyclonedx", version).decode()
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(text) is None
    wrong = json.dumps({**json.loads(text), "bogus": 1})
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(wrong) is not None


def test_cyclonedx_tells_model_data_parents_and_packages(company: Company) -> None:
    found = json.loads(exported(company, "cyclonedx"))
    model = found["metadata"]["component"]
    assert model["hashes"][0]["content"] == ARTIFACT
    assert model["modelCard"]["modelParameters"]["datasets"] == [{"ref": "data:customers@2026.02"}]
    assert {one["type"] for one in found["components"]} == {
        "data", "machine-learning-model", "library",
    }  # fmt: skip
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    odd = json.loads(exported(company, "cyclonedx", "2.0.0"))["metadata"]["component"]
    assert odd["licenses"] == [{"license": {"name": "Our own, see contract"}}]


@pytest.mark.parametrize("version", ["1.0.0", "0.1.0", "2.0.0"])
def test_spdx_is_read_by_its_own_bindings(company: Company, version: str) -> None:
    model = spdx_python_model.v3_0_1
    objects = model.SHACLObjectSet()
    model.JSONLDDeserializer().read(BytesIO(exported(company, "spdx", version)), objects)
    assert objects.link() == set()
    (document,) = objects.foreach_type("SpdxDocument")
    (root,) = document.rootElement
    assert root.software_packageVersion == version
    assert root.verifiedUsing[0].hashValue == ARTIFACT
    kinds = {
        str(one.relationshipType).rpartition("/")[2] for one in objects.foreach_type("Relationship")
    }
    assert "trainedOn" in kinds
    assert ("descendantOf" in kinds) == (version == "1.0.0")


def test_a_refusal_is_not_told_as_an_approval(company: Company) -> None:
    of = {"model": "churn", "version": "2.0.0", "environment": "staging"}
    release = company.scientist.submit("release.requested", of).json["sequence"]
    refusal = {"release": release, "artifact": ARTIFACT, "reason": "Whose licence is that"}
    assert company.lead.submit("release.rejected", refusal).status_code == 201
    found = json.loads(exported(company, "cyclonedx", "2.0.0"))
    told = {one["name"]: one["value"] for one in found["metadata"]["component"]["properties"]}
    said = told["counterseal:release:staging"]
    assert said == f"rejected, entry {release}, approved by entries none"


def test_spdx_that_is_none_is_not_read(company: Company) -> None:
    model = spdx_python_model.v3_0_1
    found = json.loads(exported(company, "spdx"))
    found["@graph"][2]["ai_safetyRiskAssessment"] = "nonsense"
    with pytest.raises(Exception, match="nonsense"):
        model.JSONLDDeserializer().read(BytesIO(json.dumps(found).encode()), model.SHACLObjectSet())


def test_slsa_provenance_is_read_by_in_totos_own_types(company: Company) -> None:
    found: dict[str, Any] = json.loads(exported(company, "slsa"))
    json_format.ParseDict(found, statement_pb2.Statement())
    read = json_format.ParseDict(found["predicate"], provenance_pb2.Provenance())
    assert found["predicateType"] == "https://slsa.dev/provenance/v1"
    names = [one.name or one.uri for one in read.build_definition.resolved_dependencies]
    assert names == ["https://git.example.org/ml/churn", "customers@2026.02", "resnet@7"]
    assert found["subject"][0]["digest"]["sha256"] == ARTIFACT


@pytest.mark.parametrize("version", ["1.0.0", "0.1.0", "2.0.0"])
def test_a_model_card_is_read_by_hugging_face(company: Company, version: str) -> None:
    card = ModelCard(exported(company, "card", version).decode(), ignore_metadata_errors=False)
    assert card.data.model_name == f"churn@{version}"
    assert card.data.license == {"1.0.0": "apache-2.0", "0.1.0": None, "2.0.0": "other"}[version]
    assert card.data.datasets == ["customers"]
    assert "<script>" not in card.text
    if version == "1.0.0":
        (result,) = card.data.eval_results
        assert (result.metric_type, result.metric_value) == ("accuracy", 0.931)
        assert card.data.base_model == ["resnet"]


def test_no_other_format_is_given(company: Company) -> None:
    path = "/models/churn/versions/1.0.0/export/xml"
    assert company.scientist.get(path).status_code == 404
    assert company.scientist.get("/models/churn/versions/9.9.9/export/card").status_code == 404


def test_the_versions_page_leads_to_each(company: Company) -> None:
    from tests.webui.seed import PASSWORD, Seeded
    from webui.identity.accounts import create_account

    ana = company.house.enrol("Ana", "ana@example.org", "data_scientist")
    create_account(company.house.wiring, ana, PASSWORD)
    client = Seeded(company.house, ana, "", "", 0).browser("ana")
    page = client.get("/models/churn/1.0.0").text
    for form in ("cyclonedx", "spdx", "slsa", "openlineage", "card"):
        path = f"/models/churn/1.0.0/export/{form}"
        assert path in page
        assert client.get(path).data == exported(company, form)
    assert client.get("/models/churn/1.0.0/export/xml").status_code == 404
