"""The optional store of artifacts: the bytes of versions, each under the SHA-256 of itself."""
