"""Children under the published method as formulas: pupils, pupils with SEN, with a plan, plans maintained."""

from __future__ import annotations

import math

import numpy as np

from forecasting.inputs.margins import margin, total
from forecasting.outputs.workbook.live import Work
from forecasting.outputs.workbook.terms import Operand, Path, Term, figures, running, when


def children(work: Work) -> None:
    """Write pupils and their shares with SEN and with a plan; docs/method.md, section 1.1."""
    years = work.years
    work.board.open("Pupils, SEN and plans", years, note="The published method: constant shares of growing pupils.")
    pupils = _pupils(work)
    sen = _share(work, pupils, "sen_prevalence", "Pupils with SEN", ("sen_support", "ehc_plan"))
    plans = _share(work, pupils, "ehc_plan_rate", "Pupils with an EHC plan", ("ehc_plan",))
    _derived(work, pupils, sen, plans)
    _maintained(work, plans or pupils)
    _residents(work, pupils)
    work.board.close()


def _pupils(work: Work) -> Path:
    board, years = work.board, work.years
    start = work.data.cell(
        f"Pupils on roll, January {years[0]}", _known(work, "pupils"), "long_count", "table pupils of the dataset"
    )
    growth = work.inputs.path("pupil_growth", years)
    simple = board.chain(
        "Growth so far, the same number each year",
        years,
        running(1.0, growth, lambda before, step: before + step),
        "factor",
        "Year before + pupil growth",
    )
    compound = board.chain(
        "Growth so far, growth on growth",
        years,
        running(1.0, growth, lambda before, step: before * (step + 1.0)),
        "factor",
        "Year before × (1 + pupil growth)",
    )
    kind = work.inputs.word("pupil_growth_kind", "simple")
    pupils = board.row(
        "Pupils on roll",
        when(kind, simple, compound) * start,
        "long_count",
        "Pupils at the start × growth so far, simple or compound as assumed",
    )
    return work.live.add("pupils", pupils)


def _known(work: Work, table: str) -> float:
    return float(total(work.run.dataset, table, "pupils").get(work.years[0], math.nan))


def _share(work: Work, pupils: Path, lever: str, label: str, provisions: tuple[str, ...]) -> Path | None:
    """Write children of a provision: the count of the first year as it stands, then pupils × share."""
    if np.isnan(work.run.assumptions.path(lever, work.years)).all():
        return None
    rate = work.inputs.path(lever, work.years)
    counted = margin(work.run.dataset, "sen", "pupils", "provision")
    parts = [float(counted.get((work.years[0], provision), math.nan)) for provision in provisions]
    found = pupils * rate
    how = "Pupils × share"
    if not any(math.isnan(part) for part in parts):
        start = work.data.cell(
            f"{label}, January {work.years[0]}", sum(parts), "long_count", "table sen of the dataset"
        )
        found = Path(found.years, (start, *found.terms[1:]))
        how = "Pupils × share; the first year as counted"
    measure = "pupils_with_sen" if lever == "sen_prevalence" else "pupils_with_ehc_plan"
    return work.live.add(measure, work.board.row(label, found, "long_count", how))


def _derived(work: Work, pupils: Path, sen: Path | None, plans: Path | None) -> None:
    def put(measure: str, label: str, path: Path, style: str, how: str) -> Path:
        return work.live.add(measure, work.board.row(label, path, style, how))

    put(
        "pupils_growth",
        "Growth of pupils",
        pupils - pupils.terms[0],
        "long_count",
        "Pupils less those of the first year",
    )
    if sen is not None:
        put(
            "pupils_with_sen_growth",
            "Growth of pupils with SEN",
            sen - sen.terms[0],
            "long_count",
            "Pupils with SEN less those of the first year",
        )
        put("sen_prevalence", "Share of pupils with SEN", sen / pupils, "rate", "Pupils with SEN ÷ pupils")
    if plans is not None:
        put("ehc_plan_prevalence", "Share of pupils with a plan", plans / pupils, "rate", "Pupils with a plan ÷ pupils")
    if sen is not None and plans is not None:
        support = put(
            "sen_support", "SEN support", sen - plans, "long_count", "Pupils with SEN less pupils with a plan"
        )
        put(
            "sen_support_prevalence",
            "Share of pupils with SEN support",
            support / pupils,
            "rate",
            "SEN support ÷ pupils",
        )


def _maintained(work: Work, driver: Path) -> None:
    """Write plans maintained: those of the first year × growth of pupils with a plan."""
    if not work.run.forecast.has("ehc_plans") or not work.run.dataset.has("ehc_plans"):
        return
    known = total(work.run.dataset, "ehc_plans", "plans")
    start = work.data.cell(
        f"EHC plans maintained, January {work.years[0]}",
        float(known[work.years[0]]),
        "long_count",
        "table ehc_plans of the dataset",
    )
    found = work.board.row(
        "EHC plans maintained",
        driver / driver.terms[0] * start,
        "long_count",
        "Plans at the start × pupils with a plan ÷ those of the first year",
    )
    work.live.add("ehc_plans", found)


def _residents(work: Work, pupils: Path) -> None:
    if not work.run.forecast.has("pupils_share_of_population"):
        return
    found = work.run.forecast.margin("residents")
    years = tuple(int(year) for year in found.labels[0])
    people = work.board.values(
        "Residents", years, list(found.stats[0]), "long_count", "table population of the dataset"
    )
    shared = Path(years, tuple(pupils.at(year) for year in years)) / people
    work.live.add(
        "pupils_share_of_population", work.board.row("Pupils ÷ residents", shared, "rate", "Pupils on roll ÷ residents")
    )


def fixed(operand: Operand, years: tuple[int, ...]) -> Path:
    """Return a figure repeated along years; a path as it is."""
    if isinstance(operand, Path):
        return operand
    held = operand if isinstance(operand, Term) else figures([0], [operand]).terms[0]
    return Path(years, (held,) * len(years))
