"""PCA, clusters, probes, and the snapshots that searches open."""
