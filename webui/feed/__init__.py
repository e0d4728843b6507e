"""Who joins, moves and leaves, as a list or an identity provider tells it.

``reading`` reads a list, ``asking`` takes each step under the policy, ``difference`` holds a list
against the ledger and ``carrying_out`` does what it shows; ``leaving`` ends what opens a door.
"""
