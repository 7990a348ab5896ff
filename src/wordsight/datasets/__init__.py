"""Public collections of photos: where they are, and how they are fetched."""
