"""One target under libFuzzer (package atheris): inputs that reach new code are kept and varied.

``python -m tests.fuzz.guided TARGET [libFuzzer options] [CORPUS...]``; usually started by
``python -m tests.fuzz``. It ends at the first input that breaks the target, and writes it to a file
beside the corpus.
"""

from __future__ import annotations

import sys

import atheris

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


def main() -> None:
    """Fuzz until told to stop."""
    closed_network.close()
    with atheris.instrument_imports(include=list(FOLLOWED)):
        from tests.fuzz.targets import TARGETS

    target = TARGETS[sys.argv[1]]
    for seed in target.seeds():
        target.check(seed)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
