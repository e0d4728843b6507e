"""The words: what can happen, who makes it happen, what was decided, and the entry around it.

Every kind is a pydantic model, registered once in ``catalogue``. An entry's bytes are written and
read in ``entry``.
"""
