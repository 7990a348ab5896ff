"""Photos that lie in a store: Azure Blob Storage, and all that fsspec opens."""
