"""The settings: their JSON Schema, and every problem of a configuration as one sentence.

It may use what the sources declare; no client and no stream may import it, they get their values.
"""
