"""Benchmarks: `python -m benchmarks` runs all of them, `--write` puts the tables into docs."""
