"""Singer: streams, their bookmarks and messages, the catalog, the state and the command line.

It may use ``core``, ``decode`` and the Singer SDK; it knows no HTTP, settings or source.
"""
