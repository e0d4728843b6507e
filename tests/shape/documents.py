"""The documents that are written from the code: ``python -m tests.shape`` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ledger.events.catalogue import CATALOGUE
from policies import document_schema
from policies.bundle import bundle_schema
from policies.controls.coverage import controls_for
from policies.controls.mapping import framework_schema
from webui.cli.exit_codes import ExitCode
from webui.client.settings import CLIENT_SETTINGS
from webui.settings import SETTINGS

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
GENERATED: Final = "<!-- Written from the code by `python -m tests.shape`; a test compares. -->"

POLICY_CHANGES: Final = (
    "A change of policy is proposed, agreed to, refused and taken back by the kinds `change.*`, as every\n"
    "change that others must agree to is (so there is no `policy.proposed` or `policy.approved`), and put\n"
    "in force by `policy.activated`."
)


def events() -> str:
    """docs/events.md: every kind, its fields, and where it goes."""
    parts = ["# The kinds of event", "", GENERATED, "", POLICY_CHANGES, ""]
    for name, kind in sorted(CATALOGUE.items()):
        parts += [f"## {name}", "", _first_paragraph(kind.__doc__), ""]
        parts += [f"Predicate type: `{kind.predicate_type()}`"]
        if kind.written_by_submit:
            parts += ["", "Written by the ledger itself; it can't be submitted."]
        parts += ["", "| field | | type |", "|---|---|---|"]
        properties = kind.model_json_schema()["properties"]
        for field, info in kind.model_fields.items():
            needed = "required" if info.is_required() else ""
            where = "vault" if field in kind.private_fields() else needed
            parts.append(f"| `{field}` | {where} | {_type(properties[field])} |")
        parts += ["", f"Controls that look at it: {', '.join(controls_for(name)) or 'none'}.", ""]
    return "\n".join(parts)


def settings() -> str:
    """docs/settings.md: what an operator may set, and what exit codes mean."""
    parts = ["# Settings and exit codes", "", GENERATED, "", "| variable | meaning |", "|---|---|"]
    parts += [f"| `{name}` | {about} |" for name, about in {**SETTINGS, **CLIENT_SETTINGS}.items()]
    parts += ["", "| exit code | meaning |", "|---|---|"]
    parts += [f"| {code.value} | {code.meaning} |" for code in ExitCode]
    parts += ["", "`gate`, `wait` and `whynot` have a table of their own, told by their `--help`:"]
    parts += ["0 yes, 1 no, 2 it can't be told. Whatever fails, `gate` never ends with 0."]
    return "\n".join([*parts, ""])


def policy_schema() -> str:
    """docs/policy.schema.json: policy documents as people write them, for editors."""
    return json.dumps(document_schema(), indent=1) + "\n"


def bundle_schema_text() -> str:
    """docs/policy-bundle.schema.json: bundles as people write them, for editors."""
    return json.dumps(bundle_schema(), indent=1) + "\n"


def framework_schema_text() -> str:
    """docs/framework.schema.json: rows of controls as people write them, for editors."""
    return json.dumps(framework_schema(), indent=1) + "\n"


FILES: Final = {
    "framework.schema.json": framework_schema_text,
    "events.md": events,
    "settings.md": settings,
    "policy.schema.json": policy_schema,
    "policy-bundle.schema.json": bundle_schema_text,
}


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def _type(schema: dict[str, Any]) -> str:
    choices = [item for item in schema.get("anyOf", [schema]) if item.get("type") != "null"]
    return " or ".join(_one_type(item) for item in choices)


def _one_type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{item}`" for item in schema["enum"])
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if schema.get("type") == "array":
        return f"list of {_one_type(schema['items'])}"
    pattern = schema.get("pattern")
    shown = f" `{pattern}`".replace("|", "\\|") if pattern else ""
    return f"{schema.get('type', 'object')}{shown}"
