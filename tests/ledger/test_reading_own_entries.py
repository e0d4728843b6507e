"""Entries are read fast where they are our own, and never otherwise than with care."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from ledger.core.envelope import PAYLOAD_TYPE, Envelope, EnvelopeSignature, format_envelope
from ledger.core.envelope import parse_envelope as parse
from ledger.errors import LedgerError
from ledger.events import entry as entries
from ledger.events.catalogue import CATALOGUE
from ledger.events.entry import decode_entry
from tests.golden.bytes_of import golden_file

if TYPE_CHECKING:
    from collections.abc import Iterator


def _envelope(payload: bytes) -> bytes:
    signature = EnvelopeSignature("ab" * 32, b"\x01" * 64)
    return format_envelope(Envelope(payload, PAYLOAD_TYPE, (signature,)))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from _places(item, (*path, key))


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


def _carefully(stored: bytes, monkeypatch: pytest.MonkeyPatch) -> object:
    with monkeypatch.context() as patch:
        patch.setattr(entries, "_read_own", lambda *_: None)
        try:
            return decode_entry(stored)
        except LedgerError as error:
            return (type(error), error.code, error.pointer)


def _quickly(stored: bytes) -> object:
    try:
        return decode_entry(stored)
    except LedgerError as error:
        return (type(error), error.code, error.pointer)


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_both_ways_of_reading_agree_on_every_golden_entry(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = golden_file(kind).read_bytes()
    assert _quickly(stored) == _carefully(stored, monkeypatch)


@pytest.mark.parametrize("kind", ["metrics.observed", "release.approved", "access.denied"])
def test_both_ways_agree_where_any_value_was_replaced(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = orjson.loads(parse(golden_file(kind).read_bytes()).payload)
    strange = (1.5, 1.0, 2**53, -1, 7, "", "ü", "a\u007fb", None, True, [], {}, {"x": 1.5}, [2**60])
    for path in _places(members):
        for value in strange:
            payload = orjson.dumps(_replaced(members, path, value), option=orjson.OPT_SORT_KEYS)
            stored = _envelope(payload)
            assert _quickly(stored) == _carefully(stored, monkeypatch), (path, value)


def test_an_unusual_form_of_an_envelope_is_refused_as_before() -> None:
    stored = golden_file("metrics.observed").read_bytes()
    at = stored.index(b'","payloadType"')
    for wrong in (
        stored.replace(b'{"payload"', b'{ "payload"', 1),
        stored[:at] + b"=" + stored[at:],
        stored[: at - 1] + b"*" + stored[at:],
        stored.replace(b'"keyid":"', b'"keyid":"\\u0041', 1),
        stored + b" ",
    ):
        with pytest.raises(LedgerError):
            decode_entry(wrong)
