"""The register's word on a PDF: genuine, superseded, unsealed, altered, or not of this ledger.

Every report that was issued is an entry with the SHA-256 of its bytes before and after the seal, so
the word is found by digests alone: a file of a stranger is hashed and searched for text, and never
parsed. The seal only appends to the unsealed bytes. So whoever appends to a sealed file, or seals
it anew, leaves a beginning that the register knows; whoever changes a byte leaves, mostly, the
name of the report in its metadata.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ledger.core.digest import hex_digest
from ledger.state.aggregates import ReportState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.query import Reader

Word = Literal["genuine", "superseded", "unsealed", "altered", "not_ours"]
_NAME: Final = re.compile(rb"<dc:identifier>([a-z0-9][a-z0-9_-]{0,63})</dc:identifier>")
_END: Final = re.compile(rb"%%EOF[\r\n]{0,2}")
_MOST_ENDS: Final = 64


@dataclass(frozen=True)
class Judged:
    """What the register says of a file, and why, in a sentence that names entries.

    ``report`` is the report that the file is, or comes from; ``later`` the one that supersedes it.
    """

    word: Word
    sentence: str
    report: ReportState | None = None
    later: ReportState | None = None

    @property
    def genuine(self) -> bool:
        """Whether it is byte for byte a report that was issued, superseded or not."""
        return self.word in {"genuine", "superseded"}


def judge(reader: Reader, data: bytes) -> Judged:
    """Look a file up in the register of reports."""
    issued = list(reader.every(ReportState))
    digest = hex_digest(data)
    same = next((one for one in issued if one.sealed == digest), None)
    if same is not None:
        return _genuine(same, issued, digest)
    bare = next((one for one in issued if one.unsealed == digest), None)
    if bare is not None:
        said = (
            f"This is report {bare.report} (entry {bare.since}) without its electronic seal: its "
            f"SHA-256 {digest} is that of the bytes before they were sealed."
        )
        return Judged("unsealed", said, bare)
    return _derived(issued, data, digest)


def _genuine(same: ReportState, issued: list[ReportState], digest: str) -> Judged:
    said = (
        f"report {same.report}, issued {same.at} over the first {same.position} entries; entry "
        f"{same.since} names its SHA-256 {digest}"
    )
    later = next((one for one in issued if supersedes(one, same)), None)
    if later is None:
        return Judged("genuine", f"{said}.", same)
    more = f"{said}. Superseded by report {later.report}, issued {later.at}, entry {later.since}."
    return Judged("superseded", more, same, later)


def supersedes(later: ReportState, earlier: ReportState) -> bool:
    """Whether a report says anew what an earlier one said: the same kind and scope, later.

    The period may have grown; one that leaves out days says less and replaces nothing.
    """
    return (
        later.since > earlier.since
        and later.framework == earlier.framework
        and set(later.models) == set(earlier.models)
        and (later.environments or ("production",)) == (earlier.environments or ("production",))
        and later.sample == earlier.sample
        and later.period_from <= earlier.period_from
        and later.period_until >= earlier.period_until
    )


def _derived(issued: list[ReportState], data: bytes, digest: str) -> Judged:
    """What a file that no entry names was made from."""
    beginnings = set(_beginnings(data))
    for one in issued:
        if one.sealed in beginnings:
            return _altered(one, "something was added behind its end")
        if one.unsealed in beginnings:
            return _altered(one, "its seal was taken off, changed or put on by somebody else")
    named = {found.decode("ascii") for found in _NAME.findall(data)}
    for one in issued:
        if one.report in named:
            return _altered(one, f"its SHA-256 is {digest}, the entry names {one.sealed}")
    said = (
        f"No entry of this ledger names its SHA-256 {digest}, and it names no report of this "
        "ledger. It is not ours, or it was altered beyond recognition."
    )
    return Judged("not_ours", said)


def _altered(report: ReportState, how: str) -> Judged:
    said = f"It was made from report {report.report} (entry {report.since}) and altered: {how}."
    return Judged("altered", said, report)


def _beginnings(data: bytes) -> Iterator[str]:
    """The SHA-256 of the file up to each place where a revision of a PDF may end."""
    taken, at = hashlib.sha256(), 0
    for number, found in enumerate(_END.finditer(data)):
        if number >= _MOST_ENDS:
            return
        for end in range(found.start() + 5, found.end() + 1):
            taken.update(data[at:end])
            at = end
            yield taken.hexdigest()
