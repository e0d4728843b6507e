"""Many clients in a process of their own: ``python -m bench.load URL PATH CLIENTS EACH TOKEN``.

Each client sends one request after the other over one connection. Prints the seconds of each
request and of the whole as one JSON line. Traffic goes to the address given, on loopback.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from http.client import HTTPConnection
from urllib.parse import urlsplit

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


def client(url: str, path: str, each: int, token: str, seconds: list[float]) -> None:
    """Send ``each`` requests and note how long each took."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    body = json.dumps(BODY)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for _ in range(each):
        headers["Idempotency-Key"] = str(uuid.uuid4())
        start = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - start)
        if answer.status >= 300:
            raise SystemExit(f"{answer.status} from {path}")


def main(url: str, path: str, clients: str, each: str, token: str) -> None:
    """Run all clients and print what they saw."""
    seconds: list[float] = []
    workers = [
        threading.Thread(target=client, args=(url, path, int(each), token, seconds))
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
