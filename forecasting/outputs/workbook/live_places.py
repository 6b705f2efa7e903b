"""Places under the published method as formulas: needed, where children are, places open and short."""

from __future__ import annotations

import math

import numpy as np

from forecasting.model import places
from forecasting.model.cells import Cells, Shares, cells_at_snapshot, mapped_needs, snapshot
from forecasting.outputs.workbook.live import Work
from forecasting.outputs.workbook.live_placed import IN, OUT, Demand, Start, placed
from forecasting.outputs.workbook.live_programme import Opening
from forecasting.outputs.workbook.terms import (
    Path,
    Term,
    choose,
    each,
    figures,
    known_or,
    ratio,
    share,
    term,
    total,
    total_of,
    when,
)
from forecasting.values import Floats


def needed(work: Work, start: Start, opening: Opening | None) -> Demand:
    """Write places needed, children placed and places short; docs/method.md, sections 1.2 to 1.5."""
    under, growth = _needed(work, start)
    _by_label(work, start, under, growth, opening)
    since = [year for year in work.years if year >= max(snapshot(work.run.dataset), work.years[0])]
    return placed(work, start, under, growth, opening, tuple(since))


def beginning(work: Work) -> Start:
    """Write the children at the snapshot by setting, in and out of the borough; return their cells."""
    dataset, data = work.run.dataset, work.data
    shares = tuple(places.need_shares(dataset, work.run.assumptions).items())
    cells, children = cells_at_snapshot(dataset, shares)
    year = snapshot(dataset)
    known: dict[tuple[str, str], Term] = {}
    for setting in cells.settings.names:
        for place in (IN, OUT):
            count = float((cells.where("setting", setting) * cells.where("place", place)) @ children)
            if count > 0:
                where = "in the borough" if place == IN else "out of the authority"
                known[setting, place] = data.cell(
                    f"{cells.settings.label(setting)}, {where}, January {year}",
                    count,
                    "long_count",
                    "tables placements and providers",
                )
    return _scaled(work, cells, children, known)


def _scaled(work: Work, cells: Cells, children: Floats, known: dict[tuple[str, str], Term]) -> Start:
    board = work.board
    board.open("Children in specialist places at the start", (0,), ("Children",))
    counted = total_of([cell for (_, place), cell in known.items() if place == OUT] or [term(0.0)])
    placed = board.row("Out of the authority, as counted", Path((0,), (counted,)), "long_count", "Sum of the settings")
    wanted = work.inputs.value("out_of_borough_baseline")
    held = choose(placed.terms[0].compare(">", 0.0), _stated(wanted, placed.terms[0]), 0.0)
    out = board.row(
        "Out of the authority, as assumed", Path((0,), (held,)), "long_count", "The baseline assumed"
    ).terms[0]
    inside: dict[str, Term] = {}
    outside: dict[str, Term] = {}
    for (setting, place), cell in known.items():
        scaled = cell if place == IN else ratio(cell * out, placed.terms[0])
        where = "in the borough" if place == IN else "out of the authority"
        row = board.row(
            f"{cells.settings.label(setting)}, {where}",
            Path((0,), (scaled,)),
            "long_count",
            "As counted; out of the authority brought to the baseline assumed",
        )
        (inside if place == IN else outside)[setting] = row.terms[0]
    whole = board.row(
        "All children in specialist places",
        Path((0,), (total_of([*inside.values(), *outside.values()]),)),
        "long_count",
        "Sum",
    ).terms[0]
    board.close()
    return Start(cells, children, inside, outside, whole, out)


def _stated(wanted: Term, counted: Term) -> Term:
    return Term(
        f"IF(ISNUMBER({wanted.text}),{wanted.text},{counted.text})",
        counted.value if math.isnan(wanted.value) else wanted.value,
    )


def _needed(work: Work, start: Start) -> tuple[Path, Path]:
    board, years = work.board, work.years
    board.open("Places needed", years, note="Additional local places over those open in the base year.")
    computed = work.inputs.path("bring_back_share", years) * start.out
    under = board.row(
        "Under-provision",
        known_or(work.inputs.path("under_provision_places", years), computed),
        "long_count",
        "As fixed, else share to bring back × out-of-authority placements",
    )
    growth = board.row("Growth", _growth(work), "long_count", "As fixed by its year, else from the growth base")
    whole = board.row("Places needed", under + growth, "long_count", "Under-provision + growth")
    work.live.add("places_needed", under, "under_provision")
    work.live.add("places_needed", growth, "growth")
    work.live.add("places_needed", whole)
    board.close()
    return under, growth


def _growth(work: Work) -> Path:
    """Return growth places: a fixed number that accrues as pupils grow, else by the growth base."""
    years, dataset = work.years, work.run.dataset
    item = work.run.assumptions.last("growth_places")
    last = item.from_year if item and item.from_year else int(dataset.about("forecast_to") or years[-1])
    pupils = Path(years, tuple(work.live.cells["pupils", "", (), year] for year in years))
    extra = pupils - pupils.terms[0]
    fixed = work.inputs.value("growth_places")
    end = extra.at(last) if last in years else term(0.0)
    evenly = figures(years, [(year - years[0]) / max(last - years[0], 1) for year in years])
    accrued = when(end.compare("=", 0.0), evenly, share(extra, end)) * fixed
    commissioned = work.data.cell(
        "Commissioned places in the borough",
        float(dataset.table("providers")["commissioned"].sum()),
        "long_count",
        "table providers of the dataset",
    )
    by_places = extra / pupils.terms[0] * commissioned
    by_rate = extra * work.inputs.path("ehc_plan_rate", years) if _rated(work) else extra * 0.0
    chosen = when(work.inputs.word("growth_base", "commissioned_share"), by_places, by_rate)
    return each(
        lambda own, other: Term(
            f"IF(ISNUMBER({fixed.text}),{own.text},{other.text})", other.value if math.isnan(fixed.value) else own.value
        ),
        accrued,
        chosen,
    )


def _rated(work: Work) -> bool:
    return not bool(np.isnan(work.run.assumptions.path("ehc_plan_rate", work.years)).all())


def _by_label(work: Work, start: Start, under: Path, growth: Path, opening: Opening | None) -> None:
    """Write places needed and short by need, and short in total."""
    board, years, dataset = work.board, work.years, work.run.dataset
    net = [opening.january(path, years) for path in opening.open] if opening else []
    board.open("Places needed and short, by need", years)
    _in_total(work, under + growth, total(net) if net else figures(years, [0.0] * len(years)))
    left = _shares_of(start.cells, start.cells.where("place", OUT) * start.children)
    ahead = _need_shares(work, start)
    projects = [mapped_needs(dataset, "projects", "need", word) for word in dataset.table("projects")["need"]]
    for need in _needs(work):
        built = [path * found[need] for path, found in zip(net, projects, strict=True) if found.get(need)]
        _of_need(work, need, under * left.get(need, 0.0), growth * ahead.get(need, term(0.0)), built)
    board.close()


def _in_total(work: Work, needed: Path, net: Path) -> None:
    opened = work.board.row("Net-new places open", net, "long_count", "Calc programme, January")
    how = "Places needed less net-new places open; below zero: to spare"
    work.live.add("places_short", work.board.row("Places short", needed - opened, "long_count", how))


def _of_need(work: Work, need: str, under: Path, growth: Path, built: list[Path]) -> None:
    board, label = work.board, work.run.dataset.needs.label(need)
    first = board.row(f"{label}: under-provision", under, "long_count", "Under-provision × share of the need")
    second = board.row(f"{label}: growth", growth, "long_count", "Growth × share of the need")
    whole = board.row(f"{label}: places needed", first + second, "long_count", "Sum")
    left = whole - total(built) if built else whole + 0.0
    short = board.row(f"{label}: places short", left, "long_count", "Less net-new places for the need")
    for path, component in ((first, "under_provision"), (second, "growth"), (whole, "")):
        work.live.add("places_needed", path, component, need=need)
    work.live.add("places_short", short, need=need)


def _needs(work: Work) -> tuple[str, ...]:
    return tuple(str(code) for code in work.run.forecast.margin("places_needed", "need").labels[1])


def _shares_of(cells: Cells, weights: Floats) -> Shares:
    return cells.shares(weights, "need")


def _need_shares(work: Work, start: Start) -> dict[str, Term]:
    """Return the share of growth of each need, scaled to add up to 1."""
    known = places.need_shares(work.run.dataset, work.run.assumptions)
    if not known:
        scaled = start.children
        return {need: term(value) for need, value in _shares_of(start.cells, scaled).items()}
    cells = {need: work.inputs.value("need_share", need) for need in known}
    whole = total_of(list(cells.values()))
    return {need: ratio(cell, whole) for need, cell in cells.items()}
