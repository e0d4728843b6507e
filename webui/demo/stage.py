"""The stage: members ask through the API, it must end as foreseen, and it is told line by line.

Every line is kept as soon as it was told, so that after an interruption the summary still knows why
something was not granted when it was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ledger.errors import OutsideError
from webui.demo.place import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from webui.demo.caller import Answered, Caller
    from webui.demo.company import Member
    from webui.demo.place import Story

Outcome = Literal["done", "waits", "granted", "not granted", "refused"]


class Stage:
    """Who can be asked to act (by key), under which ids, and what was told so far."""

    def __init__(
        self,
        callers: Mapping[str, Caller],
        actors: Mapping[str, str],
        story: Story,
        *,
        say: Callable[[str], None],
        keep: Callable[[Story], None],
    ) -> None:
        self.callers = callers
        self.actors = actors
        self.story = story
        self._told = {line.entry for line in story.lines}
        self._say = say
        self._keep = keep
        self._scene = ""

    def begin(self, scene: str) -> None:
        """Begin a scene."""
        self._scene = scene
        self._say(f"  {scene}")

    def do(
        self,
        member: Member,
        step: str,
        kind: str,
        fields: dict[str, Any],
        what: str,
        *,
        why: str = "",
    ) -> Answered:
        """Ask for something that must happen, and tell it."""
        answered = self.ask(member, step, kind, fields)
        self.tell(member, what, "done", answered, why)
        return answered

    def ask(
        self,
        member: Member,
        step: str,
        kind: str,
        fields: dict[str, Any],
        *,
        refused: bool = False,
    ) -> Answered:
        """Ask for something that must be allowed, or ``refused``."""
        answered = self.callers[member.key].submit(step, kind, fields)
        if (answered.outcome == "deny") != refused:
            wanted = "be refused" if refused else "be allowed"
            raise otherwise(step, wanted, answered.why)
        return answered

    def tell(
        self, member: Member, what: str, outcome: Outcome, answered: Answered, why: str = ""
    ) -> None:
        """Tell how something ended."""
        self.note(member, what, outcome, answered.entry, why)

    def note(self, member: Member, what: str, outcome: Outcome, entry: int, why: str = "") -> None:
        """Keep a line at once; one that was told before the interruption stays as it was told."""
        if entry not in self._told:
            self._told.add(entry)
            self.story.lines.append(Line(self._scene, member.name, what, outcome, entry, why))
            self._keep(self.story)


def otherwise(step: str, wanted: str, why: Sequence[str] = ()) -> OutsideError:
    """The error of a step that did not end as foreseen."""
    return OutsideError(
        f"The demonstration stopped at {step}: it should {wanted}, and did not. {' '.join(why)}",
        code="demo-stopped",
    )
