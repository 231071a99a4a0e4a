"""Tests of transport: the session, budgets, a server that answers by a script."""
