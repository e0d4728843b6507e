"""schemathesis sends to every route what the description allows, and much that it does not.

Nothing may break the service, and nothing may be answered that is not described: with the token of
an administrator, and without any. The examples are the same each time. A longer run, with the
whole coverage phase (some ten thousand requests) and other examples each time:

    COUNTERSEAL_SCHEMATHESIS_SECONDS=600 python -m pytest tests/webui/api/test_schemathesis.py
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tools.schemathesis import program
from tests.webui.api.company import found
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webui.api.company import Company
    from tests.webui.house import House

SECONDS = int(os.environ.get("COUNTERSEAL_SCHEMATHESIS_SECONDS", "0"))
HOOKS = Path(__file__).parents[2] / "tools" / "schemathesis_lines.py"
# Left out are `negative_data_rejection` and `positive_data_acceptance`, which take the description
# for all there is to say, where whether a command is possible depends on the ledger; and the
# stateful checks, which need links between operations.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
# One body that may be any command of some sixty takes ten thousand requests to cover.
MANY_BODIES = r"/(events|events:batch|decide)$"


@pytest.fixture(scope="module")
def served(shared_house: House) -> Iterator[tuple[Company, Server]]:
    company = found(shared_house)
    company.deployed()
    server = Server(shared_house.app)
    server.start()
    yield company, server
    server.stop()


def content(server: Server, folder: Path, *more: str) -> None:
    """Fail with what schemathesis finds."""
    same = ("--seed", "20261130", "--generation-deterministic")
    other = ("--generation-database", "none", "--max-time", str(SECONDS))
    ended = subprocess.run(
        [
            program(), "run", f"{server.url}/api/openapi.json",
            "--checks", ",".join(CHECKS), "--continue-on-failure", "--no-color", "--no-shrink",
            "--suppress-health-check", "all", "--warnings", "off",
            *(other if SECONDS else same), *more,
        ],
        cwd=folder, capture_output=True, text=True, timeout=2 * SECONDS + 240, check=False,
        env={**os.environ, "NO_PROXY": "localhost", "SCHEMATHESIS_HOOKS": str(HOOKS)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-4_000:]


@pytest.mark.timeout(2 * SECONDS + 300)
@pytest.mark.parametrize("known", [True, False], ids=["with a token", "without a token"])
def test_nothing_that_can_be_sent_breaks_the_api(
    served: tuple[Company, Server], tmp_path: Path, known: bool
) -> None:
    company, server = served
    secret = company.house.token(company.house.administrator)
    header = ("--header", f"Authorization: Bearer {secret}") if known else ()
    if SECONDS:
        content(server, tmp_path, "--phases", "coverage,fuzzing", *header)
        return
    content(server, tmp_path, "--phases", "fuzzing", "-n", "3", *header)
    if known:  # without a token the door answers, whatever is covered
        covered = ("--phases", "coverage", "--exclude-path-regex", MANY_BODIES)
        content(server, tmp_path, *covered, *header)
