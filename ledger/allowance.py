"""How much one actor may ask for in an hour, and how much of it is recorded as refused.

Rules:

* refusals: once an actor was refused so many times in an hour, each with an entry of its own, what
  would be refused is answered with 429 and recorded no more; what is allowed goes on. The same
  refusal again is no entry (``ledger.batch``) and counts nothing;
* commands: once an actor asked for so many in an hour, nothing more of theirs is decided;
* an hour is one of the clock, by the time that entries are recorded at. So at the turn of an hour
  twice as much fits within a short time; in a day it is never more than 24 times the limit;
* an actor is who is accountable: all credentials of one account share a limit. The service itself
  has none;
* counts stand in the database and change in the transaction that records, so they hold for all
  processes and doors; there is one row for each actor, whatever is asked. Who is not refused, where
  commands have no limit, costs nothing;
* how many were cut is kept until the next entry that records a refusal of the same actor, and
  stands there for ever (``unrecorded``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.errors import LimitError
from ledger.events.names import parse_instant
from ledger.store.hourly import Hourly, read_hourly, save_hourly

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.events.actor import Actor

_HOUR_SECONDS: Final = 3600
_MINUTE_SECONDS: Final = 60
_TO_THE_HOUR: Final = len("2026-01-01T00")
REFUSALS_AN_HOUR: Final = 1_000


@dataclass(frozen=True)
class Limits:
    """The most of one actor in an hour; 0 stands for no limit."""

    refusals: int = REFUSALS_AN_HOUR
    commands: int = 0


class Allowance:
    """What actors asked for, within one transaction that holds the log's head."""

    def __init__(
        self, connection: Connection, log_id: int, recorded_at: str, limits: Limits
    ) -> None:
        self._connection = connection
        self._log_id = log_id
        self._recorded_at = recorded_at
        self._hour = recorded_at[:_TO_THE_HOUR]
        self._limits = limits
        self._counts: dict[str, Hourly] = {}
        self._changed: set[str] = set()

    def ask(self, actor: Actor, commands: int) -> None:
        """Count commands of an actor, before they are decided.

        Raises:
            LimitError: ``too-many-commands``; they are counted as cut.
        """
        if not self._limits.commands or actor.type == "service":
            return
        now = self._of(actor.id)
        if now.asked + commands > self._limits.commands:
            raise self._over(
                "too-many-commands",
                f"At most {self._limits.commands} commands of one actor are taken in an hour.",
            )
        self._set(actor.id, replace(now, asked=now.asked + commands))

    def refuse(self, actor: Actor) -> int | None:
        """Count a refusal that becomes an entry; the number that were cut since the last one.

        Raises:
            LimitError: ``too-many-refusals``; there is to be no entry.
        """
        if not self._limits.refusals or actor.type == "service":
            return None
        now = self._of(actor.id)
        if now.refused >= self._limits.refusals:
            raise self._over(
                "too-many-refusals",
                f"The policy refused {self._limits.refusals} commands of this actor within an "
                "hour; further ones that it refuses are not recorded.",
            )
        self._set(actor.id, replace(now, refused=now.refused + 1, cut=0))
        return now.cut or None

    def mark(self) -> dict[str, Hourly]:
        """The counts as they are, for ``back_to``."""
        return dict(self._counts)

    def back_to(self, mark: dict[str, Hourly]) -> None:
        """Forget what was counted since: the commands that it was for were not recorded."""
        self._counts = mark

    def cut(self, actor: Actor, commands: int) -> None:
        """Count commands that were neither decided for their asker nor recorded."""
        now = self._of(actor.id)
        self._set(actor.id, replace(now, cut=now.cut + commands))

    def save(self) -> None:
        """Keep the counts, in the transaction."""
        rows = [(actor, self._counts[actor]) for actor in sorted(self._changed & set(self._counts))]
        save_hourly(self._connection, self._log_id, rows)

    def _of(self, actor: str) -> Hourly:
        if actor not in self._counts:
            kept = read_hourly(self._connection, self._log_id, actor)
            self._counts[actor] = kept or Hourly(self._hour)
        now = self._counts[actor]
        return now if now.hour == self._hour else Hourly(self._hour, cut=now.cut)

    def _set(self, actor: str, now: Hourly) -> None:
        self._counts[actor] = now
        self._changed.add(actor)

    def _over(self, code: str, sentence: str) -> LimitError:
        now = parse_instant(self._recorded_at)
        seconds = _HOUR_SECONDS - now.minute * _MINUTE_SECONDS - now.second
        return LimitError(
            sentence,
            code=code,
            remedy=f"Ask again in {-(-seconds // _MINUTE_SECONDS)} minutes.",
            seconds=seconds,
        )
