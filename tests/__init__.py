"""The tests of counterseal, and the machinery that they stand on."""
