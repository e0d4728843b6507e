"""Other people's programs read what we write."""
