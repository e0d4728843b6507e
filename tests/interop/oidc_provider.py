"""A real OpenID provider on this machine: set up once with the network, run without it.

``python -m tests.interop.oidc_provider`` has npm fetch what ``oidc/package-lock.json`` pins into
this Python's environment. The provider is npm's ``oidc-provider``: certified by the OpenID
Foundation, and written by others than the client that it tries.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(__file__).parent / "oidc"
KEPT = Path(sys.prefix) / "oidc-provider"
SECONDS = 120


def set_up() -> None:
    """Fetch the provider, unless it is there in the version that is pinned."""
    pinned = (SOURCES / "package-lock.json").read_bytes()
    kept = KEPT / "package-lock.json"
    if (KEPT / "node_modules").is_dir() and kept.is_file() and kept.read_bytes() == pinned:
        return
    npm = shutil.which("npm")
    if npm is None:
        message = "There is no npm: `python tests/setup_tools.py` installs it."
        raise RuntimeError(message)
    KEPT.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(SOURCES / name, KEPT / name)
    quiet = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run((npm, *quiet), cwd=KEPT, check=True, timeout=SECONDS)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(
    port: int,
    clients: list[dict[str, Any]],
    accounts: dict[str, dict[str, Any]],
    keys: list[dict[str, Any]],
) -> Iterator[str]:
    """A provider that runs; its issuer."""
    said = {
        "port": port,
        "clients": clients,
        "accounts": accounts,
        "jwks": {"keys": keys},
        "modules": str(KEPT),
    }
    node = shutil.which("node")
    if node is None or not (KEPT / "node_modules").is_dir():
        message = "There is no provider: `python -m tests.interop.oidc_provider` sets it up."
        raise RuntimeError(message)
    command = (node, str(SOURCES / "provider.mjs"), json.dumps(said))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said_so = process.stdout.readline()
            assert said_so == "listening\n", f"the provider did not start: {said_so!r}"
            yield f"http://localhost:{port}"
        finally:
            process.kill()


if __name__ == "__main__":
    set_up()
