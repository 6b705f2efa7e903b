"""The programme of projects as formulas: when each opens, how its places fill month by month, what it adds up to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.model.programme import printed_opening, printed_ramp_months
from forecasting.outputs.workbook.live import Work
from forecasting.outputs.workbook.terms import Path, Term, call, choose, each, figures, ratio, stated_or, term, total
from forecasting.periods import Month

_SEPTEMBER = 8  # months after January


@dataclass(frozen=True, eq=False)
class Opening:
    """The programme in formulas.

    Attributes:
        months: month indices of the timeline (`periods.Month`).
        open: along projects; net-new places open in each month.
        filled: along projects; net-new places filled in each month.
    """

    months: tuple[int, ...]
    open: tuple[Path, ...]
    filled: tuple[Path, ...]

    def january(self, of: Path, years: Sequence[int]) -> Path:
        """Return the cells of January along census years."""
        return Path(tuple(years), tuple(of.at(Month.of(year, 1).index) for year in years))

    def financial_year(self, of: Path, years: Sequence[int]) -> Path:
        """Return the mean of April to March along the financial years that end in `years`."""
        return Path(tuple(years), tuple(self._mean(of, Month.of(year - 1, 4).index) for year in years))

    @staticmethod
    def _mean(of: Path, first: int) -> Term:
        cells = [of.at(first + ahead) for ahead in range(12)]
        last = cells[-1].text.split("!")[-1]
        return Term(f"AVERAGE({cells[0].text}:{last})", float(np.mean([cell.value for cell in cells])))


def programme(work: Work) -> Opening | None:
    """Write the projects and their places by month; docs/method.md, section 1.4. None without projects."""
    plan = work.run.programme
    if not plan.projects:
        return None
    months = tuple(int(month) for month in plan.months)
    opened, filled = _projects(work, months)
    return Opening(months, opened, filled)


def _projects(work: Work, months: tuple[int, ...]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    plan, board = work.run.programme, work.board
    at = tuple(range(len(plan.projects)))
    heads = [f"Project {name}" for name in plan.projects]
    note = "Months are counted as year × 12 + month − 1, so that January 2018 is 24,216."
    board.open("Projects", at, heads, note)
    switches = Path(at, tuple(work.inputs.value("project_on", name) for name in plan.projects))
    on = board.row("Built", switches, "factor", "Assumptions: 1 built, 0 not")
    opens, full = _opens(work, at), _full(work, at)
    source = "table projects: places less places that close in exchange"
    net = board.row("Net-new places", figures(at, list(plan.net)), "long_count", source, "input")
    gross = board.row("Places", figures(at, list(plan.gross)), "long_count", "table projects of the dataset", "input")
    _sums(work, on, net, gross)
    board.close()
    places = tuple(on.terms[n] * net.terms[n] for n in at)
    opened = [Path(months, tuple(_open(places[n], opens.terms[n], month) for month in months)) for n in at]
    taken = [
        Path(months, tuple(_filled(places[n], opens.terms[n], full.terms[n], month) for month in months)) for n in at
    ]
    return (
        _monthly(work, "Net-new places open by month", months, opened),
        _monthly(work, "Net-new places filled by month", months, taken),
    )


def _opens(work: Work, at: tuple[int, ...]) -> Path:
    """Write the month in which each project opens: as assumed, else as in the table, with the delay of all."""
    board, names = work.board, work.run.programme.projects
    table = figures(at, list(printed_opening(work.run.dataset.table("projects"))))
    source = "table projects of the dataset; blank: not known"
    printed = board.row("Month of opening in the table", table, "whole", source, "input")
    found = [_stated(work.inputs.value("project_opens", name), printed.terms[n]) for n, name in enumerate(names)]
    how = "September of the year assumed, else as in the table; blank: not known"
    stated = board.row("Month of opening, before any delay", Path(at, tuple(found)), "whole", how)
    delay = work.inputs.value("project_delay")
    late = each(lambda month: _late(month, delay), stated)
    return board.row("Month of opening", late, "whole", "Later by the delay of all projects")


def _full(work: Work, at: tuple[int, ...]) -> Path:
    """Write the months until the places of each project are full: as assumed, else as in the table."""
    table = figures(at, list(printed_ramp_months(work.run.dataset.table("projects"))))
    source = "table projects of the dataset"
    known = work.board.row("Months until full in the table", table, "whole", source, "input")
    months = work.inputs.value("project_ramp") * 12.0
    chosen = each(lambda cell: stated_or(months, cell), known)
    return work.board.row("Months until full", chosen, "whole", "As assumed, else as in the table")


def _stated(year: Term, printed: Term) -> Term:
    september = year * 12.0 + float(_SEPTEMBER)
    value = printed.value if math.isnan(year.value) else september.value
    table = f'IF(ISNUMBER({printed.text}),{printed.text},"")'
    return Term(f"IF(ISNUMBER({year.text}),{september.text},{table})", value)


def _late(month: Term, delay: Term) -> Term:
    later = month + delay * 12.0
    value = math.nan if math.isnan(month.value) else round(later.value)
    return Term(f'IF(ISNUMBER({month.text}),ROUND({later.text},0),"")', value)


def _open(places: Term, opens: Term, month: int) -> Term:
    there = not math.isnan(opens.value) and month >= opens.value
    return Term(
        f"IF(ISNUMBER({opens.text}),IF({month}>={opens.text},{places.text},0),0)", places.value if there else 0.0
    )


def _filled(places: Term, opens: Term, full: Term, month: int) -> Term:
    since = term(month) - opens
    taken = choose(full.compare(">", 0.0), call("MIN", min, 1.0, ratio(since, full)), 1.0)
    inner = choose(since.compare(">=", 0.0), places * taken, 0.0)
    blank = math.isnan(opens.value)
    return Term(f"IF(ISNUMBER({opens.text}),{inner.text},0)", 0.0 if blank else inner.value)


def _monthly(work: Work, title: str, months: tuple[int, ...], rows: Sequence[Path]) -> tuple[Path, ...]:
    heads = [str(Month(month)) for month in months]
    work.board.open(title, months, heads)
    made = tuple(
        work.board.row(f"Project {name}", path, "decimal", "Built × net-new places × share open or filled")
        for name, path in zip(work.run.programme.projects, rows, strict=True)
    )
    work.board.close()
    return made


def _sums(work: Work, on: Path, net: Path, gross: Path) -> None:
    """Write what the projects that are built add up to."""
    for measure, label, each_project in (
        ("programme_places", "Places of the projects built", gross),
        ("programme_places_net", "Net-new places of the projects built", net),
    ):
        parts = on * each_project
        made = work.board.row(label, Path((0,), (_over(parts),)), "long_count", "Built × places, all projects")
        work.live.add(measure, made)


def _over(path: Path) -> Term:
    return total([Path((0,), (item,)) for item in path.terms]).terms[0]
