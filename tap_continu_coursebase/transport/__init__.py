"""Requests: one session with retries, budgets, what headers tell, and secrets kept out of texts.

It may use ``core`` and the HTTP library; it knows no Singer, schema, setting or source.
"""
