"""From the bytes of a response to records that fit a stream's schema, losing nothing.

It may use ``core`` and decoders; it knows no Singer, HTTP, setting or source.
"""
