"""Real objects with a few bytes changed, as a Hypothesis strategy: found defects are made small.

It is blind to what the reader does with them; ``guided`` is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.fuzz.structure import varied

if TYPE_CHECKING:
    from tests.fuzz.target import Target

_TELLING = (
    b"",
    b"\x00",
    b"\n",
    b" ",
    b'"',
    b"\\",
    b"0",
    b"-1",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
)
_MOST_EDITS = 5


@st.composite
def mutated(draw: st.DrawFn, target: Target) -> bytes:
    """A seed of the target, edited up to five times; now and then bytes from nowhere."""
    found = draw(st.sampled_from(target.seeds()))
    pieces = st.sampled_from([*_TELLING, *target.words]) | st.binary(max_size=8)
    if target.structured and draw(st.booleans()):
        return varied(found, draw(st.randoms(use_true_random=False)))[: target.longest]
    for _ in range(draw(st.integers(0, _MOST_EDITS))):
        found = _edited(draw, found, pieces)
    return found[: target.longest]


def _edited(draw: st.DrawFn, data: bytes, pieces: st.SearchStrategy[bytes]) -> bytes:
    at = draw(st.integers(0, len(data)))
    end = draw(st.integers(at, min(len(data), at + draw(st.sampled_from([0, 1, 4, 64, 4_096])))))
    kind = draw(st.sampled_from(["put", "flip", "repeat", "move", "cut"]))
    if kind == "put":
        return data[:at] + draw(pieces) + data[end:]
    if kind == "flip" and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
    if kind == "repeat":
        return data[:at] + data[at:end] * draw(st.sampled_from([2, 3, 20])) + data[end:]
    if kind == "move":
        to = draw(st.integers(0, len(data)))
        return data[:to] + data[at:end] + data[to:]
    return data[:at] + data[end:]
