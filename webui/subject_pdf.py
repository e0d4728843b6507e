"""The export for one person as a PDF that a person can read, with the JSON inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.events.names import parse_instant
from webui.reports.assemble.words import KIND_WORDS, minute
from webui.reports.model import (
    Callout,
    Column,
    KeyValue,
    KeyValues,
    Paragraph,
    Report,
    Section,
    Table,
)
from webui.reports.pdf.attachment import Attachment
from webui.reports.pdf.render import render_pdf
from webui.subject_export import subject_export
from webui.wiring import generator

if TYPE_CHECKING:
    from webui.wiring import Wiring

_COLUMNS: Final = (
    Column("Entry", 1, "right"),
    Column("When (UTC)", 2),
    Column("What happened", 3),
    Column("Your part", 2),
    Column("Your own words", 5),
)
_FILE: Final = "personal-data.json"
_TITLES: Final = {
    "purposes": "What it is for",
    "recipients": "Who is given it",
    "source": "Where it comes from",
    "storage": "How long it is kept",
    "rights": "What else you may ask for",
    "not_here": "What is not in here",
}


def subject_pdf(wiring: Wiring, actor_id: str) -> bytes:
    """Everything about a person, drawn; the same as ``subject_export``, which is attached.

    Raises:
        UnknownSubjectError: no such actor.
    """
    made = subject_export(wiring, actor_id)
    data = orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n"
    attached = Attachment(_FILE, "application/json", "The same, for programs", data)
    return render_pdf(_report(wiring, made), [attached]).data


def _report(wiring: Wiring, made: dict[str, Any]) -> Report:
    entries = made["entries"]
    last = parse_instant(wiring.reader.head().recorded_at).replace(microsecond=0)
    first = parse_instant(entries[0]["recorded_at"]).date() if entries else last.date()
    return Report(
        title="Your personal data in this ledger",
        subtitle="Copy under Article 15 of the General Data Protection Regulation",
        framework="GDPR",
        scope=f"One person, {made['subject']['actor_id']}",
        report_id=f"subject-{made['subject']['actor_id'][:8]}-{made['position']}",
        origin=made["ledger"],
        position=made["position"],
        head=made["root"],
        period_from=first,
        period_to=last.date(),
        generated_at=last,
        generator=generator(),
        sections=(_who(made["subject"]), _about(made["about"]), _entries(entries)),
        classification="Personal",
        watermark="DEMO DATA" if wiring.is_demo else None,
    )


def _who(subject: dict[str, Any]) -> Section:
    erased = subject["erased_by_entry"]
    rows = (
        KeyValue("Name", subject["name"] or ("erased" if erased is not None else "not known")),
        KeyValue("E-mail", subject["email"] or ("erased" if erased is not None else "not known")),
        KeyValue("Id in the ledger", subject["actor_id"], mono=True),
        KeyValue("Roles now", ", ".join(subject["roles"]) or "none"),
        KeyValue("Other accounts", ", ".join(subject["other_accounts"]) or "none", mono=True),
        KeyValue(
            "Told of by",
            ", ".join(one["by"] for one in subject["told_by_feeds"]) or "none",
            mono=True,
        ),
    )
    note = (
        f"Name, address and texts were erased by entry {erased}; what is left can't be read back."
        if erased is not None
        else "Other people stand here by their ids alone. The entries can't be changed; what is "
        "wrong in name or address is put right by a new entry."
    )
    return Section("Who you are here", (KeyValues(rows), Callout("note", note)))


def _about(about: dict[str, str]) -> Section:
    rows = tuple(KeyValue(_TITLES[key], text) for key, text in about.items())
    return Section("What this is about", (KeyValues(rows),))


def _entries(entries: list[dict[str, Any]]) -> Section:
    rows = tuple(
        (
            str(item["entry"]),
            minute(item["recorded_at"]),
            KIND_WORDS.get(item["kind"], item["kind"]),
            ", ".join(item["part"]),
            "; ".join(f"{name}: {text}" for name, text in item["texts"].items()),
        )
        for item in entries
    )
    if not rows:
        return Section("Entries", (Paragraph("No entry is of you or names you."),))
    lead = f"{len(rows):,} entries that you made, that name you, or that hold a text of yours."
    return Section("Entries", (Paragraph(lead), Table(_COLUMNS, rows)))
