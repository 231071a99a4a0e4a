"""What an operator asks: the plan of a run, what a warehouse holds, what its columns mean.

Nothing here sends a request; into a warehouse, comments.py alone writes.
"""
