"""Whoever can write to the stores tries everything; what notices it is named."""
