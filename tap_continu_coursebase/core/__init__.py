"""Windows of time, calls in threads, errors and the run: what any connector has, on its own.

Only the standard library may be used here; nothing here knows Singer, HTTP, JSON or either source.
"""
