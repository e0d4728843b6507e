"""Real things for tests: a PostgreSQL server, a Chromium, a closed network, no silent skips."""
