"""What ought to happen? Gates before the fact, controls after it; both pure.

- ``load_document``, ``Document``, ``document_digest``: policy documents.
- ``make_decide``: the function that the ledger is handed.
- ``explain``, ``sentence``, ``why_not_counted``, ``describe``: what a decision or a requirement
  says to a person.
- ``pending``, ``what_is_missing``, ``who_could_approve``, ``may_vote``: what an open release
  waits for, and from whom. ``reviewers``: who may make a review.
  ``granting_approvals``: which entries filled its seats.
- ``whose_turn``, ``is_asked``: who was asked by name, and who stands in for them.
- ``policies.controls``: the frameworks and their tests.
"""

from policies.decide import ENGINE, granting_approvals, make_decide
from policies.describe import describe
from policies.document import (
    Document,
    document_digest,
    document_schema,
    document_text,
    load_document,
)
from policies.errors import PolicyError
from policies.pending import (
    Missing,
    asks_for_passkey,
    carrying_out,
    may_agree,
    may_vote,
    pending,
    reviewers,
    what_is_missing,
    who_could_approve,
    without_asker,
)
from policies.reasons import explain, humanize, sentence, why_not_counted
from policies.whose_turn import is_asked, whose_turn

__all__ = [
    "ENGINE",
    "Document",
    "Missing",
    "PolicyError",
    "asks_for_passkey",
    "carrying_out",
    "describe",
    "document_digest",
    "document_schema",
    "document_text",
    "explain",
    "granting_approvals",
    "humanize",
    "is_asked",
    "load_document",
    "make_decide",
    "may_agree",
    "may_vote",
    "pending",
    "reviewers",
    "sentence",
    "what_is_missing",
    "who_could_approve",
    "whose_turn",
    "why_not_counted",
    "without_asker",
]
