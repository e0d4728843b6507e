"""What the demonstration prints at its end: what happened, the reports, the proof, the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from ledger.audit import Audit
    from webui.demo.place import Issued, Line, Story
    from webui.demo.seals import Seal

NARROWEST: Final = 110
_STYLES: Final = {"granted": "bold green", "not granted": "bold red", "refused": "bold red"}
_SOUND: Final = {True: "bold green", False: "bold red"}


def print_summary(
    console: Console, story: Story, reports: Path, found: Audit, seals: Mapping[str, Seal]
) -> None:
    """Print what happened, the reports with their verdicts, and what was verified."""
    console.print(_happened(story.lines))
    console.print(_reports(story.reports, reports, seals))
    console.print(_verified(found), soft_wrap=True)


def print_way_in(
    console: Console, url: str, links: Sequence[tuple[str, str, str]], minutes: int
) -> None:
    """Print the address and a one-time sign-in link for each person, as (name, duty, URL).

    Links stand on lines of their own and are never wrapped, so that they can be copied.
    """
    console.print()
    console.print(
        Text(f"Open {url}. Each link signs one person in, once, within {minutes} minutes:")
    )
    for name, duty, link in links:
        console.print(Text(f"  {name} ({duty})"))
        console.print(Text(f"    {link}"), soft_wrap=True)


def _happened(lines: Sequence[Line]) -> Table:
    table = Table(title="What happened", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("Entry", justify="right", no_wrap=True)
    table.add_column("Who", no_wrap=True)
    table.add_column("What", min_width=40)
    table.add_column("Outcome", no_wrap=True)
    scene = ""
    for line in lines:
        if line.scene != scene:
            scene = line.scene
            table.add_section()
            table.add_row("", "", Text(scene, style="bold"), "")
        what = Text(line.what)
        if line.why:
            what.append(f"\n{line.why}", style="dim")
        outcome = Text(line.outcome, style=_STYLES.get(line.outcome, ""))
        table.add_row(str(line.entry), line.who, what, outcome)
    return table


def _reports(issued: Mapping[str, Issued], folder: Path, seals: Mapping[str, Seal]) -> Table:
    title = Text(f"Reports, in {folder}", style="italic")
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("File", no_wrap=True)
    table.add_column("Entry", justify="right")
    table.add_column("Pages", justify="right")
    table.add_column("Verdicts")
    table.add_column("Seal", no_wrap=True)
    for framework, one in issued.items():
        verdicts = ", ".join(
            f"{number} {name.replace('_', ' ')}" for name, number in one.verdicts.items() if number
        )
        seal = Text(seals[framework].sentence, style=_SOUND[seals[framework].sound])
        table.add_row(one.file, str(one.entry), str(one.pages), verdicts, seal)
    return table


def _verified(found: Audit) -> Text:
    counts = found.counts
    text = Text(
        f"Verified: {counts.entries} entries, {counts.signatures} signatures, "
        f"{counts.checkpoints} checkpoints, {counts.rows} registry rows, "
        f"{counts.private_texts} private texts.\nSize {found.size}, root {found.root.hex()}\n"
    )
    for problem in found.problems:
        text.append(f"{problem.table} {problem.sequence}: {problem.sentence}\n", style="bold red")
    verdict = "Everything verifies." if found.sound else "NOT VERIFIED."
    return text.append(verdict, style=_SOUND[found.sound])
