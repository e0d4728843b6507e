"""Events over HTTP: one per request and in batches, beside an unsigned audit row per request."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from flask import Flask, request
from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from bench.installation import installation, median, percentile, show, timed
from ledger.store.database import open_engine, writing
from webui.app import create_app
from webui.identity.scope import TokenScope
from webui.identity.tokens import create_token
from webui.server import Server

if TYPE_CHECKING:
    from bench.installation import Bench

CLIENTS = 32
EACH = 60


def hammer(name: str, database: str, url: str, path: str, token: str = "") -> float:
    """Many clients in another process; returns requests per second."""
    command = [sys.executable, "-m", "bench.load", url, path, str(CLIENTS), str(EACH), token]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    rate = CLIENTS * EACH / float(seen["total"])
    show(
        name,
        database=database,
        clients=CLIENTS,
        per_second=rate,
        p50_ms=1000 * median(seen["seconds"]),
        p99_ms=1000 * percentile(seen["seconds"], 0.99),
    )
    return rate


def unsigned_rows() -> float:
    """The peer: Flask and SQLAlchemy, one unsigned row per request under the same server."""
    with tempfile.TemporaryDirectory(prefix="counterseal-bench-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'rows.db'}")
        metadata = MetaData()
        row = Table(
            "audit", metadata, Column("id", Integer, primary_key=True), Column("what", String)
        )
        with writing(engine) as connection:
            metadata.create_all(connection)
        app = Flask("peer")

        @app.post("/rows")
        def add() -> dict[str, bool]:
            with writing(engine) as connection:
                connection.execute(insert(row).values(what=json.dumps(request.get_json())))
            return {"done": True}

        server = Server(app, host="127.0.0.1", port=0, threads=CLIENTS, https=False)
        server.start()
        try:
            return hammer("http.peer_unsigned_rows", "sqlite", server.url, "/rows")
        finally:
            server.stop()
            engine.dispose()


def _ok(answer: httpx.Response) -> None:
    answer.raise_for_status()


def _body(bench: Bench, number: int) -> dict[str, object]:
    event = bench.observation(number)
    return {"kind": event.kind, "event": event.facts()}


def events(bench: Bench, peer: float) -> None:
    """One per request, then batches of 500 lines."""
    app = create_app(bench.wiring)
    _, secret = create_token(
        bench.wiring,
        actor_id=bench.pipeline.id,
        label="bench",
        scope=TokenScope(kinds="*"),
        days=1,
        created_by=bench.pipeline.id,
    )
    server = Server(app, host="127.0.0.1", port=0, threads=CLIENTS, https=False)
    server.start()
    headers = {"Authorization": f"Bearer {secret}"}

    try:
        rate = hammer("http.one_per_request", bench.database, server.url, "/api/v1/events", secret)
        show("http.ratio", database=bench.database, to_unsigned_rows=rate / peer)
        with httpx.Client(base_url=server.url, timeout=60, headers=headers) as client:
            rates = []
            for _ in range(5):
                lines = [
                    json.dumps({**_body(bench, n), "idempotency_key": str(uuid.uuid4())})
                    for n in range(500)
                ]
                body = "\n".join(lines)
                kind = {"Content-Type": "application/x-ndjson"}

                def send(body: str = body, kind: dict[str, str] = kind) -> None:
                    _ok(client.post("/api/v1/events:batch", content=body, headers=kind))

                rates.append(500 / timed(send))
        show("http.batches", database=bench.database, batch=500, per_second=median(rates))
    finally:
        server.stop()


def run(urls: list[str]) -> None:
    """The peer once, then each database."""
    peer = unsigned_rows()
    for url in urls:
        with installation(url) as bench:
            events(bench, peer)
