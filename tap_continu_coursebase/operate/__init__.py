"""What an operator asks: the plan of a run, and what a warehouse holds and how fresh it is.

Nothing here sends a request or writes into a warehouse.
"""
