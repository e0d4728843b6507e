"""The garbage collector, told what a long run looks like.

What is loaded at the start stays until the end, and what an entry needs is gone with it: looking
through all of it again and again took an eighth of the time of appending and of verifying.
Reference counting frees nearly everything; the collector only has to find what is left over.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 50_000
_MIDDLE: Final = 20
_OLD: Final = 50


def settle() -> None:
    """Leave what is loaded now alone, and look at what comes after it less often.

    For a process that goes on to do much of one thing; call it once, when it is loaded.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
