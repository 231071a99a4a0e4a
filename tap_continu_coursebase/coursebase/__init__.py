"""Coursebase: the RPC client and its tokens, lists and exports declared, and their streams.

Declarations and clients know no Singer; nothing here may know Continu or check settings.
"""
