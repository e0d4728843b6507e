"""Documents of connections: strict, with a pointer to what is wrong."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputError
from webui.client.foreign_names import model_name, version_name
from webui.intake.document import read_mapping
from webui.intake.pointer import find
from webui.intake.reading import read_delivery
from webui.intake.shipped import SHIPPED

GOOD: dict[str, Any] = {
    "format": "counterseal-connection/1",
    "proof": {"kind": "bearer"},
    "rules": [{"change": "model_created", "model": "/m"}],
}


def but(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(GOOD), **changes}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_shipped_documents_are_good(name: str) -> None:
    assert read_mapping(SHIPPED[name]()).rules


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        (but(format="counterseal-connection/2"), "/format"),
        (but(proof={"kind": "rot13"}), "/proof"),
        (but(proof={"kind": "hmac"}), "/proof/hmac/header"),
        (but(rules=[]), "/rules"),
        (but(rules=[{"change": "model_created"}]), "/rules/0"),
        (but(rules=[{"change": "model_created", "model": "m"}]), "/rules/0/model"),
        (but(rules=[{"change": "alias_set", "model": "/m", "name": "/n"}]), "/rules/0"),
        (but(rules=[{"change": "made_up", "model": "/m"}]), "/rules/0/change"),
        (but(delivery={}), "/delivery"),
        (but(environments={"prod": "Not A Slug"}), "/environments/prod"),
        (but(more=1), "/more"),
    ],
    ids=str,
)
def test_what_is_wrong_is_pointed_at(document: Any, pointer: str) -> None:
    with pytest.raises(InputError) as caught:
        read_mapping(document)
    assert caught.value.code == "connection-invalid"
    assert caught.value.pointer.startswith(pointer)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_told_to_be_unreadable(plain: Any) -> None:
    import json

    for name in SHIPPED:
        try:
            found = read_delivery(read_mapping(SHIPPED[name]()), "r", json.dumps(plain).encode())
        except ValueError as error:
            found = str(error)
        assert found


@given(st.dictionaries(st.text(), st.integers(), min_size=1))
def test_a_pointer_leads_to_every_member(plain: dict[str, int]) -> None:
    for name, value in plain.items():
        escaped = name.replace("~", "~0").replace("/", "~1")
        assert find({"a": [plain]}, f"/a/0/{escaped}") == value


@given(st.text(min_size=1), st.text(min_size=1))
def test_names_of_elsewhere_become_names_of_ours_and_never_one_of_two(one: str, other: str) -> None:
    from ledger.events.registries import RegistryChanged

    for text in (one, other):
        RegistryChanged(
            registry="r", change="version_created", told_by="import", model=model_name(text),
            version=version_name(text),
        )  # fmt: skip
    if one != other:
        assert model_name(one) != model_name(other)


def test_a_number_is_the_major_version() -> None:
    assert [version_name(one) for one in ("3", "v3", "03", "1.2.0")] == [
        "3.0.0", "3.0.0", "03", "1.2.0",
    ]  # fmt: skip
