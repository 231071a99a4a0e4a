"""Continu: the Reporting API's client and its streams."""
