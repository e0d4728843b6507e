"""The guard, and the stores that it may lie in.

``open_guard`` chooses by the URL; see ``ledger.store.guards.guard`` for what each promises.
"""

from __future__ import annotations

from ledger.store.guards.guard import Guard, Guarded
from ledger.store.guards.opening import open_guard
from ledger.store.guards.placement import Shared, shared

__all__ = ["Guard", "Guarded", "Shared", "open_guard", "shared"]
