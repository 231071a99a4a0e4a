"""Hypothesis strategies for decoded JSON as the client decodes it: fractions as Decimal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

# Lone surrogates and NUL included: JSON can escape both.
any_text = st.text(st.characters(exclude_categories=()), max_size=12)

decimals = st.builds(
    lambda mantissa, exponent: Decimal(f"{mantissa}e{exponent}"),
    st.integers(-(10**20), 10**20),
    st.integers(-40, 40) | st.sampled_from([-400, -321, -301, 279, 299, 300, 301, 400]),
)
integers = (
    st.integers(-(2**70), 2**70)
    | st.integers(0, 2_000_000_000_000)
    | st.sampled_from([0, 1, 2**63 - 1, 2**63, -(2**63), 10**299, 10**300, -(10**4200)])
)
not_finite = st.sampled_from([float("nan"), float("inf"), float("-inf")])
telling_text = st.sampled_from(
    [
        "12",
        "-0",
        "012",
        "1e3",
        "4.50",
        "true",
        "FALSE",
        "1714521600",
        "1714521600123",
        "2024-05-01",
        "2024-05-01T10:00:00Z",
        "2024-05-01 10:00:00.120",
        "2024-05-01T10:00:00.5+02:00",
        "0001-01-01T00:00:00+14:00",
        "2024-02-30",
        "2024-05-01T10:00:00\x00",
        "\ud800",
        "",
    ]
)
scalars = st.none() | st.booleans() | integers | decimals | not_finite | any_text | telling_text


def values(keys: st.SearchStrategy[str] = any_text) -> st.SearchStrategy[Any]:
    """Any decoded JSON value."""
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )
