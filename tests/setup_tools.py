"""Programs outside Python that the tests drive, found or installed.

Run as ``python tests/setup_tools.py`` with any Python from 3.11 on, before anything is installed:
it uses the standard library alone. Where a program is missing it is installed by apt-get, as root
or by a sudo that asks for no password; elsewhere one sentence names what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

POSTGRESQL_FOLDERS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Tool:
    """A program, the names under which it may stand, and the Debian package that brings it."""

    name: str
    executables: tuple[str, ...]
    package: str


CHROMIUM = Tool("Chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium")
POSTGRES = Tool("PostgreSQL server", ("postgres",), "postgresql")
INITDB = Tool("PostgreSQL initdb", ("initdb",), "postgresql")
PDFSIG = Tool("pdfsig", ("pdfsig",), "poppler-utils")
PDFTOTEXT = Tool("pdftotext", ("pdftotext",), "poppler-utils")
PDFTOPPM = Tool("pdftoppm", ("pdftoppm",), "poppler-utils")
QPDF = Tool("qpdf", ("qpdf",), "qpdf")
SQLITE = Tool("sqlite3", ("sqlite3",), "sqlite3")
GIT = Tool("git", ("git",), "git")
GIT_LFS = Tool("Git LFS", ("git-lfs",), "git-lfs")
OPENSSL = Tool("openssl", ("openssl",), "openssl")
SSH_AGENT = Tool("ssh-agent", ("ssh-agent",), "openssh-client")
SSH_ADD = Tool("ssh-add", ("ssh-add",), "openssh-client")
SETPRIV = Tool("setpriv", ("setpriv",), "util-linux")
PRLIMIT = Tool("prlimit", ("prlimit",), "util-linux")
SOFTHSM = Tool("SoftHSM", ("softhsm2-util",), "softhsm2")
NODE = Tool("Node.js", ("node",), "nodejs")
NPM = Tool("npm", ("npm",), "npm")
COMPILER = Tool("C compiler", ("gcc", "cc"), "build-essential")
JAVA = Tool("Java with its compiler", ("java",), "default-jdk-headless")
MAVEN = Tool("Maven", ("mvn",), "maven")

TOOLS = (
    CHROMIUM,
    POSTGRES,
    INITDB,
    PDFSIG,
    PDFTOTEXT,
    PDFTOPPM,
    QPDF,
    SQLITE,
    GIT,
    GIT_LFS,
    OPENSSL,
    SSH_AGENT,
    SSH_ADD,
    SETPRIV,
    PRLIMIT,
    NODE,
    NPM,
    COMPILER,
    SOFTHSM,
    JAVA,
    MAVEN,
)
VENV = Tool("Python's venv module", (), "python3-venv")


def find(tool: Tool) -> str | None:
    """The path of the program: from PATH, then from Debian's folders of PostgreSQL, newest first."""
    versions = sorted(POSTGRESQL_FOLDERS.glob("*/bin"), key=_version, reverse=True)
    for executable in tool.executables:
        for folders in (None, *map(str, versions)):
            if path := shutil.which(executable, path=folders):
                return path
    return None


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def missing() -> tuple[Tool, ...]:
    """The tools that are not there; Python's venv module is one of them."""
    absent = tuple(tool for tool in TOOLS if find(tool) is None)
    return absent if find_spec("ensurepip") else (*absent, VENV)


def packages(tools: tuple[Tool, ...]) -> tuple[str, ...]:
    """The Debian packages that bring the tools, each once."""
    return tuple(sorted({tool.package for tool in tools}))


def installer() -> tuple[str, ...] | None:
    """The words before ``apt-get``'s own arguments, or None where this user may not install."""
    apt = shutil.which("apt-get")
    if apt is None:
        return None
    command = ("env", "DEBIAN_FRONTEND=noninteractive", apt)
    if os.geteuid() == 0:
        return command
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run((sudo, "-n", "true"), capture_output=True, check=False).returncode == 0
    ):
        return (sudo, "-n", *command)
    return None


def install(command: tuple[str, ...], tools: tuple[Tool, ...]) -> bool:
    """Install the tools' packages; True when apt-get says that it did."""
    print(f"Installing {', '.join(packages(tools))} ...", flush=True)
    quiet = (*command, "-qq", "-o", "Dpkg::Use-Pty=0", "-o", "Acquire::Retries=3")
    chosen = ("install", "-y", "--no-install-recommends", *packages(tools))
    for words in (("update",), chosen):
        if subprocess.run((*quiet, *words), stdin=subprocess.DEVNULL, check=False).returncode:
            return False
    return True


def sentence(tools: tuple[Tool, ...]) -> str:
    """What is missing and where Debian keeps it, as one sentence."""
    named = ", ".join(f"{tool.name} (Debian package {tool.package})" for tool in tools)
    return f"The tests need what this machine does not have: {named}."


def main() -> int:
    """Find or install; 0 when every tool is there at the end."""
    absent = missing()
    if not absent:
        return 0
    command = installer()
    if command is not None and install(command, absent):
        absent = missing()
    if absent:
        print(sentence(absent), file=sys.stderr)
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
