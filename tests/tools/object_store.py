"""An S3 server of its own process, on a loopback address, that keeps to If-Match.

It is moto's, served one request after the other: so its check of a condition and the write that
follows are one step, as in a real store. Run as ``python -m tests.tools.object_store``, it prints
its port and serves until it is ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "ledger-guards"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@dataclass
class ObjectStore:
    """A running server with one empty bucket."""

    endpoint: str
    process: subprocess.Popen[str]

    def url(self, prefix: str) -> str:
        return f"s3://{BUCKET}/{prefix}?endpoint={self.endpoint}"

    def client(self) -> Any:
        import boto3

        return boto3.session.Session().client("s3", endpoint_url=self.endpoint)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def object_store_server() -> Iterator[ObjectStore]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.tools.object_store"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    yield ObjectStore(f"http://127.0.0.1:{port}", process)
    process.kill()
    process.communicate()


@pytest.fixture
def object_store(
    object_store_server: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ObjectStore]:
    """The server, with credentials in the environment and the bucket there and empty."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    client = object_store_server.client()
    client.create_bucket(Bucket=BUCKET)
    yield object_store_server
    for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    client.close()


def main() -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=False)
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


def _end_with_the_tests() -> None:
    """The pipe closes when the test process ends, however it ends."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
