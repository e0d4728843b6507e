"""An emergency of the demonstration: proposed, agreed to, opened, closed unused, and reviewed.

Its end depends on the clock, so a story that is played on takes what was proposed before it was
interrupted, and proposes nothing twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger import clock
from ledger.events.names import format_instant
from webui.demo.company import BO, CHI, FINN

if TYPE_CHECKING:
    from webui.demo.stage import Stage

_HOURS: Final = 3
_KIND: Final = "exception.opened"


class Emergency:
    """Finn wants a way around the rules for some hours; Bo agrees; Chi looks at it afterwards."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def play(self, model: str) -> None:
        """All of it."""
        stage, finn = self._stage, self._stage.callers[FINN.key]
        made = [one for one in finn.get("changes")["items"] if one["proposed"] == _KIND]
        number = int(made[0]["since"]) if made else self._propose(model)
        told = finn.get(f"changes/{number}")
        stage.note(FINN, f"proposes an exception for {model} in production", "waits", number)
        word = {"change": number, "command": told["change"]["command"], "comment": "Until noon."}
        stage.do(BO, "emergency/agree", "change.approved", word, "agrees to the exception")
        fields = {**told["event"], **told["texts"]}
        opened = stage.do(FINN, "emergency/open", _KIND, fields, "opens it, as it was proposed")
        account = "Nothing was deployed under it: the instrument was recalibrated."
        closed = {"exception": opened.entry, "account": account}
        stage.do(FINN, "emergency/close", "exception.closed", closed, "closes it", why=account)
        # The review that an exception owes stands right behind it.
        review = {"review": opened.entry + 1, "finding": "accepted", "comment": "It was not used."}
        stage.do(CHI, "emergency/review", "review.completed", review, "reviews it and accepts it")

    def _propose(self, model: str) -> int:
        until = clock.now() + timedelta(hours=_HOURS)
        event = {
            "model": model,
            "environment": "production",
            "until": format_instant(until),
            "uses": 1,
            "review_by": format_instant(until + timedelta(days=2)),
            "incident": "INC-1042",
            "reason": "A clinic's instrument drifts; a patched version may have to go out today.",
        }
        fields = {"proposed": _KIND, "event": event}
        return self._stage.ask(FINN, "emergency/propose", "change.proposed", fields).entry
