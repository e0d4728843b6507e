"""The Merkle tree of RFC 6962 section 2.1 and its proofs, as RFC 9162 section 2.1 checks them.

Rules:

* a leaf hash is SHA-256(0x00 || data), an inner node SHA-256(0x01 || left || right), the empty
  tree SHA-256 of nothing;
* a tree of n leaves splits at the largest power of two below n;
* a proof has at most 63 hashes of 32 bytes, and every one of them is used;
* sizes and roots given to a check come from a signed checkpoint and nowhere else.

``leaf`` always means a leaf hash, 32 bytes, as ``leaf_hash`` gives it. Where the hashes of complete
subtrees are kept is the caller's business (``tiles`` has one way).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.core.digest import SHA256_BYTES, equal, sha256
from ledger.errors import ConsistencyError, InclusionError, InputError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    GetSubtree = Callable[[int, int], bytes]

EMPTY_ROOT: Final = sha256(b"")
MAX_PROOF: Final = 63
MAX_SIZE: Final = 2**MAX_PROOF

_sha256: Final = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || data)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 || left || right)."""
    return _sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, O(n): for small trees and for checking faster ways."""
    return Frontier().extend(leaves).root()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that a growing tree must remember: the roots of its complete subtrees, largest first.

    There is one root for every bit that is set in ``size``. A value: ``push`` gives a new one.
    """

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def push(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier with more leaf hashes, in this order.

        Raises:
            InputError: ``not-a-hash`` for a leaf that has not 32 bytes.
        """
        size = self.size
        roots = list(self.roots)
        for leaf in leaves:
            if len(leaf) != SHA256_BYTES:
                raise InputError("A leaf hash has 32 bytes.", code="not-a-hash")
            node = leaf
            complete = size
            while complete & 1:
                node = node_hash(roots.pop(), node)
                complete >>= 1
            roots.append(node)
            size += 1
        return Frontier(size, tuple(roots))

    def root(self) -> bytes:
        """The root of the tree of ``size`` leaves."""
        if not self.roots:
            return EMPTY_ROOT
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = node_hash(left, node)
        return node

    def to_bytes(self) -> bytes:
        """The roots one after another, 32 bytes each, largest subtree first."""
        return b"".join(self.roots)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """The inverse of ``to_bytes``.

        Raises:
            IntegrityError: the number of bytes does not belong to this size.
        """
        if not 0 <= size <= MAX_SIZE or len(data) != size.bit_count() * SHA256_BYTES:
            raise IntegrityError("The stored frontier does not belong to its size.", size=size)
        return cls(size, _hashes(data))


def prove_inclusion(index: int, size: int, get: GetSubtree) -> tuple[bytes, ...]:
    """The audit path of a leaf (RFC 6962 section 2.1.1), its sibling first.

    Args:
        index: number of the leaf, from 0.
        size: leaves of the tree that the proof is for.
        get: the hash of complete subtree number ``index`` of ``2**level`` leaves, by
            ``(level, index)``. It is asked O(log size) times.

    Raises:
        InputError: ``out-of-range`` if there is no such leaf.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise InputError("There is no such leaf in a tree of this size.", code="out-of-range")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, get))
            end = middle
        else:
            path.append(_range_root(start, middle, get))
            start = middle
    return tuple(reversed(path))


def prove_consistency(old: int, new: int, get: GetSubtree) -> tuple[bytes, ...]:
    """The proof that the tree of ``old`` leaves is the start of that of ``new`` (section 2.1.2).

    It is empty when the sizes are equal and when ``old`` is 0.

    Raises:
        InputError: ``out-of-range`` unless 0 <= old <= new.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        raise InputError("The sizes do not belong to one growing tree.", code="out-of-range")
    if old in {0, new}:
        return ()
    path: list[bytes] = []
    start, end = 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, get))
            end = middle
        else:
            path.append(_range_root(start, middle, get))
            start = middle
    if start:
        path.append(_range_root(start, end, get))
    return tuple(reversed(path))


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf is number ``index`` of the tree of ``size`` leaves with this root.

    RFC 9162 section 2.1.3.2.

    Raises:
        InclusionError: it is not proved.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise InclusionError("The leaf's number is not below the size of the tree.")
    if not _all_hashes((leaf, root, *proof[: MAX_PROOF + 1])) or len(proof) > MAX_PROOF:
        raise InclusionError("A proof has at most 63 hashes, and every hash has 32 bytes.")
    number, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise InclusionError("The proof has more hashes than the tree has levels.")
        if number & 1 or number == last:
            node = node_hash(sibling, node)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        number >>= 1
        last >>= 1
    if last:
        raise InclusionError("The proof has fewer hashes than the tree has levels.")
    if not equal(node, root):
        raise InclusionError("The proof does not lead to the root.")


def check_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree ``old_root`` is the beginning of the tree ``new_root``.

    RFC 9162 section 2.1.4.2. Every tree begins with the empty one, which has only one root.

    Raises:
        ConsistencyError: it is not proved.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise ConsistencyError("The newer tree is smaller than the older.")
    if old_size in {0, new_size}:
        _check_trivial(old_size == new_size, old_root, new_root, proof)
        return
    if not _all_hashes((old_root, new_root, *proof[: MAX_PROOF + 1])) or len(proof) > MAX_PROOF:
        raise ConsistencyError("A proof has at most 63 hashes, and every hash has 32 bytes.")
    if not proof:
        raise ConsistencyError("The proof is empty.")
    # A complete old tree is a node of the new one: its root is left out of the proof.
    path = (old_root, *proof) if old_size.bit_count() == 1 else tuple(proof)
    old_found, new_found = _replay(old_size - 1, new_size - 1, path)
    if not (equal(old_found, old_root) and equal(new_found, new_root)):
        raise ConsistencyError("The two trees are not one history.")


def _check_trivial(
    same_size: bool, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise ConsistencyError("Between these sizes a proof is empty.")
    if same_size:
        if not equal(old_root, new_root):
            raise ConsistencyError("Two trees of one size have different roots.")
    elif old_root != EMPTY_ROOT or not _all_hashes((new_root,)):
        raise ConsistencyError("The root of the empty tree is not the one there is.")


def _replay(number: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root that a path leads to, from the last leaf of the old tree."""
    while number & 1:
        number >>= 1
        last >>= 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            raise ConsistencyError("The proof has more hashes than the tree has levels.")
        if number & 1 or number == last:
            old = node_hash(node, old)
            new = node_hash(node, new)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            new = node_hash(new, node)
        number >>= 1
        last >>= 1
    if last:
        raise ConsistencyError("The proof has fewer hashes than the tree has levels.")
    return old, new


def _range_root(start: int, end: int, get: GetSubtree) -> bytes:
    """The root over leaves ``start`` to ``end``, which begin at a multiple of their split."""
    node = b""
    pieces: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(get(level, start >> level))
        start += 1 << level
    for left in reversed(pieces):
        node = node_hash(left, node) if node else left
    return node


def _split(size: int) -> int:
    """The largest power of two below ``size``, which is 2 or more."""
    return 1 << ((size - 1).bit_length() - 1)


def _all_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == SHA256_BYTES for value in values)


def _hashes(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[at : at + SHA256_BYTES] for at in range(0, len(data), SHA256_BYTES))
