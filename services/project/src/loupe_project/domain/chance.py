"""How often chance alone makes as much happen."""

import math


def tail(least: int, count: int, hits: float, misses: float) -> float:
    """Probability of `least` or more hits in `count` tries, where the rate is Beta(hits, misses) distributed.

    Args:
        least: 0 to `count`.
        count: Tries.
        hits: Above 0.
        misses: Above 0.
    """
    if least <= 0:
        return 1.0
    log = math.lgamma(count + 1) - math.lgamma(least + 1) - math.lgamma(count - least + 1)
    log += _log_beta(least + hits, count - least + misses) - _log_beta(hits, misses)
    term = math.exp(log)
    total = term
    for number in range(least, count):
        term *= (count - number) * (number + hits) / ((number + 1) * (count - number - 1 + misses))
        total += term
        if term < total * 1e-12 and number > least:
            break
    return min(1.0, total)


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
