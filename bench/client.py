"""The other end of the API: how fast the gate starts and answers, how fast capture hashes.

* start-up: CPU time of ``counterseal gate`` that finds no server, the least of several runs;
* the gate beside a health page: the same server, a fresh connection for each question;
* hashing beside ``sha256sum``: one file, from the page cache.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import urllib.request
from statistics import median
from typing import TYPE_CHECKING

from bench.installation import show
from webui.client.capture.artifact import digest_of
from webui.client.client import Client

if TYPE_CHECKING:
    from pathlib import Path

RUNS = 8
ASKED = 100
BYTES = 512 * 1024 * 1024


def run(folder: Path) -> None:
    """Measure all three."""
    folder.mkdir(parents=True, exist_ok=True)
    show("client.start", cpu_ms=min(_start() for _ in range(RUNS)) * 1000)
    health, curl, gate = _served(folder / "home")
    show(
        "client.gate",
        health_ms=health * 1000,
        curl_ms=curl * 1000,
        gate_ms=gate * 1000,
        times_curl=gate / curl,
    )
    ours, theirs = _hashing(folder / "artifact")
    show("client.hash", mb_per_second=BYTES / ours / 1e6, of_sha256sum=theirs / ours)


def _start() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = "from webui.cli.main import main; main()"
    environment = {
        **os.environ, "COUNTERSEAL_URL": "http://127.0.0.1:1", "COUNTERSEAL_TOKEN": "cst_x",
    }  # fmt: skip
    words = [sys.executable, "-c", program, "gate", "churn", "1.0.0", "--to", "production"]
    subprocess.run(words, env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _served(home: Path) -> tuple[float, float, float]:
    """Medians of a health page, of curl asking for it, and of the gate, asked in turn.

    Each has a connection of its own; curl is a process of its own, too.
    """
    from tests.webui.api.company import ARTIFACT, found
    from tests.webui.house import build
    from webui.server import Server

    house = build(home)
    company = found(house)
    company.registered()
    vote = {"release": company.requested(), "artifact": ARTIFACT}
    assert company.lead.submit("release.approved", vote).status_code == 201
    server = Server(house.app, host="127.0.0.1", port=0, threads=4, https=False)
    server.start()
    client = Client(server.url, company.operator.secret)
    health, curl, gate = [], [], []
    for _ in range(ASKED):
        start = time.perf_counter()
        with urllib.request.urlopen(f"{server.url}/healthz") as answer:
            answer.read()
        health.append(time.perf_counter() - start)
        start = time.perf_counter()
        subprocess.run(["curl", "-s", f"{server.url}/healthz"], check=True, capture_output=True)
        curl.append(time.perf_counter() - start)
        start = time.perf_counter()
        assert client.gate("churn", "1.0.0", "staging").allowed
        gate.append(time.perf_counter() - start)
    server.stop()
    house.wiring.close()
    return median(health), median(curl), median(gate)


def _hashing(file: Path) -> tuple[float, float]:
    """Seconds of ours and of sha256sum, the least of three each."""
    file.write_bytes(os.urandom(1024 * 1024) * (BYTES // (1024 * 1024)))
    ours, theirs = [], []
    for _ in range(3):
        start = time.perf_counter()
        digest_of(file)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        subprocess.run(["sha256sum", str(file)], check=True, capture_output=True)
        theirs.append(time.perf_counter() - start)
    file.unlink()
    return min(ours), min(theirs)
