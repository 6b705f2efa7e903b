"""Where children are under the published method, as formulas: with and without the projects; places open and spare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting import axes
from forecasting.model import places
from forecasting.model.cells import Cells
from forecasting.outputs.workbook.live import Work
from forecasting.outputs.workbook.live_programme import Opening
from forecasting.outputs.workbook.terms import (
    Path,
    Term,
    each,
    figures,
    largest,
    ratio,
    share,
    smallest,
    term,
    total,
)
from forecasting.values import Floats

IN, OUT = "in_borough", "out_of_borough"


@dataclass(frozen=True, eq=False)
class Start:
    """Children in specialist places at the snapshot, in cells.

    Attributes:
        cells: the cells of the snapshot.
        children: along cells; as placed, before the baseline of out-of-authority placements is applied.
        inside: setting → children in the borough.
        outside: setting → children out of the authority, brought to the baseline assumed.
        whole: all of them.
        out: all those out of the authority.
    """

    cells: Cells
    children: Floats
    inside: dict[str, Term]
    outside: dict[str, Term]
    whole: Term
    out: Term


@dataclass(frozen=True, eq=False)
class Demand:
    """Places needed and where children are, as the money needs them.

    Attributes:
        under: under-provision, along the years forecast.
        growth: growth places, along the years forecast.
        factor: children placed relative to the snapshot, along its years.
        outside: children out of the authority, were nothing built; along the same years.
    """

    under: Path
    growth: Path
    factor: Path
    outside: Path


def placed(
    work: Work, start: Start, under: Path, growth: Path, opening: Opening | None, years: tuple[int, ...]
) -> Demand:
    """Write children placed, with and without the programme, by place and setting."""
    board = work.board
    board.open("Children in specialist places", years, note="From the year in which they were counted.")
    grown = Path(years, tuple(growth.at(year) for year in years))
    factor = board.row(
        "Growth since they were counted",
        each(lambda g: ratio(g - grown.terms[0], start.whole) + 1.0, grown),
        "factor",
        "1 + growth places since then ÷ all children at the start",
    )
    required = board.row("Children in specialist places", factor * start.whole, "long_count", "Start × growth")
    work.live.add("placements", required)
    work.live.add("places_required", required)
    outside = board.row("Out of the authority, were nothing built", factor * start.out, "long_count", "Start × growth")
    filled = _filled(work, start, opening, years)
    back = board.row(
        "Brought back by the projects",
        smallest(brought_back(under.over(years), grown, filled), outside),
        "long_count",
        "Under-provision × share of places needed that is built and filled, at most those out of the authority",
    )
    out = board.row("Out of the authority", outside - back, "long_count", "Were nothing built, less those brought back")
    here = board.row("In the borough", required - out, "long_count", "All less those out of the authority")
    work.live.add("placements", out, place=OUT)
    work.live.add("placements", here, place=IN)
    inside = _by_setting(work, start, factor, back, opening, years)
    _capacity(work, inside, opening, years)
    board.close()
    return Demand(under, growth, factor, outside)


def brought_back(under: Path, growth: Path, filled: Path) -> Path:
    """Return children brought back: U × min(1, F ÷ (U + G)); `places.brought_back` says the same."""
    whole = under + largest(growth, 0.0)
    return under * largest(0.0, smallest(1.0, share(filled, whole)))


def _filled(work: Work, start: Start, opening: Opening | None, years: tuple[int, ...]) -> Path:
    serving = places.serves(work.run.dataset, start.cells)
    parts = (
        [opening.january(path, years) for path, used in zip(opening.filled, serving, strict=True) if used]
        if opening
        else []
    )
    return work.board.row(
        "Net-new places filled that can bring children back",
        total(parts) if parts else figures(years, [0.0] * len(years)),
        "long_count",
        "Calc programme, January: projects for a phase that has children out of the authority",
    )


def _by_setting(
    work: Work, start: Start, factor: Path, back: Path, opening: Opening | None, years: tuple[int, ...]
) -> dict[str, Path]:
    """Write children by setting; return those in the borough. Who is brought back arrives where the projects are."""
    dataset, arriving = work.run.dataset, dict[str, list[Path]]()
    homes = [setting or "unknown" for setting in dataset.table("projects")["setting"]]
    serving = places.serves(dataset, start.cells)
    for number, home in enumerate(homes if opening else []):
        path = opening.january(opening.filled[number], years) if opening else back
        arriving.setdefault(home, []).append(path * float(serving[number]))
    sums = {home: largest(total(parts), 0.0) for home, parts in arriving.items()}
    every = total(list(sums.values())) if sums else figures(years, [0.0] * len(years))
    inside = {}
    for setting in dict.fromkeys([*start.inside, *start.outside, *sums]):
        name = dataset.settings.label(setting)
        come = back * share(sums[setting], every) if setting in sums else back * 0.0
        inside[setting] = work.board.row(
            f"{name}, in the borough",
            factor * start.inside.get(setting, term(0.0)) + come,
            "long_count",
            "Start × growth, more those brought back to the projects there",
        )
        away = start.outside.get(setting, term(0.0))
        outside = work.board.row(
            f"{name}, out of the authority",
            factor * away - back * ratio(away, start.out),
            "long_count",
            "Start × growth, less those brought back",
        )
        whole = work.board.row(name, inside[setting] + outside, "long_count", "In the borough + out of the authority")
        work.live.add("placements", whole, setting=setting)
    parts = [
        Path(years, tuple(work.live.cells["placements", "", (("setting", setting),), year] for year in years))
        for setting in axes.INMSS_PARTS
        if ("placements", "", (("setting", setting),), years[0]) in work.live.cells
    ]
    if parts and work.run.forecast.has("placements", setting="inmss"):
        row = work.board.row("Independent and non-maintained special schools", total(parts), "long_count", "Sum")
        work.live.add("placements", row, setting="inmss")
    return inside


def _capacity(work: Work, inside: dict[str, Path], opening: Opening | None, years: tuple[int, ...]) -> None:
    """Write places open and spare, in total and by setting; children in a setting without places are not set off."""
    forecast = work.run.forecast
    if not forecast.has("places_available", "setting"):
        return
    providers, known = places.capacity(work.run.dataset, years)
    homes = [setting or "unknown" for setting in work.run.dataset.table("projects")["setting"]]
    net = [opening.january(path, years) for path in opening.open] if opening else []
    opened, spare = [], []
    for setting in map(str, forecast.margin("places_available", "setting").labels[1]):
        label = work.run.dataset.settings.label(setting)
        now = work.board.values(
            f"{label}: places of today's providers",
            years,
            list(known @ np.array(providers["setting"] == setting, dtype=np.float64)),
            "long_count",
            "table providers of the dataset, open in January",
        )
        new = [path for path, home in zip(net, homes, strict=False) if home == setting]
        opened.append(
            work.board.row(
                f"{label}: places available", total([now, *new]), "long_count", "With net-new places of the projects"
            )
        )
        taken = inside.get(setting, figures(years, [0.0] * len(years)))
        spare.append(
            work.board.row(
                f"{label}: spare places",
                opened[-1] - taken,
                "long_count",
                "Places available less children in the borough",
            )
        )
        work.live.add("places_available", opened[-1], setting=setting)
        work.live.add("spare_places", spare[-1], setting=setting)
    for measure, name, parts in (
        ("places_available", "Places available", opened),
        ("spare_places", "Spare places", spare),
    ):
        work.live.add(measure, work.board.row(name, total(parts), "long_count", "Sum of the settings"))
