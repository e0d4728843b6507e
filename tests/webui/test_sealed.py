"""A seal holds over every byte of its file."""

from __future__ import annotations

import pytest

from ledger.errors import ProofError
from tests.fuzz.kept import sealed
from webui.sealed import check_seal


def test_a_sealed_file_holds() -> None:
    whole, certificate = sealed()
    assert "SHA-256 of the certificate" in check_seal(whole, certificate).by


@pytest.mark.parametrize("added", [b"\n", b" ", b"%", b"END"])
def test_what_is_added_behind_the_seal_is_noticed(added: bytes) -> None:
    """A file whose end stands there twice was once taken for whole; fuzzing found it."""
    whole, certificate = sealed()
    more = whole[whole.rindex(b"startxref") :] if added == b"END" else added
    with pytest.raises(ProofError):
        check_seal(whole + more, certificate)


def test_a_damaged_file_is_refused_whatever_the_library_makes_of_it() -> None:
    whole, certificate = sealed()
    place = whole.rindex(b"startxref")
    for step in range(0, place, 997):
        damaged = whole[:step] + b"--1.2.3" + whole[step + 7 :]
        with pytest.raises(ProofError):
            check_seal(damaged, certificate)
