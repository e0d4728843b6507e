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

_STYLES: Final = {"done": "green", "granted": "bold green", "refused": "bold red"}


def print_summary(
    console: Console, story: Story, reports: Path, found: Audit, seals: Mapping[str, Seal]
) -> None:
    """Print what happened, the reports with their verdicts, and what was verified."""
    console.print(_happened(story.lines))
    console.print(_reports(story.reports, reports, seals))
    console.print(_verified(found))


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
    table = Table(title="What happened", box=box.SIMPLE_HEAD, title_justify="left", expand=False)
    table.add_column("Entry", justify="right", no_wrap=True)
    table.add_column("Who", no_wrap=True)
    table.add_column("What")
    table.add_column("Outcome", no_wrap=True)
    for line in lines:
        what = Text(line.what)
        if line.why:
            what.append(f"\n{line.why}", style="dim")
        outcome = Text(line.outcome, style=_STYLES.get(line.outcome, ""))
        table.add_row(str(line.entry), line.who, what, outcome)
    return table


def _reports(issued: Mapping[str, Issued], folder: Path, seals: Mapping[str, Seal]) -> Table:
    table = Table(title="Reports", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("File", no_wrap=True)
    table.add_column("Entry", justify="right")
    table.add_column("Pages", justify="right")
    table.add_column("Verdicts")
    table.add_column("Seal")
    for framework, one in issued.items():
        verdicts = ", ".join(
            f"{number} {name.replace('_', ' ')}" for name, number in one.verdicts.items() if number
        )
        seal = seals[framework]
        table.add_row(
            str(folder / one.file),
            str(one.entry),
            str(one.pages),
            verdicts,
            Text(seal.sentence, style="green" if seal.sound else "bold red"),
        )
    return table


def _verified(found: Audit) -> Text:
    counts = found.counts
    text = Text(
        f"Verified: {counts.entries} entries, {counts.signatures} signatures, "
        f"{counts.checkpoints} checkpoints, {counts.rows} registry rows, "
        f"{counts.private_texts} private texts; size {found.size}, root {found.root.hex()}\n"
    )
    if found.sound:
        return text.append("Everything verifies.", style="bold green")
    for problem in found.problems:
        text.append(f"{problem.table} {problem.sequence}: {problem.sentence}\n", style="bold red")
    return text.append("NOT VERIFIED.", style="bold red")
