"""Controls as they stand now, kept up entry by entry rather than computed from the beginning.

Rules:
- The scope is fixed: the last 365 days up to the last entry, all models, production.
- The state is derived. It is made of what tests say of *units* (a version, a data set, a model, an
  entry) and of the sums of that. An entry touches few units; they alone are tested again, by the
  same functions that a report uses, on the little that concerns them.
- What depends on time says when it must be looked at again: when a thing leaves the 365 days, a
  document expires, a review falls due.
- Over the same entries the state comes to what a computation from the beginning comes to. Two
  things are told differently: exceptions are in the order of their last entry, and the list of all
  entries behind a finding is left to reports.
- Tests of what is rare (reviews, drills, reports, incidents, requests, exceptions, leavers) are run
  whole, each time, over the entries of those kinds.
"""
