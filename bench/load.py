"""Many clients in a process of their own.

``python -m bench.load URL PATH CLIENTS EACH TOKEN [versions]``

Each client sends one request after the other over one connection: a metric, or with ``versions`` a
version of a number of its own. Prints the seconds of each request and of the whole as one JSON
line. Traffic goes to the address given, on loopback.
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
import uuid
from http.client import HTTPConnection
from urllib.parse import urlsplit

from bench.installation import version

METRIC = {
    "name": "accuracy",
    "value": "0.931",
    "data_set": "live",
    "held_out": True,
    "higher_is_better": True,
}
BODY = {
    "kind": "metrics.observed",
    "event": {
        "model": "churn",
        "version": "1.0.0",
        "phase": "monitoring",
        "environment": "production",
        "metrics": [METRIC],
    },
}


def _metrics(each: int) -> list[str]:
    return [json.dumps(BODY)] * each


def _versions(each: int) -> list[str]:
    own = secrets.randbelow(10**9)
    events = (version(f"{own}.{number}.0") for number in range(each))
    return [json.dumps({"kind": "version.registered", "event": event}) for event in events]


def client(url: str, path: str, bodies: list[str], token: str, seconds: list[float]) -> None:
    """Send requests one after the other and note how long each took."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for one in bodies:
        headers["Idempotency-Key"] = str(uuid.uuid4())
        start = time.perf_counter()
        connection.request("POST", path, one, headers)
        answer = connection.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - start)
        if answer.status >= 300:
            raise SystemExit(f"{answer.status} from {path}")


def main(url: str, path: str, clients: str, each: str, token: str, *what: str) -> None:
    """Run all clients and print what they saw."""
    seconds: list[float] = []
    bodies = _versions if what else _metrics
    workers = [
        threading.Thread(target=client, args=(url, path, bodies(int(each)), token, seconds))
        for _ in range(int(clients))
    ]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    total = time.perf_counter() - start
    sys.stdout.write(json.dumps({"total": total, "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
