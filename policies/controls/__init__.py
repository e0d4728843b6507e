"""What a framework asks after the fact, computed over the whole population of a history."""
