"""What moved the answer from one forecast to another: data, method, each lever, and what they do together.

    start   the forecast before: another scenario of the same data, or a stored forecast of earlier data, made again
    S       what this version of the software says of the earlier data less what the stored forecast said
    D       the earlier scenario on the new data less the earlier scenario on the earlier data
    M       the method of the later forecast less the method before, on the new data
    L(l)    the earlier scenario with the changes of lever l taken from the later one, less without them
    end     the forecast now
    interaction = end − start − S − D − M − Σ L(l)

Each is a difference of two runs with the same seed, taken draw by draw, so that the parts of every draw add up to the
change of that draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting.analysis.kept_runs import kept, seed_of
from forecasting.analysis.steps import Steps
from forecasting.axes import FORECAST_KEYS
from forecasting.errors import UsageError
from forecasting.model.run import Run, lacking
from forecasting.scenario.catalogue import BY_NAME
from forecasting.scenario.from_dataset import unknown_keys
from forecasting.scenario.merge import Clash, differences
from forecasting.scenario.scenario import Change, Scenario
from forecasting.values import Floats

SOFTWARE, DATA, METHOD = "Newer software", "New data", "Method"
Tick = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Driver:
    """One cause: the run without it and the run with it, everything else as before.

    Attributes:
        name: what it is, in words.
        told: what changed, one entry each: "New plans: −6% from 2027 instead of as in the baseline".
        without: the run without it.
        having: the run with it.
    """

    name: str
    told: tuple[Clash, ...]
    without: Run
    having: Run


@dataclass(frozen=True, eq=False)
class Account:
    """The runs behind an account of a change.

    Attributes:
        start: the forecast before.
        drivers: causes, in order: data, method, then levers in the order of the catalogue.
        end: the forecast now.
        stored: measure → year → what the stored forecast said in its central run; empty when start is no stored one.
        notes: what could not be taken over from the earlier scenario.
    """

    start: Run
    drivers: tuple[Driver, ...]
    end: Run
    stored: dict[str, dict[int, float]]
    notes: tuple[str, ...] = ()

    def measures(self) -> tuple[str, ...]:
        """Return the measures that every run has draw by draw."""
        return tuple(m for m in self.start.totals if all(m in run.totals for run in self.runs()))

    def years(self, measure: str) -> tuple[int, ...]:
        """Return the years after the last base year for which every run has a measure."""
        common = set.intersection(*[set(run.totals[measure].years) for run in self.runs()])
        said = set(self.stored.get(measure, {})) or common
        return tuple(sorted(year for year in common & said if year >= self.end.forecast.base_year))

    def runs(self) -> tuple[Run, ...]:
        """Return every run, the two ends first."""
        return (self.start, self.end, *(run for one in self.drivers for run in (one.without, one.having)))


def account(
    start: Run, end: Run, *, draws: int | None = None, stored: dict[str, dict[int, float]] | None = None,
    tick: Tick | None = None,
) -> Account:  # fmt: skip
    """Return the runs that explain how a forecast came from one scenario (or dataset) to another.

    Args:
        start: the forecast before; made to the last year of `end` again.
        end: the forecast now.
        draws: draws of every run; those of `end` when not given.
        stored: what a stored forecast said, by measure and year; start is then its scenario on its data.
        tick: told the share that is done, 0 to 1.
    """
    count = end.forecast.draws if draws is None else draws
    last, seed = end.forecast.years[-1], seed_of(end)

    def made(of: Run, scenario: Scenario, method: str) -> Run:
        return kept(of.dataset, scenario, last, method, count, seed)

    told = differences(start.scenario, end.scenario)
    levers = [name for name in BY_NAME if any(clash.lever == name for clash in told)]
    report = _Progress(len(levers) + 4, tick)
    before = report(made(start, start.scenario, start.forecast.method))
    base, strangers = _carried(start.scenario, end)
    found: list[Driver] = []
    here = before
    if end.dataset.content_hash != start.dataset.content_hash:
        same = before.forecast.method if not lacking(end.dataset, before.forecast.method) else end.forecast.method
        here = report(made(end, base, same))
        found.append(Driver(DATA, (), before, here))
    if here.forecast.method != end.forecast.method:
        moved = report(made(end, base, end.forecast.method))
        found.append(Driver(METHOD, (), here, moved))
        here = moved
    for lever in levers:
        alone = report(made(end, _with(base, end.scenario, lever), end.forecast.method))
        found.append(Driver(BY_NAME[lever].label, tuple(c for c in told if c.lever == lever), here, alone))
    after = report(made(end, end.scenario, end.forecast.method))
    report.finish()
    return Account(before, tuple(found), after, stored or {}, strangers)


def steps(found: Account, measure: str) -> Steps:
    """Return the account of one measure, run by run.

    Raises:
        UsageError: some run has no total of that measure.
    """
    if measure not in found.measures():
        raise UsageError(f'there is no total of "{measure}" to explain: the tables of the dataset do not give one')
    years = found.years(measure)
    if not years:
        raise UsageError(f'the two forecasts have no year in common for "{measure}"')
    size = max(len(run.totals[measure].runs) for run in found.runs())

    def of(run: Run) -> Floats:
        total = run.totals[measure]
        at = [total.years.index(year) for year in years]
        return np.broadcast_to(total.runs[:, at], (size, len(years)))

    names = [driver.name for driver in found.drivers]
    effects = [of(driver.having) - of(driver.without) for driver in found.drivers]
    start = of(found.start)
    said = found.stored.get(measure)
    if said:
        shift = start[0] - np.array([said[year] for year in years])
        start = start - shift
        names, effects = [SOFTWARE, *names], [np.broadcast_to(shift, start.shape), *effects]
    stacked = np.array(effects).reshape(len(effects), size, len(years))
    return Steps(measure, tuple(names), years, start, stacked, of(found.end))


def said(table: pd.DataFrame) -> dict[str, dict[int, float]]:
    """Return the central totals of a stored forecast table: measure → year → figure."""
    keys = [name for name in FORECAST_KEYS if name not in ("scenario", "measure", "year")]
    rows = table[(table[keys].fillna("") == "").all(axis=1) & table["year"].notna()]
    found: dict[str, dict[int, float]] = {}
    for measure, year, value in zip(rows["measure"], rows["year"], rows["central"], strict=True):
        found.setdefault(str(measure), {})[int(year)] = float(value)
    return found


@dataclass
class _Progress:
    """Counts the runs that are made."""

    of: int
    tick: Tick | None
    done: int = 0

    def __call__(self, made: Run) -> Run:
        self.done += 1
        if self.tick:
            self.tick(min(self.done / self.of, 1.0))
        return made

    def finish(self) -> None:
        if self.tick:
            self.tick(1.0)


def _carried(scenario: Scenario, end: Run) -> tuple[Scenario, tuple[str, ...]]:
    """Return an earlier scenario as far as the new data know its needs and projects, and what they do not know."""
    known = tuple(c for c in scenario.changes if not unknown_keys(end.dataset, Scenario("one", (c,))))
    lost = [f"{c.lever} ({c.key})" for c in scenario.changes if c not in known]
    told = f"The new data have no {', '.join(lost)}: these changes of the earlier scenario count as new data."
    return replace(scenario, changes=known, method=""), (told,) if lost else ()


def _with(base: Scenario, other: Scenario, lever: str) -> Scenario:
    """Return a scenario with the changes of one lever as the other has them."""
    mine = tuple(change for change in base.changes if change.lever != lever)
    theirs: tuple[Change, ...] = tuple(change for change in other.changes if change.lever == lever)
    return replace(base, changes=(*mine, *theirs))
