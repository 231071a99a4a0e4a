"""Tests of core: windows, prefetching, calls in threads."""
