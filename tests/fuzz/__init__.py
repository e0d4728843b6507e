"""Every reader of foreign bytes, given mutated real objects: it answers or refuses, never breaks."""
