"""JSON Pointer (RFC 6901): what stands at a place of a document, or nothing."""

from __future__ import annotations

import re
from typing import Any, Final

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)


def find(plain: Any, pointer: str) -> Any:
    """What stands there; None where nothing does."""
    here = plain
    for raw in pointer.split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict):
            here = here.get(part)
        elif isinstance(here, list) and _INDEX.fullmatch(part) and int(part) < len(here):
            here = here[int(part)]
        else:
            return None
    return here
