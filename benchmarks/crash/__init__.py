"""Kills real runs at chosen writes and at random moments, and looks at what is left.

`benchmarks.crashes` reports on thousands of trials, `tests/crash` asserts on a few.
"""
