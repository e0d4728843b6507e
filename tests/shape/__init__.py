"""What the house promises about itself: completeness, generated documents, names, sizes."""
