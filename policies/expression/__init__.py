"""Conditions: a small typed subset of the Common Expression Language (CEL).

``|| && ! == != < <= > >= in``, text, numbers, ``true``/``false``, lists, ``has(field)``,
``size(field)``, ``timestamp("2026-11-23T09:00:00Z")`` and dotted fields that the catalogue
declares. No arithmetic, no functions of one's own, no loops, no clock. ``parse`` reads, ``check``
types, ``evaluate`` answers true, false or not known.
"""
