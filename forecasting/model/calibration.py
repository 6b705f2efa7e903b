"""The base year brought to the budget: which lines pay for which settings, and by what ratio the model misses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.costs import leaves
from forecasting.periods import year_to_financial_year
from forecasting.values import Floats


@dataclass(frozen=True, eq=False)
class Lines:
    """Budget lines of one financial year, sorted by what they pay for.

    Attributes:
        year: the financial year, by the year in which it ends; 0 when there is no budget.
        groups: the settings that a line (or several together) pays for.
        gbp: along groups; £ of that year.
        services: lines that pay for no kind of setting (central services, therapies), £ of that year.
    """

    year: int
    groups: tuple[tuple[str, ...], ...]
    gbp: Floats
    services: dict[str, float]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Factors that bring the base year to the budget.

    Attributes:
        year: financial year of the budget, by the year in which it ends; 0 when there is none.
        groups: settings that are brought to the budget together.
        budget: along groups; £.
        modelled: along groups; £ of the same year before calibration.
        place: along settings; factor on place funding: 1 unless a budget is smaller than the place funding alone.
        variable: along settings; factor on top-up and fees.
        services: lines that follow prices alone, £ of the base year.
        notes: what could not be matched, in sentences.
        unrated: settings without a rate of their own: the budget says what a child costs.
    """

    year: int
    groups: tuple[tuple[str, ...], ...]
    budget: Floats
    modelled: Floats
    place: Floats
    variable: Floats
    services: dict[str, float]
    notes: tuple[str, ...]
    unrated: frozenset[str] = frozenset()

    @property
    def ratio(self) -> Floats:
        """Return modelled ÷ budget along groups."""
        blank = np.full(len(self.budget), np.nan)
        return np.asarray(np.divide(self.modelled, self.budget, out=blank, where=self.budget > 0))


@lru_cache(maxsize=64)
def budget_lines(dataset: Dataset, first: int, settings: tuple[str, ...]) -> Lines:
    """Return the budget lines of the last budget that is not later than the first year, else of the first budget."""
    rows = leaves(dataset, "expenditure")
    if rows.empty:
        return Lines(0, (), np.zeros(0), {})
    known = sorted(set(rows["year"]))
    year = max((y for y in known if y <= first), default=known[0])
    rows = rows[rows["year"] == year]
    paid: dict[tuple[str, ...], float] = {}
    services: dict[str, float] = {}
    for line, gbp, role in zip(rows["line"], rows["gbp"], rows["role"], strict=True):
        group = tuple(s for s in (axes.INMSS_PARTS if role == "inmss" else (role,)) if s in settings)
        if group:
            paid[group] = paid.get(group, 0.0) + float(gbp)
        else:
            services[str(line)] = float(gbp)
    return Lines(int(year), tuple(paid), np.array(list(paid.values())), services)


def calibrate(lines: Lines, settings: Sequence[str], place: Floats, variable: Floats, first: int) -> Calibration:
    """Return the factors that bring the modelled base year to the budget.

    For settings S of a line with budget B, place funding P and top-up and fees V: V is scaled by (B − P) ÷ V, because
    the amounts of a place are national. Where B is less than P, both are scaled by B ÷ (P + V).

    Args:
        lines: budget lines by what they pay for.
        settings: codes along `place` and `variable`.
        place: along settings; modelled place funding of the base year, £.
        variable: along settings; modelled top-up and fees of the base year, £.
        first: the base year.
    """
    member = np.array([[s in group for s in settings] for group in lines.groups], dtype=np.float64)
    member = member.reshape(len(lines.groups), len(settings))
    fixed, moving = member @ place, member @ variable
    modelled = fixed + moving
    usable = (modelled > 0) & ((moving > 0) | (lines.gbp <= fixed))
    short = lines.gbp < fixed
    every = np.divide(lines.gbp, modelled, out=np.ones(len(modelled)), where=modelled > 0)
    rest = np.divide(lines.gbp - fixed, moving, out=np.ones(len(modelled)), where=moving > 0)
    of_place = np.where(usable & short, every, 1.0)
    of_rest = np.where(usable, np.where(short, every, rest), 1.0)
    services = dict(lines.services)
    lost = [at for at, found in enumerate(usable) if not found]
    services.update({" and ".join(lines.groups[at]): float(lines.gbp[at] - fixed[at]) for at in lost})
    within = member.sum(axis=0) > 0
    return Calibration(
        lines.year, lines.groups, lines.gbp, modelled,
        np.where(within, of_place @ member, 1.0) if len(lines.groups) else np.ones(len(settings)),
        np.where(within, of_rest @ member, 1.0) if len(lines.groups) else np.ones(len(settings)),
        services, _notes(lines, lost, first),
    )  # fmt: skip


def _notes(lines: Lines, lost: Sequence[int], first: int) -> tuple[str, ...]:
    if not lines.year:
        return ("The dataset has no budget, so the modelled cost of the base year is not brought to one.",)
    found = [f"The budget for {' and '.join(lines.groups[at])} pays for no children known, so it follows prices alone."
             for at in lost]  # fmt: skip
    if lines.year != first:
        found.append(f"The budget of {year_to_financial_year(lines.year)} stands for {year_to_financial_year(first)}.")
    return tuple(found)
