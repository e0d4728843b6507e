from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.tiles import TileName, entry_bundle, parse_tile_path, split_bundle
from ledger.errors import EncodingError

NAMES = st.builds(
    TileName,
    st.none() | st.integers(0, 63),
    st.integers(0, 2**63 - 1) | st.integers(0, 2000),
    st.integers(1, 256),
)


@given(NAMES)
def test_the_path_of_a_tile_reads_back(name: TileName) -> None:
    assert parse_tile_path(name.path()) == name


@given(
    st.from_regex(
        r"tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,2}[0-9]{3}(\.p/[0-9]{1,3})?", fullmatch=True
    )
)
def test_a_path_that_is_read_writes_back(path: str) -> None:
    try:
        name = parse_tile_path(path)
    except EncodingError:
        return
    assert name.path() == path


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_splits_into_its_entries(entries: list[bytes]) -> None:
    assert split_bundle(entry_bundle(entries)) == entries


@given(
    st.binary(max_size=60) | st.lists(st.sampled_from([b"\x00", b"\x01", b"\x02"])).map(b"".join)
)
def test_bytes_that_split_are_the_bundle_of_what_they_split_into(data: bytes) -> None:
    try:
        entries = split_bundle(data)
    except EncodingError:
        return
    assert entry_bundle(entries) == data
