"""A page as a reader of its structure sees it: headings, forms, labels, attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

UNLABELLED = {"hidden", "submit"}
FIELDS = {"input", "select", "textarea"}


@dataclass
class Form:
    """Where a form goes, by which method, and the names of its fields."""

    action: str
    method: str
    fields: list[str] = field(default_factory=list)


class PageRead(HTMLParser):
    """What is wrong with a page, and its forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.unnamed: list[str] = []
        self.inline: list[str] = []
        self.captionless: list[str] = []
        self._fields: list[tuple[str, str]] = []
        self._in_label = 0
        self._scripts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.inline += [f"{tag} {name}" for name in found if name == "style" or name[:2] == "on"]
        if tag == "script" and "src" not in found:
            self.inline.append("script")
        if "id" in found:
            self.ids.append(found["id"])
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(int(tag[1]))
        if tag == "label":
            self._in_label += 1
            self.labelled.add(found.get("for", ""))
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), found.get("method", "get")))
        if tag in FIELDS and self.forms:
            self.forms[-1].fields.append(found.get("name", ""))
        if tag in FIELDS and found.get("type") not in UNLABELLED and not self._in_label:
            self._fields.append((found.get("id", ""), found.get("name", "")))
        if tag == "th" and "scope" not in found:
            self.captionless.append(str(found))

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._in_label -= 1

    def faults(self) -> list[str]:
        """Everything that a careful reader would complain about."""
        found = [f"inline: {item}" for item in self.inline]
        found += [f"no scope: {item}" for item in self.captionless]
        found += [f"no label: {name}" for id_, name in self._fields if id_ not in self.labelled]
        found += [f"id twice: {item}" for item in set(self.ids) if self.ids.count(item) > 1]
        if self.headings.count(1) != 1 or self.headings[0] != 1:
            found.append(f"headings: {self.headings}")
        steps = zip(self.headings, self.headings[1:], strict=False)
        found += [f"heading skipped: {a} to {b}" for a, b in steps if b > a + 1]
        found += [
            f"no csrf token: {form.action}"
            for form in self.forms
            if form.method == "post" and "csrf_token" not in form.fields
        ]
        return found
