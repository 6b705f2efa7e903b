"""What is full when: every provider, its places and children, and the chance of more children than places."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from forecasting.model.capacity import homes
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Table
from forecasting.outputs.subjects.common import View, by_label

HALF = 0.5  # a place counts as free from half a child on
ROOM, FULL, OVER, SHUT = "has room", "full", "more children than places", "no places"


def levels(view: View) -> tuple[tuple[str, ...], tuple[int, ...], np.ndarray, np.ndarray]:
    """Return providers, years, and year × provider children and places, central run."""
    roll, places = (view.forecast.margin(m, "provider") for m in ("placements", "places_available"))
    names = tuple(str(name) for name in roll.labels[1])
    return names, tuple(int(year) for year in roll.labels[0]), roll.stats[0], places.stats[0]


def fill(view: View) -> Figure:
    """Return children per 100 places of every provider by year."""
    names, years, roll, places = levels(view)
    kept = [k for k in range(len(names)) if places[:, k].max() > 0 or roll[:, k].max() > HALF]
    rows = [
        (names[k], str(year), words.percent(roll[at, k] / places[at, k], 0).rstrip("%") if places[at, k] > 0 else "–",
         _level(roll[at, k], places[at, k]))
        for k in kept for at, year in enumerate(years)
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["name", "column", "label", "series"])
    over = data[data["series"] == OVER].groupby("column")["name"].count()
    first, last = (int(over.get(str(year), 0)) for year in (years[0], years[-1]))
    read = data.pivot_table(index="name", columns="column", values="label", aggfunc="first", sort=False)
    note = view.note(f"this forecast; {view.source('providers')}")
    read = read.rename_axis(None, axis=1).rename_axis("Provider").reset_index()
    table = Table("full_when", "Children as a percentage of places, January", read, {}, note)
    return Figure(
        "full_when", f"{last} of {len(kept)} providers above their places in {years[-1]}",
        f"Children on roll per 100 places, {view.name}, January {years[0]} to {years[-1]}, central run",
        f"{first} providers have more children than places in {years[0]}, {last} in {years[-1]}.",
        partial(charts.heat, tuple(dict.fromkeys(data["name"])), tuple(str(y) for y in years),
                (ROOM, FULL, OVER, SHUT)), data, table, note,
    )  # fmt: skip


def _level(roll: float, places: float) -> str:
    if places <= 0:
        return SHUT
    return OVER if roll > places + HALF else FULL if roll > places - 1 + 1e-9 else ROOM


def provider_table(view: View) -> Table:
    """Return every provider with places, children and the chance of more children than places."""
    names, years, roll, places = levels(view)
    kinds = homes(view.run.dataset, names)
    over = roll > places + HALF
    when = [str(years[int(over[:, k].argmax())]) if over[:, k].any() else "never" for k in range(len(names))]
    frame = pd.DataFrame({
        "Provider": names, "Setting": [view.run.dataset.settings.label(kind) for kind in kinds],
        f"Places {years[-1]}": places[-1], f"Children {years[-1]}": roll[-1], "Above its places from": when,
    })  # fmt: skip
    formats = {f"Places {years[-1]}": "count", f"Children {years[-1]}": "count"}
    if view.has("probability_over_capacity", "provider"):
        for year in dict.fromkeys((years[min(1, len(years) - 1)], years[len(years) // 2], years[-1])):
            chance = by_label(view, "probability_over_capacity", "provider", year, str)["value"]
            frame[f"Chance above, {year}"] = chance.to_numpy()
            formats[f"Chance above, {year}"] = "fraction"
    title = "Every provider: places, children and the chance of more children than places"
    return Table("provider_chance", title, frame, formats, view.note(f"this forecast; {view.source('providers')}"))
