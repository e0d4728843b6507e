"""Targets of what entries are made of: tiles, bundles, JSON, envelopes, statements, commands."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from functools import cache

import orjson
import rfc8785

from ledger.core.digest import SHA256_BYTES
from ledger.core.encoding import canonical, parse_canonical, parse_json, read_own
from ledger.core.envelope import (
    PAYLOAD_TYPE,
    check_envelope,
    format_envelope,
    parse_envelope,
    seal,
)
from ledger.core.signature import key_fingerprint
from ledger.core.statement import encode_statement, parse_statement
from ledger.core.strict_json import read_strictly
from ledger.core.tiles import entry_bundle, parse_tile_path, split_bundle
from ledger.events import entry as entries_of
from ledger.events.catalogue import CATALOGUE, read_command
from ledger.source import cut_bundle, cut_tile
from tests.examples import EXAMPLES
from tests.fuzz import seeds
from tests.fuzz.target import Target, answer
from tests.golden.bytes_of import KEY, PUBLIC, golden_bytes

_KEYID = key_fingerprint(PUBLIC)
JSON = (
    b"{}", b"[]", b'""', b"null", b"true", b"1.0", b"1e5", b"-0", b"9007199254740992", b"\\u0000",
    b"\\ud800", b"\\u00e9", b",", b":", b"[" * 40, b"\xef\xbb\xbf", b"Infinity", b"NaN", b"\x7f",
)  # fmt: skip


@cache
def stored() -> tuple[bytes, ...]:
    """An entry of every kind, under a key that everybody knows."""
    return tuple(golden_bytes(kind) for kind in sorted(CATALOGUE))


def payloads() -> list[bytes]:
    """Their statements."""
    return [parse_envelope(one).payload for one in stored()]


def _json(data: bytes) -> None:
    """The fast way and the careful way read the same, and what is read can be written."""
    value = answer(parse_json, data)
    careful = answer(read_strictly, data, max_bytes=65_535, max_depth=32, max_digits=16)
    assert (value, type(value)) == (careful, type(careful))
    written = answer(canonical, value)
    if written is None:
        return
    assert written == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert parse_json(written) == value
    assert parse_canonical(written) == value


def _canonical(data: bytes) -> None:
    value = answer(parse_canonical, data)
    if value is not None:
        assert canonical(value) == data
    fast = read_own(data)
    if value is not None and fast is not None:
        assert fast == value


def _envelope(data: bytes) -> None:
    envelope = answer(parse_envelope, data)
    if envelope is None:
        return
    assert format_envelope(envelope) == data
    if answer(check_envelope, envelope, {_KEYID: PUBLIC}) is None:
        return


def _statement(data: bytes) -> None:
    statement = answer(parse_statement, data)
    assert statement is None or encode_statement(statement) == data


def _entry(data: bytes) -> None:
    """A statement in an envelope: the fast way accepts nothing that the careful way refuses."""
    try:
        # In sorted form, so that what is told apart is the meaning; floats stay in.
        payload = orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return
    whole = answer(seal, payload, PAYLOAD_TYPE, _KEYID, KEY.sign)
    if whole is None:
        return
    found = answer(entries_of.decode_entry, whole)
    careful = answer(_carefully, whole)
    assert found == careful


def _carefully(whole: bytes) -> entries_of.Entry:
    """``decode_entry`` without its fast way."""
    fast = entries_of._read_own
    entries_of._read_own = lambda *_: None
    try:
        return entries_of.decode_entry(whole)
    finally:
        entries_of._read_own = fast


def _command(data: bytes) -> None:
    """The kind on the first line, its fields as JSON after it; as the API reads them."""
    kind, _, body = data.partition(b"\n")
    fields = answer(parse_json, body)
    event = answer(read_command, kind.decode("utf-8", "replace"), fields)
    if event is None:
        return
    facts = event.facts()
    written = answer(canonical, facts)
    if written is not None:
        assert parse_canonical(written) == facts


def _commands() -> list[bytes]:
    return [
        kind.encode() + b"\n" + canonical(_lists(fields))
        for kind, fields in sorted(EXAMPLES.items())
        if not CATALOGUE[kind].written_by_submit
    ]


def _lists(value: object) -> object:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, (tuple, list)) else value


def _bundle(data: bytes) -> None:
    found = answer(split_bundle, data)
    cut = answer(cut_bundle, data, 2, "bundle")
    if found is None:
        assert cut is None
        return
    assert entry_bundle(found) == data
    assert (cut is not None) == (len(found) >= 2)
    assert cut is None or split_bundle(cut) == found[:2]


def _tile(data: bytes) -> None:
    for width in (1, 255, 256):
        found = answer(cut_tile, data, width, "tile")
        assert found is None or (len(found) == width * SHA256_BYTES and data.startswith(found))


def _tile_path(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    name = answer(parse_tile_path, text)
    if name is not None:
        assert name.path() == text
        assert replace(name, width=256).within(2**63) in {True, False}


def _multiple(data: bytes) -> bytes:
    """An envelope with two signatures and another type: not the usual form."""
    return canonical(
        {
            "payload": b64encode(data).decode(),
            "payloadType": "text/plain",
            "signatures": [{"keyid": "a", "sig": "AAAA"}, {"keyid": "", "sig": ""}],
        }
    )


TARGETS = (
    Target(
        "tile-path",
        "the path of a tile or bundle in a URL",
        _tile_path,
        lambda: [b"tile/0/x001/x234/067", b"tile/entries/000.p/5", b"tile/63/255"],
        (b"/", b"x", b".p/", b"tile/entries/", b"\xd9\xa3", b"\n", b"999"),
        256,
    ),
    Target(
        "tile",
        "a tile of hashes in somebody's copy of a log",
        _tile,
        lambda: [seeds.log().tile(0, 0, 256), seeds.log().tile(1, 0, 1)],
        (bytes(32),),
        16_384,
    ),
    Target(
        "bundle-of-entries",
        "a bundle of entries in somebody's copy of a log",
        _bundle,
        lambda: [seeds.log().bundle(1, 44), b"\x00\x00", b"\x00\x01a\xff\xff" + bytes(65_535)],
        (b"\x00\x00", b"\xff\xff", b"\x00\x01"),
        70_000,
    ),
    Target(
        "json",
        "JSON of a request",
        _json,
        lambda: [
            *payloads()[:4],
            b'[{"a":[1,-2,null,true,"\\u00e9 \\"/"]}]',
            b' { "b" : 1 , "a" : [] } ',
        ],
        JSON,
    ),
    Target("canonical-json", "JSON of our own making", _canonical, payloads, JSON),
    Target(
        "envelope",
        "a DSSE envelope: an entry that is handed in, or in a copy",
        _envelope,
        lambda: [*stored()[:6], _multiple(b"text")],
        (*JSON, b'"payload":', b'"payloadType":', b'"signatures":', b'"keyid":', b'"sig":', b"=="),
        structured=True,
    ),
    Target("statement", "an in-toto statement", _statement, payloads, JSON, structured=True),
    Target(
        "entry",
        "the statement of an entry, in an envelope that its own reader accepts",
        _entry,
        payloads,
        (
            *JSON,
            b'"clock":',
            b'"decision":null',
            b'"request":',
            b'"params":{"a":1.0}',
            b"/v1",
            b"/v2",
        ),
        structured=True,
    ),
    Target(
        "command",
        "a command: its kind and its fields, as pages, the API and the command line give them",
        _command,
        _commands,
        (*JSON, *(kind.encode() + b"\n" for kind in sorted(CATALOGUE)[:6])),
        structured=True,
    ),
)
