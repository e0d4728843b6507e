"""Mangled bytes for every parser that reads what strangers send."""
