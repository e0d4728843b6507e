"""The stored bytes of one entry of every kind, kept for ever.

``python -m tests.golden`` writes the files that are missing and never replaces one: bytes that were
once written must be readable, and written again the same, by every later version.
"""
