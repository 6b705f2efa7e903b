"""Share of pupils on SEN support by phase: its trend, learned from the authority's own past, and its draws.

The equations are in `docs/method_support.md`, in the order of this file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from forecasting.values import Floats

LEAST_YEARS = 3  # Januaries below which no trend is fitted
# Judgements, each weak, and overruled by the data as years are added (docs/method_support.md).
HALF = 0.5  # added to both counts before the log-odds, so that 0 is allowed
RECENCY_HALF_LIFE = 4.0  # years after which a past change counts half
LASTING_SD = 0.03  # prior sd of a change of the log-odds that goes on year after year
YEAR_SD = 0.03  # prior sd of the change of one year around it
PRIOR_YEARS = 4.0  # years of changes that the prior of YEAR_SD is worth
DAMPING = 0.9  # share of the yearly change that remains each further year


@dataclass(frozen=True, eq=False)
class SupportRates:
    """What the share on SEN support does next, in log-odds; a change is split into one shared and one of each phase.

    Attributes:
        last: log-odds at the last January, axis (phase).
        change: expected yearly change, axis (phase).
        shared_sd: sd of what is not known of the shared change, and of one year's shared change: (lasting, year).
        own_sd: the same for each phase, axes (2, phase).
    """

    last: Floats
    change: Floats
    shared_sd: Floats
    own_sd: Floats


def fit(support: Floats, pupils: Floats) -> SupportRates:
    """Fit the trend of the share of pupils on SEN support.

    y = ln((S + ½) ÷ (N − S + ½)); its yearly changes d = c + o, c their mean over phases weighted by children on SEN
    support. Each is shrunk to 0 by what its own spread allows (empirical Bayes, Efron and Morris 1973).

    Args:
        support: pupils on SEN support, axes (year, phase), consecutive Januaries, at least `LEAST_YEARS`.
        pupils: pupils on roll, the same axes.

    Raises:
        ValueError: too few years, or a value that is not known.
    """
    if len(support) < LEAST_YEARS or not (np.isfinite(support).all() and np.isfinite(pupils).all()):
        raise ValueError(f"the share on SEN support needs {LEAST_YEARS} Januaries without gaps")
    odds = np.log(support + HALF) - np.log(np.maximum(pupils - support, 0.0) + HALF)
    changes = np.diff(odds, axis=0)
    size = support[-1] / max(float(support[-1].sum()), 1.0)
    shared = changes @ size
    own = changes - shared[:, None]
    centre, lasting, yearly = _shrunk(shared[:, None], np.zeros(1))
    own_centre, own_lasting, own_yearly = _shrunk(own, 1 / np.maximum(support[-1], 1.0))
    alone = support.shape[1] > 1
    return SupportRates(
        odds[-1], centre[0] + own_centre * alone, np.array([lasting[0], yearly[0]]),
        np.stack([own_lasting, own_yearly]) * alone,
    )  # fmt: skip


def _shrunk(changes: Floats, chance: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean change shrunk to 0, the sd of what is left unknown of it, and the sd of one year's change, axis (series).

    Args:
        changes: yearly changes, axes (year, series).
        chance: variance that counting alone adds to a change, axis (series); part of the prior.
    """
    weight = 0.5 ** (np.arange(len(changes))[::-1] / RECENCY_HALF_LIFE)
    weight = weight / weight.sum()
    years = 1.0 / float(weight @ weight)
    mean = weight @ changes
    spread = years * (weight @ np.square(changes - mean))
    variance = (spread + PRIOR_YEARS * (YEAR_SD**2 + chance)) / (years - 1.0 + PRIOR_YEARS)
    error = variance / years
    keep = LASTING_SD**2 / (LASTING_SD**2 + error)
    return mean * keep, np.sqrt(keep * error), np.sqrt(variance)


def shares(rates: SupportRates, n_years: int, n_draws: int = 0, seed: int = 0) -> Floats:
    """Return the share of pupils on SEN support ahead, axes (run, year, phase); run 0 is the central run.

    h years ahead y = y₀ + (m + e)·Σᵢ₍ᵢ₌₀…ₕ₋₁₎ 0.9ⁱ + z·√h. What is not known of the change (e) and the drift (z) are
    drawn once for a run and kept through its years; a part of each is shared by the phases.

    Args:
        rates: from `fit`.
        n_years: years ahead.
        n_draws: number of draws.
        seed: seed of the random values.
    """
    ahead = np.arange(n_years)
    steps, roots = np.cumsum(DAMPING**ahead)[:, None], np.sqrt(ahead + 1.0)[:, None]
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((n_draws, 2, 1)) * rates.shared_sd[:, None]
    drawn = drawn + rng.standard_normal((n_draws, *rates.own_sd.shape)) * rates.own_sd
    drawn = np.concatenate([np.zeros((1, *rates.own_sd.shape)), drawn])
    odds = rates.last + (rates.change + drawn[:, None, 0]) * steps + drawn[:, None, 1] * roots
    return np.asarray(special.expit(odds))
