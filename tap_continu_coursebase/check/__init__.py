"""Look at every stream by one small request, and say what would mend what is found.

Streams send the requests; nothing here knows HTTP, and but for ``look.py`` all of it is pure.
"""
