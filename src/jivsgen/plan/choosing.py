"""Weighted branches, taken by turns: the numbers behind `Choose`."""

from __future__ import annotations

from math import gcd, lcm

_GOLDEN = 0.6180339887


def turns(weights: list[int], before: list[int]) -> tuple[list[int], int, int, int]:
    """(weights without their common factor, total, step, stride) for a choice that follows others with the totals
    `before` in the same scenario.

    `step` is prime to `total` and near its golden section, so that few turns already come near the shares. `stride`
    is 0 for a first choice; else the least common multiple of all totals, which keeps two choices from always taking
    the same pair of branches.
    """
    common = gcd(*weights)
    weights = [weight // common for weight in weights]
    total = sum(weights)
    step = max(1, round(total * _GOLDEN))
    while gcd(step, total) != 1:
        step += 1
    return weights, total, step, lcm(total, *before) if before else 0
