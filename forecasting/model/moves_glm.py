"""Rates by NC year × need × setting from thin counts: one pooled regression, fitted by empirical Bayes.

The log (or logit) of a rate is a sum of effects: one of the NC year, the need, the setting, and each pair of
them. Each kind of effect is shrunk towards zero by a strength that is itself estimated, and effects along NC
years are tied to their neighbours. A cell with children speaks for itself; a sparse cell borrows first from
the same setting at neighbouring ages, then from the same need, then from everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotri

from forecasting.model.moves_axes import Axes
from forecasting.values import Floats, Singles, Whole

Family = Literal["poisson", "binomial"]

STRENGTH_PRIOR_WEIGHT = 2.0  # weight of the prior on each effect's variance, in effects
STRENGTH_PRIOR_SD = 0.3  # its scale, on the log or logit scale
ROUNDS = 14  # rounds of one Newton step followed by one update of the strengths


@dataclass(frozen=True)
class PooledRates:
    """A fitted table of log or logit rates over open pairs × needs, and how to draw it.

    Attributes:
        family: "poisson" (log rate per person exposed) or "binomial" (logit of a probability).
        centre: fitted log or logit rates, axes (p, d).
        variance: their posterior variances, axes (p, d).
        root: matrix A with A Aᵀ = posterior covariance of the effects, axes (effect, effect).
        strengths: estimated standard deviation of each kind of effect, by name.
        axes: the axes.
    """

    family: Family
    centre: Floats
    variance: Floats
    root: Singles
    strengths: dict[str, float]
    axes: Axes

    def central(self) -> Floats:
        """Fitted rates (per person exposed) or probabilities, axes (p, d)."""
        return np.exp(self.centre) if self.family == "poisson" else 1.0 / (1.0 + np.exp(-self.centre))

    def draw(self, rng: np.random.Generator, n_draws: int) -> Singles:
        """Draw log or logit rates, axes (draw, p, d); the mean of the rates drawn is the central rate.

        The lognormal correction −v/2 (log) and −v/2·(1 − 2q) (logit, to second order) keeps the mean.
        """
        z = rng.standard_normal((n_draws, len(self.root)), dtype=np.float32)
        effects = z @ self.root.T
        half = self.variance / 2.0
        if self.family == "binomial":
            half = half * (1.0 - 2.0 * self.central())
        eta = _assemble(effects, self.axes)
        eta += (self.centre - half).astype(np.float32)
        return eta


def fit(family: Family, pair: Whole, need: Whole, events: Floats, exposed: Floats, axes: Axes) -> PooledRates:
    """Fit pooled rates to counts by penalised likelihood with estimated strengths.

    Newton's method on Σ log p(events | rate) − ½ βᵀPβ, with P the prior precision; after each step the
    variance of each kind of effect becomes σ² = (bᵀRb + tr(R V) + ν s²)/(size + ν) (an EM step, with V the
    posterior covariance of that kind and R its structure). Source: Breslow and Clayton (1993), "Approximate
    inference in generalized linear mixed models", JASA 88, 9-25; Dempster, Laird and Rubin (1977), JRSS B 39.

    Args:
        family: "poisson" for joiners per resident, "binomial" for shares of children.
        pair: open pair of each row, axis (row).
        need: need of each row, axis (row).
        events: joiners, leavers or movers, axis (row), people.
        exposed: residents or children at risk, axis (row), people.
        axes: the axes.

    Returns:
        The fitted table.
    """
    kinds = _kinds(axes)
    columns = _columns(axes, pair, need, kinds)
    size = 1 + sum(length for _, length in kinds.values())
    cross = (columns[:, :, None] * size + columns[:, None, :]).ravel()
    structures = _structures(axes)
    variances = dict.fromkeys(kinds, STRENGTH_PRIOR_SD**2)
    beta = np.zeros(size)
    beta[0] = _start(family, float(events.sum()), float(exposed.sum()))
    intercept = beta[0]
    for _ in range(ROUNDS):
        prior = _precision(kinds, structures, variances, size)
        beta, covariance = _newton(family, columns, cross, events, exposed, beta, prior, intercept)
        variances = _strengths(kinds, structures, beta, covariance)
    prior = _precision(kinds, structures, variances, size)
    for _ in range(2):
        beta, covariance = _newton(family, columns, cross, events, exposed, beta, prior, intercept)
    return _pooled(family, beta, covariance, variances, axes, kinds)


def _start(family: Family, events: float, exposed: float) -> float:
    """Log or logit of the overall rate, pulled off zero and one by half an event."""
    rate = (events + 0.5) / (exposed + 1.0)
    return float(np.log(rate) if family == "poisson" else np.log(rate / (1.0 - rate)))


def _kinds(axes: Axes) -> dict[str, tuple[int, int]]:
    """Each kind of effect: where it starts among the effects, and how many there are (0 is the level)."""
    sizes = {
        "nc_walk": axes.n_nc,
        "nc": axes.n_nc,
        "need": axes.n_needs,
        "setting": axes.n_settings,
        "nc_need": axes.n_nc * axes.n_needs,
        "nc_setting": axes.n_pairs,
        "need_setting": axes.n_needs * axes.n_settings,
    }
    starts = np.concatenate([[1], 1 + np.cumsum(list(sizes.values()))])
    return {name: (int(start), size) for start, (name, size) in zip(starts, sizes.items(), strict=False)}


def _columns(axes: Axes, pair: Whole, need: Whole, kinds: dict[str, tuple[int, int]]) -> Whole:
    """Effects at work in each row, axes (row, 8)."""
    nc, setting = axes.pair_nc[pair], axes.pair_setting[pair]
    parts = {
        "nc_walk": nc,
        "nc": nc,
        "need": need,
        "setting": setting,
        "nc_need": need * axes.n_nc + nc,
        "nc_setting": pair,
        "need_setting": need * axes.n_settings + setting,
    }
    columns = [np.zeros_like(pair)] + [kinds[name][0] + index for name, index in parts.items()]
    return np.stack(columns, axis=1)


def _walk(length: int, pull: float) -> Floats:
    """Structure of a first-order random walk with a slight pull to zero: Σ(b₊₁ − b)² + pull·Σb²."""
    steps = np.diff(np.eye(length), axis=0)
    return np.asarray(steps.T @ steps + pull * np.eye(length))


def _structures(axes: Axes) -> dict[str, Floats | None]:
    """Structure matrix of each kind of effect; None for independent effects."""
    need_walk = np.asarray(np.kron(np.eye(axes.n_needs), _walk(axes.n_nc, 0.05)), dtype=np.float64)
    setting_walk = np.zeros((axes.n_pairs, axes.n_pairs))
    for setting in range(axes.n_settings):
        at = np.flatnonzero(axes.pair_setting == setting)
        setting_walk[np.ix_(at, at)] = _walk(len(at), 0.05)
    return {
        "nc_walk": _walk(axes.n_nc, 0.001),
        "nc": None,
        "need": None,
        "setting": None,
        "nc_need": need_walk,
        "nc_setting": setting_walk,
        "need_setting": None,
    }


def _precision(
    kinds: dict[str, tuple[int, int]],
    structures: dict[str, Floats | None],
    variances: dict[str, float],
    size: int,
) -> Floats:
    """Prior precision of all effects, axes (effect, effect)."""
    precision = np.zeros((size, size))
    precision[0, 0] = 0.01
    for name, (start, length) in kinds.items():
        block = slice(start, start + length)
        structure = structures[name]
        if structure is None:
            precision[block, block] = np.eye(length) / variances[name]
        else:
            precision[block, block] = structure / variances[name]
    return precision


def _newton(
    family: Family,
    columns: Whole,
    cross: Whole,
    events: Floats,
    exposed: Floats,
    beta: Floats,
    prior: Floats,
    intercept: float,
) -> tuple[Floats, Floats]:
    """One Newton step, shortened when it would move a rate by more than e³; new effects and covariance."""
    size = len(beta)
    eta = np.clip(beta[columns].sum(axis=1), -30.0, 30.0)
    if family == "poisson":
        mean = exposed * np.exp(eta)
        weight = mean
    else:
        chance = 1.0 / (1.0 + np.exp(-eta))
        mean = exposed * chance
        weight = mean * (1.0 - chance)
    width = columns.shape[1]
    information = np.bincount(cross, np.repeat(weight, width * width), minlength=size * size)
    gradient = np.bincount(columns.ravel(), np.repeat(events - mean, width), minlength=size)
    centre = np.zeros(size)
    centre[0] = intercept
    factor = cho_factor(information.reshape(size, size) + prior, lower=True, check_finite=False)
    step = cho_solve(factor, gradient - prior @ (beta - centre), check_finite=False)
    largest = float(np.abs(step[columns].sum(axis=1)).max(initial=0.0))
    step *= min(1.0, 3.0 / max(largest, 1e-12))
    return beta + step, _inverse(factor[0])


def _inverse(lower: Floats) -> Floats:
    """Return the inverse of a matrix from its lower Cholesky factor; a third of the work of solving for each column."""
    found, _ = dpotri(lower, lower=1)
    half = np.tril(found, -1)
    return np.asarray(half + half.T + np.diag(np.diagonal(found)))


def _strengths(
    kinds: dict[str, tuple[int, int]], structures: dict[str, Floats | None], beta: Floats, covariance: Floats
) -> dict[str, float]:
    """EM update of the variance of each kind of effect."""
    variances = {}
    for name, (start, length) in kinds.items():
        block = slice(start, start + length)
        b, v, structure = beta[block], covariance[block, block], structures[name]
        spread = b @ b + np.trace(v) if structure is None else b @ structure @ b + np.sum(structure * v)
        weight = STRENGTH_PRIOR_WEIGHT
        variances[name] = float((spread + weight * STRENGTH_PRIOR_SD**2) / (length + weight))
    return variances


def _pooled(
    family: Family,
    beta: Floats,
    covariance: Floats,
    variances: dict[str, float],
    axes: Axes,
    kinds: dict[str, tuple[int, int]],
) -> PooledRates:
    """Gather the fitted table, its variances and the root of the covariance."""
    pair, need = (grid.ravel() for grid in np.indices((axes.n_pairs, axes.n_needs)))
    columns = _columns(axes, pair, need, kinds)
    shape = (axes.n_pairs, axes.n_needs)
    variance = np.zeros(len(pair))
    for a in range(columns.shape[1]):
        for b in range(columns.shape[1]):
            variance += covariance[columns[:, a], columns[:, b]]
    root = np.linalg.cholesky((covariance + covariance.T) / 2 + 1e-10 * np.eye(len(beta)))
    strengths = {name: float(np.sqrt(value)) for name, value in variances.items()}
    centre = beta[columns].sum(axis=1).reshape(shape)
    return PooledRates(family, centre, variance.reshape(shape), root.astype(np.float32), strengths, axes)


def _assemble(effects: Singles, axes: Axes) -> Singles:
    """Sum effects into a table for each draw: (draw, effect) to (draw, p, d)."""
    kinds, draws = _kinds(axes), len(effects)

    def part(name: str) -> Singles:
        start, length = kinds[name]
        return effects[:, start : start + length]

    by_nc = effects[:, :1] + part("nc_walk") + part("nc")
    by_pair = by_nc[:, axes.pair_nc] + part("setting")[:, axes.pair_setting] + part("nc_setting")
    nc_need = part("nc_need").reshape(draws, axes.n_needs, axes.n_nc) + part("need")[:, :, None]
    need_setting = part("need_setting").reshape(draws, axes.n_needs, axes.n_settings)
    table = nc_need.transpose(0, 2, 1)[:, axes.pair_nc]
    table += need_setting.transpose(0, 2, 1)[:, axes.pair_setting]
    table += by_pair[:, :, None]
    return np.ascontiguousarray(table)
