"""One target under libFuzzer (package atheris): inputs that reach new code are kept and varied.

``python -m tests.fuzz.guided TARGET [libFuzzer options] [CORPUS...]``; usually started by
``python -m tests.fuzz``. It ends at the first input that breaks the target, and writes it to a file
beside the corpus.
"""

from __future__ import annotations

import sys
from random import Random  # noqa: TID251 (libFuzzer gives the seed, so that a run can be repeated)

import atheris

from tests.fuzz.structure import varied
from tests.tools import closed_network

# The readers, and libraries in Python whose branches are worth telling apart.
FOLLOWED = (
    "ledger",
    "policies",
    "webui.handed_in",
    "webui.sealed",
    "yaml",
    "tarfile",
    "pyhanko",
    "asn1crypto",
)


def _as_a_tree(data: bytes, longest: int, seed: int) -> bytes:
    """Every other time the JSON is varied as a tree, else its bytes."""
    if seed % 2:
        found = varied(data, Random(seed))
        if found != data and len(found) <= longest:
            return found
    return bytes(atheris.Mutate(data, longest))


def main() -> None:
    """Fuzz until told to stop."""
    closed_network.close()
    with atheris.instrument_imports(include=list(FOLLOWED)):
        from tests.fuzz.targets import TARGETS

        target = TARGETS[sys.argv[1]]
        # Inside, because some readers load their libraries when they are first asked.
        for seed in target.seeds():
            target.check(seed)
    options = {"custom_mutator": _as_a_tree} if target.structured else {}
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.check, **options)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
