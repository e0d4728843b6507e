"""Fetch veraPDF where it is not there yet."""

from tests.tools.verapdf import libraries

libraries()
