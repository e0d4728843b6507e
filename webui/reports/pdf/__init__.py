"""Reports as PDF: drawn deterministically, every typeface embedded, sealed with a P-256 key."""
