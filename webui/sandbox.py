"""The stand-alone verifier, run over somebody's bundle in a process of its own.

It is the verifier that ships with this program, not the one in the bundle. It has ten seconds of
processor time, half a gigabyte of memory, no environment and a bounded voice; what does not end in
time is ended.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import Final

from ledger.errors import ProofError

SECONDS: Final = 20
_CPU_SECONDS: Final = 10
_MEMORY: Final = 768 * 1024 * 1024
_OUTPUT: Final = 4 * 1024 * 1024
_SHOWN: Final = 20_000
# Limits are set by the new process itself, before it reads a byte of the bundle.
_LIMITED: Final = (
    "import resource, runpy, sys\n"
    "limits = (('AS', int(sys.argv[1])), ('CPU', int(sys.argv[2])), ('FSIZE', int(sys.argv[3])))\n"
    "for name, most in limits:\n"
    "    resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (most, most))\n"
    "sys.argv = sys.argv[4:]\n"
    "runpy.run_path(sys.argv[0], run_name='__main__')\n"
)


def check_bundle(bundle: bytes, vkey: str) -> str:
    """Verify a bundle under a verifier key; what the verifier said.

    Raises:
        ProofError: ``bundle-not-verified`` with its last words, or ``bundle-too-costly``.
    """
    place = resources.as_file(resources.files("ledger") / "standalone" / "verify.py")
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder, place as program:
        file, told = Path(folder) / "bundle.zip", Path(folder) / "said"
        file.write_bytes(bundle)
        limits = [str(_MEMORY), str(_CPU_SECONDS), str(_OUTPUT)]
        interpreter = [sys.executable, "-I", "-X", "utf8", "-c", _LIMITED]
        try:
            with told.open("wb") as out:
                done = subprocess.run(  # noqa: S603 (our own program, told what to read by path)
                    [*interpreter, *limits, str(program), str(file), "--vkey", vkey],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.DEVNULL,
                    timeout=SECONDS,
                    check=False,
                    env={},
                    cwd=folder,
                )
        except subprocess.TimeoutExpired:
            raise _too_costly() from None
        with told.open("rb") as written:
            said = written.read(_SHOWN).decode("utf-8", "replace")
            written.seek(max(0, told.stat().st_size - _SHOWN))
            last = written.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    if done.returncode == 0 and last == "verified":
        return said
    if last.startswith("NOT VERIFIED"):
        raise ProofError(last, code="bundle-not-verified")
    if done.returncode in {1, 2} and not last:
        raise ProofError("It can't be read as a bundle.", code="bundle-not-verified")
    raise _too_costly()


def _too_costly() -> ProofError:
    return ProofError(
        "Verifying it takes more time or memory than is given here.",
        code="bundle-too-costly",
        remedy="Verify it on your own machine with the verify.py of a bundle that you trust.",
    )
