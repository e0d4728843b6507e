"""``counterseal monthly``: begun, listed, ended at the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]


def test_a_monthly_report_is_begun_listed_and_ended(installed: Run) -> None:
    invited = installed(
        "people", "invite", "--name", "Bo", "--email", "bo@example.org", "--role", "administrator"
    )
    assert invited.exit_code == 0, invited.stderr
    row = next(line for line in installed("people", "list").stdout.splitlines() if "Bo" in line)
    found = re.search("[0-9a-f]{32}", row)
    assert found is not None
    made = installed("monthly", "add", "integrity", "--to", found[0])
    assert made.exit_code == 0, made.stderr
    number = made.stdout.split(":")[0]
    listed = installed("monthly", "list").stdout
    assert f"{number}  integrity" in listed
    assert "Bo" in listed
    assert installed("monthly", "end", number).stdout == f"{number} is ended.\n"
    assert number not in installed("monthly", "list").stdout
    assert installed("monthly", "end", number).exit_code == 2
    assert installed("monthly", "add", "integrity").exit_code == 2
