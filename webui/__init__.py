"""Who asks, and how is it shown? Pages, API, command line, identity, reports.

Everything that comes in becomes a command for the ledger's one door; everything that goes out is
read from entries and what they fold to. ``wiring`` joins the parts.
"""
