"""Tests of the core modules: windows, records, budget, HTTP, prefetching, settings."""
