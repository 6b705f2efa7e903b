"""The sums that hold between the figures of a forecast: which cells add up to which.

Rounding and disclosure control both need them: what is printed must add up, and what is withheld must not be found by
subtraction. A sum is taken up when it holds in the figures themselves, so that figures which only look alike (children
by provider, where some providers are not listed) are not tied together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from forecasting import axes
from forecasting.model.forecast import Forecast, Label, Margin
from forecasting.values import Floats, Whole

_NOISE = 1e-6


@dataclass(frozen=True, eq=False)
class System:
    """Figures of one year that are tied together by sums.

    Attributes:
        year: January census year.
        margin: along figures; the number of the margin in the forecast.
        cell: along figures; the place of the figure in the margin, flattened.
        values: along figures; central figures.
        rules: rule × figure; each rule's entries × figures are 0: parts 1, their total −1.
    """

    year: int
    margin: Whole
    cell: Whole
    values: Floats
    rules: sparse.csr_matrix


@dataclass(frozen=True, eq=False)
class _Piece:
    """One margin: its number, its labels by axis without the year, and the place of each figure among all figures."""

    at: int
    margin: Margin
    years: tuple[Label, ...]
    names: tuple[str, ...]
    ids: Whole


def systems(
    forecast: Forecast, measures: Sequence[str], adds: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[System, ...]:
    """Return the figures of some measures, year by year, with every sum that holds between them.

    Args:
        forecast: the forecast.
        measures: names of the measures.
        adds: for a measure that is the sum of others, these others.
    """
    pieces = _pieces(forecast, measures)
    if not pieces:
        return ()
    total = sum(piece.ids.size for piece in pieces)
    values = np.concatenate([piece.margin.stats[0].ravel() for piece in pieces])
    margin = np.concatenate([np.full(piece.ids.size, piece.at) for piece in pieces])
    cell = np.concatenate([np.arange(piece.ids.size) for piece in pieces])
    year = np.concatenate([_years(piece) for piece in pieces])
    found = [part for pair in _ties(pieces, adds or {}) for part in _rules(*pair, values)]
    rules = sparse.vstack(found, format="csr") if found else sparse.csr_matrix((0, total))
    lead = _lead_year(rules, year)
    return tuple(
        _one(int(now), (year == now) & ~np.isnan(values), rules[lead == now], margin, cell, values)
        for now in np.unique(year)
    )


def _one(now: int, here: Whole, rules: sparse.csr_matrix, margin: Whole, cell: Whole, values: Floats) -> System:
    whole = np.asarray((abs(rules) @ (~here).astype(np.float64)) == 0).ravel() if rules.shape[0] else slice(None)
    return System(now, margin[here], cell[here], values[here], rules[whole][:, here])


def _lead_year(rules: sparse.csr_matrix, year: Whole) -> Whole:
    return np.asarray(year[rules.indices[rules.indptr[:-1]]]) if rules.shape[0] else np.zeros(0, dtype=np.int64)


def _pieces(forecast: Forecast, measures: Sequence[str]) -> list[_Piece]:
    found: list[_Piece] = []
    start = 0
    for at, margin in enumerate(forecast.margins):
        if margin.measure in measures and margin.axes and margin.axes[0] == "year":
            shape = tuple(len(labels) for labels in margin.labels)
            size = int(np.prod(shape))
            ids = np.arange(start, start + size).reshape(shape)
            found.append(_Piece(at, margin, margin.labels[0], margin.axes[1:], ids))
            start += size
    return found


def _years(piece: _Piece) -> Whole:
    first = np.asarray([int(year) for year in piece.years])
    return np.repeat(first, piece.ids.size // len(first))


Tie = tuple[Whole, Whole]  # totals along rules; parts, rule × part


def _ties(pieces: Sequence[_Piece], adds: Mapping[str, tuple[str, ...]]) -> Iterator[Tie]:
    for whole in pieces:
        for part in pieces:
            if whole.margin.measure != part.margin.measure or whole is part:
                continue
            yield from _finer(whole, part)
            yield from _group(whole, part)
        yield from _components(whole, pieces)
        yield from _measures(whole, pieces, adds.get(whole.margin.measure, ()))


def _finer(whole: _Piece, part: _Piece) -> Iterator[Tie]:
    """Yield the tie of a margin to one with one more axis."""
    extra = set(part.names) - set(whole.names)
    same = whole.margin.component == part.margin.component and whole.margin.fixed == part.margin.fixed
    if not same or len(extra) != 1 or len(part.names) != len(whole.names) + 1:
        return
    aligned = _aligned(whole, part, (*whole.names, *extra))
    if aligned is not None:
        yield aligned


def _aligned(whole: _Piece, part: _Piece, order: Sequence[str]) -> Tie | None:
    """Return totals and parts of the years and labels that both have; None when their labels differ."""
    labels = dict(zip(part.names, part.margin.labels[1:], strict=True))
    if any(labels[name] != own for name, own in zip(whole.names, whole.margin.labels[1:], strict=True)):
        return None
    years = [year for year in whole.years if year in part.years]
    above = whole.ids[[whole.years.index(year) for year in years]]
    below = part.ids[[part.years.index(year) for year in years]]
    below = below.transpose(0, *(1 + part.names.index(name) for name in order))
    return above.reshape(-1), below.reshape(above.size, -1)


def _group(whole: _Piece, part: _Piece) -> Iterator[Tie]:
    """Yield the ties of labels that are groups of finer labels: age bands of year groups, INMSS of its two parts."""
    same = whole.margin.component == part.margin.component
    if same and whole.names == ("age_band",) and part.names == ("nc_year",):
        for number, band in enumerate(whole.margin.labels[1]):
            yield from _selected(whole.ids[:, number], whole, part, _in_band(str(band), part.margin.labels[1]))
    if same and whole.margin.fixed == (("setting", "inmss"),) and part.names == ("setting",):
        chosen = [at for at, name in enumerate(part.margin.labels[1]) if name in axes.INMSS_PARTS]
        yield from _selected(whole.ids, whole, part, chosen)


def _in_band(band: str, years: Sequence[Label]) -> list[int]:
    codes = axes.AGE_BANDS.codes
    order = [code.code for code in codes]
    first = [int(code["first_nc_year"]) for code in codes]
    found = np.clip(np.searchsorted(first, [int(year) for year in years], side="right") - 1, 0, None)
    return [at for at, number in enumerate(found) if order[int(number)] == band]


def _selected(above: Whole, whole: _Piece, part: _Piece, chosen: Sequence[int]) -> Iterator[Tie]:
    years = [year for year in whole.years if year in part.years]
    if chosen and years and above.ndim == 1:
        rows = [part.years.index(year) for year in years]
        yield above[[whole.years.index(year) for year in years]], part.ids[rows][:, list(chosen)]


def _components(whole: _Piece, pieces: Sequence[_Piece]) -> Iterator[Tie]:
    """Yield the tie of a measure to its components."""
    parts = [piece for piece in pieces if piece.margin.component and piece.margin.measure == whole.margin.measure
             and piece.names == whole.names and piece.margin.labels == whole.margin.labels
             and piece.margin.fixed == whole.margin.fixed]  # fmt: skip
    if not whole.margin.component and len(parts) > 1:
        yield whole.ids.reshape(-1), np.stack([piece.ids.reshape(-1) for piece in parts], axis=1)


def _measures(whole: _Piece, pieces: Sequence[_Piece], adds: Sequence[str]) -> Iterator[Tie]:
    """Yield the tie of a measure to the measures that add up to it, along the same labels."""
    parts = [piece for piece in pieces if piece.margin.measure in adds and piece.names == whole.names
             and piece.margin.labels[1:] == whole.margin.labels[1:] and piece.margin.component == whole.margin.component
             and piece.margin.fixed == whole.margin.fixed]  # fmt: skip
    years = [year for year in whole.years if all(year in piece.years for piece in parts)]
    if parts and len(parts) == len(adds) and years:
        above = whole.ids[[whole.years.index(year) for year in years]]
        below = [piece.ids[[piece.years.index(year) for year in years]].reshape(-1) for piece in parts]
        yield above.reshape(-1), np.stack(below, axis=1)


def _rules(totals: Whole, parts: Whole, values: Floats) -> Iterator[sparse.csr_matrix]:
    """Yield the rules of a tie, when they hold in every year that is known."""
    gap = values[parts].sum(axis=1) - values[totals]
    known = ~np.isnan(gap)
    if not known.any() or np.abs(gap[known]).max() > _NOISE * max(1.0, float(np.abs(values[totals][known]).max())):
        return
    totals, parts = totals[known], parts[known]
    rows = np.repeat(np.arange(len(totals)), parts.shape[1] + 1)
    columns = np.concatenate([parts, totals[:, None]], axis=1).ravel()
    entries = np.tile(np.concatenate([np.ones(parts.shape[1]), [-1.0]]), len(totals))
    yield sparse.csr_matrix((entries, (rows, columns)), shape=(len(totals), len(values)))
