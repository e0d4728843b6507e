"""Reports: a document model, its PDF and its JSON, and drawings for pages and print. No Flask."""
