"""Describing photos, and the engine that does it for many."""
