"""Versions registered per second, beside MLflow in the same run and by turns.

Measured are MLflow's own store called directly; the same store behind the plugin, telling at once
and later (the time ends when everything is in the ledger); ``mlflow server`` over REST; and our own
API over HTTP, one version a request and 100 a request. All of ours are signed, decided by the
shipped policy and durable. Run in the tests' environment of MLflow.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import contextmanager, suppress
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

import httpx

from bench.installation import installation, show, timed, version
from bench.peer import ran
from bench.peers import PROGRAMS
from tests.tools.mlflow import HOME, environment, mlflow_python
from webui.app import create_app
from webui.identity.scope import TokenScope
from webui.identity.tokens import create_token
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TURNS: Final = 3
CLIENTS: Final = 8
EACH: Final = 60
ALONE: Final = 400
BATCH: Final = 100
_FIELDS: Final = ("data_sets", "code")
_SECONDS: Final = 600


def run(folder: Path, postgres: str) -> None:
    """On SQLite, then with MLflow's registry in a PostgreSQL."""
    folder.mkdir(parents=True, exist_ok=True)
    python = str(mlflow_python())
    with installation() as bench:
        _, token = create_token(
            bench.wiring,
            actor_id=bench.pipeline.id,
            label="bench",
            scope=TokenScope(kinds="*"),
            days=1,
            created_by=bench.pipeline.id,
        )
        server = Server(create_app(bench.wiring), host="127.0.0.1", port=0, threads=16, https=False)
        server.start()
        try:
            place = _Place(folder, python, server.url, token)
            place.measure("sqlite", lambda name: f"sqlite:///{folder / name}.db")
            # One database for both: each client registers a model of its own.
            place.measure("postgresql", lambda _: postgres.replace("+psycopg", ""))
        finally:
            server.stop()


class _Place:
    """Where MLflow's programs run, and the ledger that its plugin tells."""

    def __init__(self, folder: Path, python: str, url: str, token: str) -> None:
        self._folder = folder
        self._python = python
        self._url = url
        self._token = token

    def measure(self, database: str, own: Callable[[str], str]) -> None:
        """Everything by turns; prints medians and what they are of MLflow's own."""
        found: dict[str, list[float]] = {}
        ways: dict[str, Callable[[], float]] = {}
        for clients, each in ((1, ALONE), (CLIENTS, EACH)):
            store, plugin = own("own"), f"counterseal+{own('governed')}"
            ways[f"store_{clients}"] = partial(self._mlflow, store, clients, each)
            ways[f"plugin_at_once_{clients}"] = partial(self._mlflow, plugin, clients, each)
            ways[f"plugin_later_{clients}"] = partial(
                self._mlflow, plugin, clients, each, tell="later"
            )
        with self._mlflow_server(own("server")) as rest:
            ways[f"rest_{CLIENTS}"] = partial(self._mlflow, rest, CLIENTS, EACH)
            ways[f"http_{CLIENTS}"] = self._over_http
            ways["http_batches"] = self._in_batches
            for way in ways.values():
                way()  # makes tables, fills caches
            for _ in range(TURNS):
                for name, way in ways.items():
                    found.setdefault(name, []).append(way())
        rates = {name: median(seen) for name, seen in found.items()}
        show("registering", database=database, turns=TURNS, **rates)
        show(
            "registering.ratio",
            database=database,
            plugin_later_to_store=_ratio(found, "plugin_later_1", "store_1"),
            plugin_later_to_store_8=_ratio(found, "plugin_later_8", "store_8"),
            plugin_at_once_to_store=_ratio(found, "plugin_at_once_1", "store_1"),
            plugin_at_once_to_store_8=_ratio(found, "plugin_at_once_8", "store_8"),
            http_to_rest=_ratio(found, "http_8", "rest_8"),
            http_to_store=_ratio(found, "http_8", "store_8"),
            batches_to_rest=_ratio(found, "http_batches", "rest_8"),
            batches_to_store=_ratio(found, "http_batches", "store_8"),
        )

    def _mlflow(self, uri: str, clients: int, each: int, tell: str = "at-once") -> float:
        facts = json.dumps({name: version()[name] for name in _FIELDS})
        program = str(PROGRAMS / "mlflow_registering.py")
        words = (self._python, program, uri, str(clients), str(each), facts)
        variables = self._variables(COUNTERSEAL_MLFLOW_TELL=tell)
        where = os.getcwd()  # noqa: PTH109 (the program works in the folder of its files)
        os.chdir(self._folder)
        try:
            said = ran(words, _SECONDS, variables)
        finally:
            os.chdir(where)
        return clients * each / float(json.loads(said.splitlines()[-1])["total"])

    def _variables(self, **more: str) -> dict[str, str]:
        told = {
            "COUNTERSEAL_URL": self._url,
            "COUNTERSEAL_TOKEN": self._token,
            "COUNTERSEAL_SPOOL": str(self._folder / "spool"),
        }
        return environment(self._folder, **told, **more)

    @contextmanager
    def _mlflow_server(self, uri: str) -> Iterator[str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = (
            HOME / "bin" / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--backend-store-uri", uri,
        )  # fmt: skip
        variables = self._variables(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")
        quiet = subprocess.DEVNULL
        server = subprocess.Popen(
            words, cwd=self._folder, env=variables, stdout=quiet, stderr=quiet,
            start_new_session=True,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                with suppress(OSError):
                    urllib.request.urlopen(f"{url}/health", timeout=2).close()
                    break
                time.sleep(0.2)
            yield url
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)

    def _over_http(self) -> float:
        words = (
            sys.executable, "-m", "bench.load", self._url, "/api/v1/events",
            str(CLIENTS), str(EACH), self._token, "versions",
        )  # fmt: skip
        said = json.loads(ran(words, _SECONDS, dict(os.environ)))
        return CLIENTS * EACH / float(said["total"])

    def _in_batches(self) -> float:
        number = time.time_ns()
        lines = [
            json.dumps(
                {
                    "kind": "version.registered",
                    "event": version(f"1.{number}.{one}"),
                    "idempotency_key": str(uuid.uuid4()),
                }
            )
            for one in range(5 * BATCH)
        ]
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/x-ndjson",
        }
        with httpx.Client(base_url=self._url, timeout=60, headers=headers) as client:

            def send() -> None:
                for start in range(0, len(lines), BATCH):
                    body = "\n".join(lines[start : start + BATCH])
                    client.post("/api/v1/events:batch", content=body).raise_for_status()

            return len(lines) / timed(send)


def _ratio(found: dict[str, list[float]], ours: str, theirs: str) -> float:
    """The median of the ratios turn by turn: a busy machine slows both of a turn."""
    return median(a / b for a, b in zip(found[ours], found[theirs], strict=True))
