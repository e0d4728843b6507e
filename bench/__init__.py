"""Benchmarks. Each prints JSON lines and measures a limit or a peer in the same run.

``python -m bench`` runs all, ``python -m bench append verify`` some. The machine is noisy: compare
ratios and medians, not single figures. Databases live in a temporary folder.
"""
