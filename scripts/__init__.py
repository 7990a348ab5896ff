"""Samples for the demos, and servers of other makers to try them with."""
