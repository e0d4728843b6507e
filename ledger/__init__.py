"""What happened, and can it be proved?

A governance ledger for machine-learning models: events become in-toto statements in DSSE envelopes,
chained, signed, and hashed into an RFC 6962 tree with signed checkpoints. Knows nothing of Flask
and nothing of policy; usable alone as a library. See docs/architecture.md for its rooms.
"""
