"""JSON varied as a tree: a value replaced, taken out, doubled or moved, and written again.

Bytes varied blindly are mostly no JSON any more; these reach what is done with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from random import Random  # noqa: TID251 (given by whoever fuzzes)

_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**53, 2**63, -(2**53), 0.0, 1.0, 1.5, -0.0, 1e300, "", "0", "\x00",
    "\x1b[2J", "\n", "\u202e", "é", "a" * 300, "verified", [], {}, [[]], [{}], {"": ""},
    {"sha256": []}, "00" * 32, "2026-01-01T00:00:00Z", [1, 1.0], {"a": {"b": [None]}},
)  # fmt: skip


def varied(data: bytes, chance: Random) -> bytes:
    """The JSON after the last line of a head, if there is one, with one to three changes."""
    head, newline, body = (
        data.rpartition(b"\n") if not data.startswith((b"{", b"[")) else (b"", b"", data)
    )
    try:
        whole: list[Any] = [orjson.loads(body)]
    except orjson.JSONDecodeError:
        return data
    for _ in range(chance.randint(1, 3)):
        _change(whole, chance)
    return head + newline + orjson.dumps(whole[0], option=orjson.OPT_SORT_KEYS)


def _change(whole: list[Any], chance: Random) -> None:
    inside: list[Any] = [whole]
    values: list[Any] = []
    for box in inside:
        parts = list(box.values() if isinstance(box, dict) else box)
        values.extend(parts)
        inside.extend(part for part in parts if isinstance(part, (dict, list)))
    box = chance.choice([one for one in inside if one])
    place = chance.choice(list(box) if isinstance(box, dict) else range(len(box)))
    given = orjson.loads(orjson.dumps(chance.choice([*_ODD, chance.choice(values)])))
    kind = chance.choice(["replace", "replace", "replace", "take", "name", "put"])
    if kind == "replace" or box is whole:
        box[place] = given
    elif kind == "take":
        del box[place]
    elif isinstance(box, list):
        box.insert(place, given)
    elif kind == "name":
        box[str(place) + chance.choice(["", " ", "x", "\x00", "é"])] = box.pop(place)
    else:
        box[chance.choice(["", "extra", str(place).upper()])] = given
