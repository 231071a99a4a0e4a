"""Trials from a seed: kill the pipeline anywhere, break the source, change it, then compare."""
