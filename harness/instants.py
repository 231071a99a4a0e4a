"""Instants as settings, admin paths and tables write them."""

from __future__ import annotations

from datetime import datetime


def iso(instant: datetime) -> str:
    """Write an instant of UTC in whole seconds."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
