"""Addresses and texts as the ledger takes them: ASCII, bounded, without credentials or a person."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

LONGEST: Final = 300
_SCP: Final = re.compile(r"(?:[A-Za-z0-9_.+-]+@)?([A-Za-z0-9.-]+):(?!//)([^\s]+)")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")


def without_credentials(url: str) -> str:
    """An address without user, password, query and fragment; git's ``host:path`` becomes ssh://.

    A path of this machine stays what it is.
    """
    scp = _SCP.fullmatch(url)
    if scp is not None and "://" not in url:
        return f"ssh://{scp[1]}/{scp[2].lstrip('/')}"
    try:
        parts = urlsplit(url)
        if not parts.scheme or not parts.netloc:
            return url.partition("?")[0]
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", ""))


def public(text: str) -> str:
    """A text as a public field takes it; what looks like a person's address is cut out of it."""
    ascii_only = "".join(one if " " <= one <= "~" else "?" for one in text)
    return _EMAIL.sub("[address]", ascii_only)[:LONGEST].strip()
