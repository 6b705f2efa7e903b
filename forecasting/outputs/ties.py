"""Which figures of a forecast count the same children: the ties between margins, before they are looked up in figures.

Four kinds: a figure is the sum of others; it is at least their sum, the rest being printed nowhere; it is the same as
another in the places where both agree; and a child of a provider is a child of its kind of setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from forecasting import axes
from forecasting.axes import Vocabulary
from forecasting.model.forecast import Label, Margin
from forecasting.values import Whole

_OF_YEAR_GROUPS = {"age_band": axes.AGE_BANDS, "phase": axes.PHASES}


@dataclass(frozen=True)
class Links:
    """How one measure is tied to others, each named as measure or measure:component.

    Attributes:
        adds: these add up to it.
        holds: it is at least the sum of these, along the same labels.
        same: each counts the same children wherever its figures agree.
    """

    adds: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    same: tuple[str, ...] = ()

    @property
    def measures(self) -> frozenset[str]:
        """Return the measures it is tied to."""
        return frozenset(name.partition(":")[0] for name in (*self.adds, *self.holds, *self.same))


@dataclass(frozen=True, eq=False)
class Piece:
    """One margin: its number, its labels by axis without the year, and the place of each figure among all figures."""

    at: int
    margin: Margin
    years: tuple[Label, ...]
    names: tuple[str, ...]
    ids: Whole

    @property
    def name(self) -> str:
        """Return measure or measure:component."""
        return f"{self.margin.measure}:{self.margin.component}" if self.margin.component else self.margin.measure


class Tie(NamedTuple):
    """A tie between figures.

    Attributes:
        totals: along rules.
        parts: rule × part.
        kind: "sum" holds in every figure or is none; "rest" holds where the parts leave no less than nothing; "same"
            holds where both agree.
    """

    totals: Whole
    parts: Whole
    kind: Literal["sum", "rest", "same"] = "sum"


def ties(pieces: Sequence[Piece], links: Mapping[str, Links], homes: Mapping[str, str]) -> Iterator[Tie]:
    """Yield every tie there may be between margins.

    Args:
        pieces: the margins.
        links: measure → how it is tied to others.
        homes: provider → its kind of setting.
    """
    for whole in pieces:
        for part in pieces:
            if whole.margin.measure != part.margin.measure or whole is part:
                continue
            yield from _finer(whole, part)
            yield from _group(whole, part)
            yield from _at_home(whole, part, homes)
        found = links.get(whole.margin.measure, Links()) if not whole.margin.component else Links()
        yield from _components(whole, [piece for piece in pieces if piece.name not in found.same])
        yield from _measures(whole, pieces, found.adds, "sum")
        yield from _measures(whole, pieces, found.holds, "rest")
        for name in found.same:
            yield from _measures(whole, pieces, (name,), "same")


def _finer(whole: Piece, part: Piece) -> Iterator[Tie]:
    """Yield the tie of a margin to one with one more axis."""
    extra = set(part.names) - set(whole.names)
    same = whole.margin.component == part.margin.component and whole.margin.fixed == part.margin.fixed
    if not same or len(extra) != 1 or len(part.names) != len(whole.names) + 1:
        return
    aligned = _aligned(whole, part, (*whole.names, *extra))
    if aligned is not None:
        yield aligned


def _aligned(whole: Piece, part: Piece, order: Sequence[str]) -> Tie | None:
    """Return totals and parts of the years and labels that both have; None when their labels differ."""
    labels = dict(zip(part.names, part.margin.labels[1:], strict=True))
    if any(labels[name] != own for name, own in zip(whole.names, whole.margin.labels[1:], strict=True)):
        return None
    years = [year for year in whole.years if year in part.years]
    above = whole.ids[[whole.years.index(year) for year in years]]
    below = part.ids[[part.years.index(year) for year in years]]
    below = below.transpose(0, *(1 + part.names.index(name) for name in order))
    return Tie(above.reshape(-1), below.reshape(above.size, -1))


def _group(whole: Piece, part: Piece) -> Iterator[Tie]:
    """Yield the ties of groups to finer labels: age bands and phases to year groups, INMSS to its two parts."""
    same = whole.margin.component == part.margin.component
    groups = _OF_YEAR_GROUPS.get(whole.names[0]) if len(whole.names) == 1 else None
    if same and groups is not None and part.names == ("nc_year",):
        for number, name in enumerate(whole.margin.labels[1]):
            yield from _selected(whole.ids[:, number], whole, part, _inside(groups, str(name), part.margin.labels[1]))
    if same and whole.margin.fixed == (("setting", "inmss"),) and part.names == ("setting",):
        chosen = [at for at, name in enumerate(part.margin.labels[1]) if name in axes.INMSS_PARTS]
        yield from _selected(whole.ids, whole, part, chosen)


def _inside(groups: Vocabulary, name: str, years: Sequence[Label]) -> list[int]:
    """Return which of some year groups are of an age band or phase; those beyond the first and last are of these."""
    first = [int(code["first_nc_year"]) for code in groups.codes]
    found = np.clip(np.searchsorted(first, [int(year) for year in years], side="right") - 1, 0, None)
    return [at for at, number in enumerate(found) if groups.names[int(number)] == name]


def _at_home(whole: Piece, part: Piece, homes: Mapping[str, str]) -> Iterator[Tie]:
    """Yield the ties of kinds of setting to the providers of that kind that are named; others may not be named."""
    if whole.margin.component or part.margin.component or (whole.names, part.names) != (("setting",), ("provider",)):
        return
    for number, setting in enumerate(whole.margin.labels[1]):
        mine = [at for at, name in enumerate(part.margin.labels[1]) if homes.get(str(name)) == setting]
        for tie in _selected(whole.ids[:, number], whole, part, mine):
            yield tie._replace(kind="rest")


def _selected(above: Whole, whole: Piece, part: Piece, chosen: Sequence[int]) -> Iterator[Tie]:
    years = [year for year in whole.years if year in part.years]
    if chosen and years and above.ndim == 1:
        rows = [part.years.index(year) for year in years]
        yield Tie(above[[whole.years.index(year) for year in years]], part.ids[rows][:, list(chosen)])


def _components(whole: Piece, pieces: Sequence[Piece]) -> Iterator[Tie]:
    """Yield the tie of a measure to its components, those left out that stand beside it and are no part of it."""
    parts = [piece for piece in pieces if piece.margin.component and piece.margin.measure == whole.margin.measure
             and piece.names == whole.names and piece.margin.labels == whole.margin.labels
             and piece.margin.fixed == whole.margin.fixed]  # fmt: skip
    if not whole.margin.component and len(parts) > 1:
        yield Tie(whole.ids.reshape(-1), np.stack([piece.ids.reshape(-1) for piece in parts], axis=1))


def _measures(
    whole: Piece, pieces: Sequence[Piece], names: Sequence[str], kind: Literal["sum", "rest", "same"]
) -> Iterator[Tie]:
    """Yield the tie of a measure to others along the labels that all of them have."""
    parts = [piece for piece in pieces if piece.name in names and piece.names == whole.names
             and piece.margin.fixed == whole.margin.fixed]  # fmt: skip
    if not parts or len(parts) < len(names):
        return
    labels = [[label for label in own if all(label in piece.margin.labels[axis] for piece in parts)]
              for axis, own in enumerate(whole.margin.labels)]  # fmt: skip
    if all(labels):
        yield Tie(_at(whole, labels), np.stack([_at(piece, labels) for piece in parts], axis=1), kind)


def _at(piece: Piece, labels: Sequence[Sequence[Label]]) -> Whole:
    """Return the places of the figures at some labels of each axis, flattened."""
    found = [[own.index(label) for label in wanted] for own, wanted in zip(piece.margin.labels, labels, strict=True)]
    return np.asarray(piece.ids[np.ix_(*found)].reshape(-1))
