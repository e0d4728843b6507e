"""The life of a version read back: compared, followed through time and lineage, told to others.

Everything here reads and works out; nothing is recorded. Pages, API and reports show it.
"""
