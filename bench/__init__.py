"""Benchmarks: ratios against hand-written references that do the same work, measured in the same run."""
