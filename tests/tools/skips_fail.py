"""With ``COUNTERSEAL_NO_SKIPS=1`` a test that is skipped, or expected to fail, fails the run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge what a test reports."""
    return _judged((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge what a whole module reports: ``importorskip`` and its kin skip there."""
    return _judged((yield))


def _judged(report: Report) -> Report:
    if os.environ.get("COUNTERSEAL_NO_SKIPS") == "1" and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped or expected to fail: {report.longrepr}"
        vars(report).pop("wasxfail", None)
    return report
