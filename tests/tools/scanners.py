"""bandit and detect-secrets over what is shipped: ``python -m tests.check scan``.

They live in an environment of their own, which is made where it is not there. What they find is
held against ``JUDGED``: a finding that is not in it fails, and so does one in it that is not found
any more. ruff's rules of the family S, which are bandit's own, judge each line in the lint already;
this is a second pair of eyes. pip-audit is there too, for whoever reaches an index of advisories:
``.venv/scanners-1/bin/pip-audit``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.tools.own_environment import own_environment

ROOT: Final = Path(__file__).resolve().parents[2]
WANTED: Final = ("bandit>=1.9,<2", "detect-secrets>=1.5,<2", "pip-audit>=2.9,<3")
SHIPPED: Final = ("ledger", "policies", "webui")
SECONDS: Final = 900

# Low findings of these rules are judged as a whole.
WHOLE: Final = {
    "B101": "assert tells the type checker what holds; each has its reason beside it",
    "B105": "names of fields, headers and words for people",
    "B106": "the name of a scheme",
    "B404": "programs are run with fixed words and no shell; B603 shows where",
    "B603": "each has its reason beside it",
    "B607": "git, found on the path of whoever runs the client",
}
JUDGED: Final = {
    ("B107", "webui/intake/sweep.py"): "no token, where the registry asks for none",
    ("B403", "webui/client/capture/pickled.py"): "pickletools reads opcodes and runs none",
    ("B405", "webui/reports/scene_svg.py"): "XML is written there, and none is read",
    ("B406", "webui/reports/pdf/metadata.py"): "only its escape() is used",
    ("B608", "ledger/store/rows.py"): "names of our own tables and columns, none from outside",
    ("B704", "webui/pages/comparing.py"): "a drawing whose painter has escaped every text",
    ("B704", "webui/pages/controls.py"): "the same",
    ("B704", "webui/pages/explorer.py"): "the same",
    ("B704", "webui/pages/lineage.py"): "the same",
    ("B704", "webui/pages/log.py"): "the same",
    ("B704", "webui/pages/models.py"): "the same",
    ("B704", "webui/pages/second_factor.py"): "a drawing of squares",
    ("B704", "webui/pages/timeline.py"): "a drawing whose painter has escaped every text",
    ("Slack Token", "docs/notices.md"): "an example of an address, without a secret",
}
# Digests stand everywhere in a ledger, so high entropy says nothing here.
_BLIND: Final = ("Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector")


def program(name: str) -> Path:
    """One of the commands, whose environment is made first where it is not there."""
    return own_environment("scanners-1", WANTED) / "bin" / name


def found_by_bandit() -> set[tuple[str, str]]:
    """Rules and files, but for what is judged as a whole."""
    told = _told([str(program("bandit")), "--quiet", "--format", "json", "-r", *SHIPPED])
    return {
        (one["test_id"], one["filename"].removeprefix("./"))
        for one in told["results"]
        if one["test_id"] not in WHOLE or one["issue_severity"] != "LOW"
    }


def found_by_detect_secrets() -> set[tuple[str, str]]:
    """Kinds of secret and files."""
    blind = [word for name in _BLIND for word in ("--disable-plugin", name)]
    told = _told([str(program("detect-secrets")), "scan", "-n", *blind, *SHIPPED, "docs", "bench"])
    return {(one["type"], file) for file, ones in told["results"].items() for one in ones}


def _told(command: list[str]) -> dict[str, Any]:
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        found: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        message = f"{command[0]} failed: {ended.stderr[-2000:]}"
        raise RuntimeError(message) from None
    return found


def main() -> int:
    """Scan, and say what is otherwise than judged; 0 where nothing is."""
    found = found_by_bandit() | found_by_detect_secrets()
    for rule, file in sorted(found - set(JUDGED)):
        print(f"not judged: {rule} in {file}")
    for rule, file in sorted(set(JUDGED) - found):
        print(f"judged, and not found any more: {rule} in {file}")
    return 0 if found == set(JUDGED) else 1


if __name__ == "__main__":
    sys.exit(main())
