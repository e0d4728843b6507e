"""What the demonstration commits to its git repository: the training script."""
