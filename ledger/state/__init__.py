"""What is true at a position: the fold from events to aggregates, and what follows from it.

Pure: an event and a registry in, changed aggregates out. No clock, no database, no chance.
"""
