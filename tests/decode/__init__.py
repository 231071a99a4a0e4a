"""Tests of decode: arrays, the fast path, records and values, spools."""
