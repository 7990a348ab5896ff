"""Near-duplicates: series, re-encoded and cropped copies."""
