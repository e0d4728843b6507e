"""Signers and keys. One key signs entries, another checkpoints, a third wraps the vault's."""
