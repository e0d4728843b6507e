"""``python -m tests.fuzz [TARGET ...] [--seconds N]``: look for what a parser should not do.

With atheris the search follows the coverage of the parser; where it is not installed, real bytes
are changed at random. What fails is printed with its bytes in hexadecimal, and the run ends with 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random  # noqa: TID251 (the same at every run, or no secret)

from tests.fuzz.mangle import mangled


def main() -> int:
    """Fuzz the targets that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=10, help="for each target; 10 by default")
    parser.add_argument("--plain", action="store_true", help="change at random, without atheris")
    parser.add_argument("--guided", metavar="TARGET", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.guided:
        return _guided(asked.guided, asked.seconds)
    from tests.fuzz.material import material
    from tests.fuzz.targets import targets

    with material() as found:
        known = targets(found)
    failed = 0
    for name in asked.names or known:
        if name not in known:
            parser.error(f"there is no target {name}; there are {', '.join(known)}")
        if not asked.plain and _has_atheris():
            command = [sys.executable, "-m", "tests.fuzz", "--guided", name]
            done = subprocess.run([*command, "--seconds", str(asked.seconds)], check=False)
            failed += done.returncode != 0
        else:
            failed += _plainly(name, asked.seconds)
    return 1 if failed else 0


def _has_atheris() -> bool:
    try:
        import atheris  # noqa: F401
    except ImportError:
        return False
    return True


def _plainly(name: str, seconds: int) -> int:
    from tests.fuzz.material import material
    from tests.fuzz.targets import targets

    with material() as found:
        target = targets(found)[name]
    chance, runs, end = Random(time.time_ns()), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = mangled(target.seeds, chance, target.most)
        try:
            target.run(data)
        except BaseException:
            print(f"{name}: {data.hex()}", file=sys.stderr)
            raise
        runs += 1
    print(f"{name}: {runs} inputs, changed at random")
    return 0


def _guided(name: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["ledger", "policies"]):
        from tests.fuzz.material import material
        from tests.fuzz.targets import targets

        with material() as found:
            target = targets(found)[name]
    with tempfile.TemporaryDirectory(prefix="counterseal-corpus-") as folder:
        for at, seed in enumerate(target.seeds):
            (Path(folder) / str(at)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={target.most}", "-timeout=5"]
        quiet = ["-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={folder}/"]
        atheris.Setup([sys.argv[0], *options, *quiet, "-rss_limit_mb=2048", folder], target.run)
        print(f"{name}:", flush=True)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
