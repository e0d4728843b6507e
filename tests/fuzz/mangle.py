"""Random changes of real bytes: what a fuzzer does, without looking at coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz.structure import varied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random  # noqa: TID251 (the same at every run, or no secret)

    from tests.fuzz.target import Target

_AS_A_TREE = 0.5
_A_WORD = 0.2
_TOKENS = (
    *(
        b"\n",
        b"\n\n",
        b"\x00",
        b"\xff",
        b"\xe2\x80\x94 ",
        b"+",
        b"=",
        b" ",
        b'"',
        b"{",
        b"[",
        b"\\u0000",
    ),
    *(b"0", b"-1", b"9007199254740992", b"18446744073709551616", b"1e400", b"NaN", b"null"),
)


def mangled(seeds: Sequence[bytes], chance: Random, target: Target) -> bytes:
    """One of the target's seeds with one to eight changes, at most as long as it reads."""
    seed = chance.choice(seeds)
    if target.structured and chance.random() < _AS_A_TREE:
        return varied(seed, chance)[: target.longest]
    data = bytearray(seed)
    for _ in range(chance.randint(1, 8)):
        chance.choice(_CHANGES)(data, chance)
        if target.words and chance.random() < _A_WORD:
            start = _place(data, chance)
            data[start:start] = chance.choice(target.words)
    return bytes(data[: target.longest])


def _place(data: bytearray, chance: Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytearray, chance: Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: Random) -> None:
    start = _place(data, chance)
    del data[start : start + chance.choice((1, 2, 8, 64, 4096))]


def _repeat(data: bytearray, chance: Random) -> None:
    start = _place(data, chance)
    piece = data[start : start + chance.choice((1, 8, 64))]
    data[start:start] = piece * chance.choice((1, 2, 50))


def _insert(data: bytearray, chance: Random) -> None:
    start = _place(data, chance)
    data[start:start] = chance.choice(_TOKENS)


def _swap(data: bytearray, chance: Random) -> None:
    lines = bytes(data).split(b"\n")
    chance.shuffle(lines)
    data[:] = b"\n".join(lines)


_CHANGES: tuple[Callable[[bytearray, Random], None], ...] = (
    *(_flip, _flip, _cut, _repeat, _insert, _insert, _swap),
)
