"""From need to setting: which kinds of setting take the children of each need."""

from __future__ import annotations

from functools import partial

import pandas as pd

from forecasting import axes
from forecasting.outputs import charts, words
from forecasting.outputs.figure import Figure, Table
from forecasting.outputs.subjects.common import View
from forecasting.outputs.subjects.placed_full import HALF

FEW, SOME, MOST = "under a tenth of the need", "a tenth to a half", "half or more"


UNSEEN = "withheld or not known"


GROUPS = (
    ("Mainstream", ("mainstream", "early_years")), ("Base", ("base",)), ("Special", ("special",)),
    ("Independent", ("inmss",)), ("Other", ("alternative", "post_16", "other", "unknown", "group")),
)  # fmt: skip


def _of_need(view: View) -> pd.Series:
    """Return all placements of the last year by need; NaN where they are withheld."""
    rows = view.forecast.series("placements", "need")
    return rows[rows["year"] == view.last].set_index("need")["central"]


def _part(share: float) -> str:
    """Return how much of a need a kind of setting takes, of all its placements; some of them may be withheld."""
    if share != share:
        return UNSEEN
    return MOST if share >= 0.5 else SOME if share >= 0.1 else FEW


def flow(view: View) -> Figure:
    """Return children by need and kind of setting in the last year, shaded by the share of the need."""
    frame = view.forecast.series("placements", "need", "setting")
    frame = frame[frame["year"] == view.last]
    kinds = {code.code: code["group"] for code in axes.SETTINGS.codes}
    named = {group: name for name, members in GROUPS for group in members}
    column = [named.get("inmss" if s in axes.INMSS_PARTS else kinds.get(s, "other"), "Other") for s in frame["setting"]]
    sums = frame.assign(column=column).pivot_table(
        index="need", columns="column", values="central", aggfunc="sum", fill_value=0.0
    )
    sums = sums.loc[sums.sum(axis=1).sort_values(ascending=False).index]
    sums = sums[[name for name, _ in GROUPS if name in sums]]
    sums = sums[sums.sum(axis=1) > HALF]
    sums = sums.mask(_partly(frame.assign(column=column)).loc[sums.index, sums.columns])
    share = sums.div(_of_need(view).reindex(sums.index), axis=0)
    label = view.run.dataset.needs.label
    rows = [
        (label(str(need)), kind, words.cell(sums.loc[need, kind]),
         _part(share.loc[need, kind]))
        for need in sums.index for kind in sums.columns
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["name", "column", "label", "series"])
    levels = [FEW, SOME, MOST, *([UNSEEN] if UNSEEN in set(data["series"]) else [])]
    read = sums.rename(index=lambda need: label(str(need))).rename_axis("Need").reset_index()
    note = view.note("this forecast")
    table = Table("flow", f"From need to setting, {view.last}", read, dict.fromkeys(read.columns[1:], "count"), note)
    top, whole = label(str(sums.index[0])), float(sums.iloc[0].sum(skipna=False))
    told = f"{top} has {words.count(whole)} children" if whole == whole else f"{top} has the most children"
    return Figure(
        "flow", f"{top} takes most specialist places",
        f"Children in specialist places by need and kind of setting, {view.name}, January {view.last}",
        f"{told} in specialist places in {view.last}.",
        partial(charts.heat, tuple(dict.fromkeys(data["name"])), tuple(sums.columns), tuple(levels)), data, table,
        note,
    )  # fmt: skip


def _partly(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by need and kind of setting whether some of its figures are withheld: then the sum is not known."""
    return frame.assign(gone=frame["central"].isna()).pivot_table(
        index="need", columns="column", values="gone", aggfunc="max", fill_value=0
    ).astype(bool)  # fmt: skip
