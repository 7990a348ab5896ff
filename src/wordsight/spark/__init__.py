"""Describing on a Spark cluster: the same work, on many machines."""
