"""Parts of a whole whose shares move: pupils on SEN support among pupils by phase, plans of each setting among plans.

Their trend is learned from the authority's own past; draws keep what is not known through the years. The equations are
in `docs/method_support.md`, in the order of this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from forecasting.model.local_level import damped_steps
from forecasting.model.trend_statistics import recency
from forecasting.values import Floats

LEAST_YEARS = 3  # Januaries below which no trend is fitted
# Judgements, each weak, and overruled by the data as years are added (docs/method_support.md).
HALF = 0.5  # added to both counts before the log-odds, so that 0 is allowed
LASTING_SD = 0.03  # prior sd of a change of the log-odds that goes on year after year
YEAR_SD = 0.03  # prior sd of the change of one year around it
PRIOR_YEARS = 4.0  # years of changes that the prior of YEAR_SD is worth
DAMPING = 0.9  # share of the yearly change that remains each further year


@dataclass(frozen=True, eq=False)
class ShareTrend:
    """What shares do next, in log-odds; a change is split into one that all parts share and one of each part.

    Attributes:
        last: log-odds at the last January, axis (part).
        change: expected yearly change, axis (part).
        shared_sd: sd of what is not known of the shared change, and of one year's shared change: (lasting, year).
        own_sd: the same for each part, axes (2, part).
    """

    last: Floats
    change: Floats
    shared_sd: Floats
    own_sd: Floats


def fit(part: Floats, whole: Floats) -> ShareTrend:
    """Fit the trend of shares.

    y = ln((S + ½) ÷ (N − S + ½)); its yearly changes d = c + o, c their mean over parts weighted by the last counts.
    Each is shrunk to 0 by what its own spread allows (empirical Bayes, Efron and Morris 1973).

    Args:
        part: counts S, axes (year, part), consecutive Januaries, at least `LEAST_YEARS`; the last are known, earlier
            ones may not be (NaN).
        whole: counts N that each is a part of, axes (year, part).

    Raises:
        ValueError: too few years, or a last count that is not known.
    """
    if len(part) < LEAST_YEARS or not (np.isfinite(part[-1]).all() and np.isfinite(whole[-1]).all()):
        raise ValueError(f"the trend of a share needs {LEAST_YEARS} Januaries, the last one known")
    odds = np.log(part + HALF) - np.log(np.maximum(whole - part, 0.0) + HALF)
    changes = np.diff(odds, axis=0)
    size = np.where(np.isfinite(changes), part[-1], 0.0)
    shared = (np.nan_to_num(changes) * size).sum(axis=1) / np.maximum(size.sum(axis=1), 1.0)
    own = changes - shared[:, None]
    centre, lasting, yearly = _shrunk(shared[:, None], np.zeros(1))
    own_centre, own_lasting, own_yearly = _shrunk(own, 1 / np.maximum(part[-1], 1.0))
    alone = part.shape[1] > 1
    return ShareTrend(
        odds[-1], centre[0] + own_centre * alone, np.array([lasting[0], yearly[0]]),
        np.stack([own_lasting, own_yearly]) * alone,
    )  # fmt: skip


def _shrunk(changes: Floats, chance: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean change shrunk to 0, the sd of what is left unknown of it, and the sd of one year's change, axis (series).

    Args:
        changes: yearly changes, axes (year, series); NaN = not known.
        chance: variance that counting alone adds to a change, axis (series); part of the prior.
    """
    known = np.isfinite(changes)
    weight = recency(len(changes))[:, None] * known
    weight = weight / np.maximum(weight.sum(axis=0), 1e-12)
    years = 1.0 / np.maximum((weight**2).sum(axis=0), 1e-12) * known.any(axis=0)
    seen = np.where(known, changes, 0.0)
    mean = (weight * seen).sum(axis=0)
    spread = years * (weight * np.square(seen - mean)).sum(axis=0)
    variance = (spread + PRIOR_YEARS * (YEAR_SD**2 + chance)) / (np.maximum(years - 1.0, 0.0) + PRIOR_YEARS)
    error = variance / np.maximum(years, 1e-6)
    keep = LASTING_SD**2 / (LASTING_SD**2 + error)
    return mean * keep, np.sqrt(keep * error), np.sqrt(variance)


def shares(trend: ShareTrend, n_years: int, n_draws: int = 0, seed: int | Sequence[int] = 0) -> Floats:
    """Return shares ahead, axes (run, year, part); run 0 is the central run.

    h years ahead y = y₀ + (m + e)·Σᵢ₍ᵢ₌₀…ₕ₋₁₎ 0.9ⁱ + z·√h. What is not known of the change (e) and the drift (z) are
    drawn once for a run and kept through its years; a piece of each is shared by the parts.

    Args:
        trend: from `fit`.
        n_years: years ahead.
        n_draws: number of draws.
        seed: seed of the random values.
    """
    steps, roots = damped_steps(DAMPING, n_years)[:, None], np.sqrt(np.arange(n_years) + 1.0)[:, None]
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((n_draws, 2, 1)) * trend.shared_sd[:, None]
    drawn = drawn + rng.standard_normal((n_draws, *trend.own_sd.shape)) * trend.own_sd
    drawn = np.concatenate([np.zeros((1, *trend.own_sd.shape)), drawn])
    odds = trend.last + (trend.change + drawn[:, None, 0]) * steps + drawn[:, None, 1] * roots
    return np.asarray(special.expit(odds))


def counts(shares_ahead: Floats, whole: Floats) -> Floats:
    """Return the counts that shares stand for, S = share·(N + 1) − ½, never below 0: the odds of `fit` turned back.

    Args:
        shares_ahead: from `shares`, axes (run, year, part).
        whole: N, of axes that go with them.
    """
    return np.asarray(np.maximum(shares_ahead * (whole + 2 * HALF) - HALF, 0.0))
