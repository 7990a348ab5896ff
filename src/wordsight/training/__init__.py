"""Training and exporting the models (extra `[train]`)."""
