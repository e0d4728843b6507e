"""Where it is kept: SQLAlchemy Core, and only here.

Entries, tiles and checkpoints are only inserted; folded rows are derived; names and free text are
in the vault; the guard is a second store.
"""
