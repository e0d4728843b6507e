"""A list of people is read strictly: every way of being wrong is named by its line and column."""

from __future__ import annotations

import codecs
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.cells import begins_like_a_formula
from webui.feed import reading
from webui.feed.reading import COLUMNS, ListError, read_list

ROLES = ("data_scientist", "ml_lead", "compliance")
GOOD = "id,email,name,roles\n7,ana@example.org,Ana Kovač,data_scientist ml_lead\n"


def read(text: str | bytes, encoding: str = "") -> reading.PeopleList:
    return read_list(text.encode() if isinstance(text, str) else text, ROLES, encoding)


def faults(text: str | bytes, encoding: str = "") -> list[tuple[int, str]]:
    with pytest.raises(ListError) as caught:
        read(text, encoding)
    assert caught.value.code == "list-invalid"
    assert str(caught.value.faults[0]) in caught.value.sentence
    return [(one.line, one.column) for one in caught.value.faults]


def test_a_row_becomes_a_person() -> None:
    (ana,) = read(GOOD).people
    assert (ana.line, ana.key, ana.email, ana.name) == (2, "7", "ana@example.org", "Ana Kovač")
    assert ana.roles == ("data_scientist", "ml_lead")
    assert not ana.gone


def test_without_an_id_the_address_is_what_finds_somebody() -> None:
    (one,) = read("email,name\nANA@Example.org,Ana\n").people
    assert one.key == one.email == "ana@example.org"
    assert one.roles is None


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + GOOD.encode(),
        GOOD.encode("utf-16"),
        GOOD.replace(",", ";").encode(),
        GOOD.replace(",", "\t").encode(),
        f"sep=;\r\n{GOOD.replace(',', ';')}".encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("Ana Kovač", '"Ana Kovač"').encode(),
        (GOOD + ",,,\n\n").encode(),
        GOOD.replace("id,email", "ID, E mail".replace("E mail", "email")).encode(),
    ],
)
def test_every_common_way_of_saving_a_list_reads_the_same(data: bytes) -> None:
    (ana,) = read(data).people
    assert (ana.key, ana.email, ana.name) == ("7", "ana@example.org", "Ana Kovač")


def test_another_encoding_must_be_named() -> None:
    data = GOOD.encode("latin-1", "replace").replace(b"?", b"\xe8")
    assert faults(data) == [(2, "")]
    (ana,) = read(data, "windows-1252").people
    assert ana.name == "Ana Kovaè"
    assert faults(GOOD.encode("utf-32")) == [(1, "")]
    assert faults(GOOD.encode(), "utf-16") == [(1, "")]


def test_an_unknown_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(ListError) as caught:
        read("emial,name\na@example.org,A\n")
    told = [str(one) for one in caught.value.faults]
    assert any("column emial" in one and "Did you mean email?" in one for one in told)
    assert "Known are" in told[0]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", [(1, "email"), (1, "name")]),
        ("email,name\n", [(1, "")]),
        ("email\na@example.org\n", [(1, "name")]),
        ("email,name,name\na@example.org,A,A\n", [(1, "name")]),
        ("email,name\na@example.org\n", [(2, "")]),
        ("email,name\na@example.org,A,B\n", [(2, "")]),
        ("email,name\nnowhere,A\nb@example.org,\n", [(2, "email"), (3, "name")]),
        ("email,name\na@example.org,A\nA@example.org,B\n", [(3, "email")]),
        ("id,email,name\n7,a@example.org,A\n7,b@example.org,B\n", [(3, "id")]),
        ("id,email,name\n,a@example.org,A\n", [(2, "id")]),
        ('email,name\na@example.org,"A\nb@example.org,B\n', [(2, "")]),
        ('email,name\na@example.org,"A\nB"\n', [(2, "name")]),
        ('email,name\na@example.org,"A"B\n', [(2, "")]),
        ("email,name\na@example.org,A\x00\n", [(2, "")]),
        ("email,name\na@example.org,A\u202eB\n", [(2, "name")]),
        ("email,name,roles\na@example.org,A,ml_laed\n", [(2, "roles")]),
        ("email,name,status\na@example.org,A,lft\n", [(2, "status")]),
        ("email,name,left\na@example.org,A,30.11.2026\n", [(2, "left")]),
        ("email,name,left\na@example.org,A,2026-02-30\n", [(2, "left")]),
        ("email,name,left\na@example.org,A,9999-12-31\n", [(2, "left")]),
        ("email,name,status,left\na@example.org,A,active,2026-01-01\n", [(2, "left")]),
        ("email,name,status,roles\na@example.org,A,left,ml_lead\n", [(2, "roles")]),
        (f"email,name\na@example.org,{'A' * 201}\n", [(2, "name")]),
        ("email,name,subject\na@example.org,A,s\nb@example.org,B,s\n", [(3, "subject")]),
    ],
)
def test_a_fault_is_named_by_line_and_column(text: str, where: list[tuple[int, str]]) -> None:
    assert faults(text) == where


@pytest.mark.parametrize("cell", ["=1+1", "+A", "-A", "@A", "'=1+1", " =1+1", "\uff1dA", "'@x"])
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    assert begins_like_a_formula(cell)
    assert faults(f'email,name\na@example.org,"{cell}"\n') == [(2, "name")]
    assert not begins_like_a_formula("'t Hooft")


def test_faults_are_told_up_to_a_number_and_people_read_up_to_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = "email,name\n" + "nowhere,A\n" * 1_000
    assert len(faults(many)) == reading.MOST_FAULTS
    monkeypatch.setattr(reading, "MOST_PEOPLE", 3)
    rows = "".join(f"p{at}@example.org,P\n" for at in range(4))
    assert faults(f"email,name\n{rows}") == [(5, "")]
    monkeypatch.setattr(reading, "MOST_BYTES", 3)
    assert faults("email,name\n") == [(1, "")]


def test_a_day_of_leaving_ends_with_the_day() -> None:
    (one,) = read("email,name,left\na@example.org,A,2026-11-30\n").people
    assert (one.gone, one.left) == (True, "2026-12-01T00:00:00.000000Z")
    (one,) = read("email,name,left\na@example.org,A,2026-11-30T17:00:00Z\n").people
    assert one.left == "2026-11-30T17:00:00.000000Z"


@given(st.binary(max_size=300))
def test_whatever_bytes_come_are_read_or_told_to_be_wrong(data: bytes) -> None:
    for text in (data, b"email,name\n" + data):
        with suppress(ListError):
            found = read(text)
            assert found.people
            assert set(found.columns) <= set(COLUMNS)
