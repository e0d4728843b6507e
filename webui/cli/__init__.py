"""The command ``counterseal``: parse, call one thing, print."""
