"""The guide to the policy tools: its example runs, and it names every finding."""

from __future__ import annotations

import re
from pathlib import Path

from policies.cases import load_cases
from policies.stage import set_stages
from policies.trial import try_cases
from tests.world import shipped_policy

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "policy-tools.md").read_text(encoding="utf-8")


def test_the_cases_of_the_guide_come_out() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    read, lines = load_cases(example, "guide")
    trial = try_cases(shipped_policy(), set_stages(read, lines, shipped_policy(), "guide"))
    assert trial.cases == 4
    assert [one.problems for one in trial.failures] == []


def test_the_guide_names_every_finding_of_the_doctor() -> None:
    source = "".join(
        (ROOT / "policies" / name).read_text(encoding="utf-8")
        for name in ("doctor.py", "staffing.py")
    )
    codes = set(re.findall(r'"(?:error|warning|note)",\s*"([a-z-]+)"', source)) - {"warning"}
    table = GUIDE.split("## Explain")[0].split("## Check")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert len(codes) > 10
    assert codes == set(re.findall(r"`([a-z-]+)`", "".join(rows)))
