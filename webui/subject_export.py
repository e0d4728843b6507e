"""What the ledger holds of one person (GDPR Art. 15): their data, and every entry with their part.

An entry is told where the person made it, where it names the person's id, or where a private text
in it is the person's. Only their own texts are opened; other people stand as their random ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.events.entry import decode_entry
from ledger.store.database import reading
from ledger.store.entries import read_head, scan_entries
from webui.identity.feeds import told_of

if TYPE_CHECKING:
    from ledger.events.entry import Entry
    from webui.wiring import Wiring

FORMAT: Final = "counterseal-subject-export/1"
_PAGE: Final = 1_000


def subject_export(wiring: Wiring, actor_id: str) -> dict[str, Any]:
    """Everything about a person, as plain JSON.

    Raises:
        UnknownSubjectError: no such actor.
        IntegrityError: a text does not open, or is not what its entry is bound to.
    """
    reader, log = wiring.reader, wiring.log
    person = reader.person(actor_id)
    mark = actor_id.encode("ascii")
    entries: list[dict[str, Any]] = []
    with reading(wiring.engine) as connection:
        head = read_head(connection, log.log_id)
        mine = {at for at, _ in log.vault.places_of(connection, actor_id)}
    for start in range(0, head.size, _PAGE):
        with reading(wiring.engine) as connection:
            stop = min(start + _PAGE, head.size)
            for row in scan_entries(connection, log.log_id, start, stop):
                entry = decode_entry(row[1])
                parts = _parts(entry, mark, actor_id)
                if not parts and row[0] not in mine:
                    continue
                own = [item for item in entry.commitments if item.subject == actor_id]
                texts = log.vault.read(connection, entry.sequence, own)
                entries.append(_told(entry, parts, texts))
    return {
        "format": FORMAT,
        "ledger": log.origin,
        "position": head.size,
        "root": head.root.hex(),
        "made_at": wiring.now().isoformat(timespec="seconds"),
        "subject": {
            "actor_id": actor_id,
            "type": person.actor.type,
            "name": person.name or None,
            "email": person.email or None,
            "erased_by_entry": person.erased,
            "roles": [held.role for held in person.actor.roles],
            "other_accounts": list(person.actor.alike),
            "told_by_feeds": told_of(wiring, actor_id),
        },
        "about": _ABOUT,
        "entries": entries,
    }


_ABOUT: Final = {
    "purposes": "To show who decided what about machine-learning models, and to prove it later.",
    "recipients": "Whoever may read this ledger, and auditors who are given reports and copies.",
    "source": "The entries; name and address as given at enrolment, or as put right later; and "
    "lists of people or identity providers, as named.",
    "storage": "Until erased; the policy's retention rules and holds say what is kept, and why.",
    "rights": "Rectification (Art. 16), erasure (Art. 17), complaint to a supervisory authority.",
    "not_here": "Files outside this ledger: issued reports, backups, notices that were sent.",
}


def subject_export_json(wiring: Wiring, actor_id: str) -> bytes:
    """The export as a JSON file for people and programs."""
    return orjson.dumps(subject_export(wiring, actor_id), option=orjson.OPT_INDENT_2) + b"\n"


def _parts(entry: Entry, mark: bytes, actor_id: str) -> list[str]:
    """How the person has a part in an entry."""
    parts = ["made it"] if entry.actor.id == actor_id else []
    if mark in orjson.dumps(entry.event.facts()):
        parts.append("named in it")
    return parts


def _told(entry: Entry, parts: list[str], texts: dict[str, str | None]) -> dict[str, Any]:
    told = {name: text if text is not None else "(erased)" for name, text in texts.items()}
    return {
        "entry": entry.sequence,
        "kind": entry.kind,
        "recorded_at": entry.recorded_at,
        "part": parts or ["a text of theirs"],
        "event": entry.event.facts(),
        "texts": told,
    }
