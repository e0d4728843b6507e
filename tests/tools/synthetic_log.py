"""A log of any size without a database: entries, tiles and checkpoints from ledger.core alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.merkle import Frontier, leaf_hash
from ledger.core.note import Vkey, format_note, parse_vkey, sign_note, vkey
from ledger.core.tile_growth import TileGrowth
from ledger.core.tiles import TILE_WIDTH, TileName, entry_bundle
from ledger.keys.signer import FileSigner
from ledger.source import missing

ORIGIN = "ledger.example.org/log/synthetic"


def new_key() -> FileSigner:
    return FileSigner(Ed25519PrivateKey.generate())


@dataclass
class SyntheticLog:
    """A ``TileSource`` over a list of entries. What tests break, they break in the lists."""

    entries: list[bytes]
    key: FileSigner = field(default_factory=new_key)
    origin: str = ORIGIN
    tiles: dict[str, bytes] = field(default_factory=dict)
    note: bytes = b""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        growth = TileGrowth()
        leaves = [leaf_hash(entry) for entry in self.entries]
        made = [*growth.extend(leaves), *growth.partial()]
        self.tiles = {name.path(): data for name, data in made}
        self.note = self.signed(len(leaves), Frontier().extend(leaves).root())

    @property
    def vkey(self) -> Vkey:
        return parse_vkey(vkey(self.origin, self.key.public))

    def signed(self, size: int, root: bytes) -> bytes:
        text = format_checkpoint(Checkpoint(self.origin, size, root))
        return format_note(sign_note(text, self.origin, self.key.public, self.key.sign))

    def grown(self, size: int) -> SyntheticLog:
        """The same log with entries up to ``size``."""
        return replace(
            self, entries=[*self.entries, *made_entries(len(self.entries), size)], asked=[]
        )

    def checkpoint(self) -> bytes:
        return self.note

    def tile(self, level: int, index: int, width: int) -> bytes:
        name = TileName(level, index, width).path()
        self.asked.append(name)
        if name not in self.tiles:
            raise missing(name)
        return self.tiles[name]

    def bundle(self, index: int, width: int) -> bytes:
        name = TileName(None, index, width).path()
        self.asked.append(name)
        found = self.entries[index * TILE_WIDTH : index * TILE_WIDTH + width]
        if len(found) != width:
            raise missing(name)
        return entry_bundle(found)


def made_entries(start: int, stop: int) -> list[bytes]:
    return [b'{"entry":%d,"%s":1}' % (number, b"x" * (number % 7)) for number in range(start, stop)]


def synthetic(size: int) -> SyntheticLog:
    return SyntheticLog(made_entries(0, size))
