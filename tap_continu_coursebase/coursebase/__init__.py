"""Coursebase: the RPC client, its lists and details, and its report exports."""
