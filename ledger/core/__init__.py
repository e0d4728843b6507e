"""The room without doors: bytes in, bytes out, and proofs about them.

One file per concept of a public specification. Nothing here reads a clock, a disk, a network, a
database or chance; keys that sign arrive as functions, tiles as a function that reads them. What
this room says can be checked by a stranger who has the specification and nothing of ours.

==================  ========================================================================
``encoding``        canonical JSON (RFC 8785, without floats) and the way in for foreign bytes
``strict_json``     the strict reader of RFC 8259 that ``encoding`` offers
``rfc4648``         base64 that has exactly one form
``digest``          SHA-256
``signature``       Ed25519 (RFC 8032)
``envelope``        DSSE v1.0.2: signed payloads, whose stored bytes are the leaves of the tree
``statement``       in-toto Statement v1: what an envelope's payload says
``merkle``          the tree, its frontier and its two proofs (RFC 6962 section 2.1, RFC 9162)
``tiles``           C2SP tlog-tiles: the tree as files that never change
``note``            C2SP signed-note
``checkpoint``      C2SP tlog-checkpoint: origin, size, root
``proof``           C2SP tlog-proof: one file that proves one entry offline
==================  ========================================================================
"""
