"""Continu: the Reporting API's client, its reports declared, and their streams.

Declarations and the client know no Singer; nothing here may know Coursebase or check settings.
"""
