"""Walk a whole log and prove everything again, from stored bytes alone.

``audit`` holds a live database against its entries, ``audit_copy`` somebody's copy of a log against
its signed checkpoint. What is found is named: the entry or the table,
the kind of damage, and up to which checkpoint everything still stands. Nothing is repaired.
"""

from ledger.audit.copied import audit_copy
from ledger.audit.found import MOST_OF_A_KIND, Audit, Counts, Problem
from ledger.audit.live import audit

__all__ = ["MOST_OF_A_KIND", "Audit", "Counts", "Problem", "audit", "audit_copy"]
