"""An attacker's view of an export: its printed figures, and every sum that a reader of the documentation can set up.

The sums are found from the labels of the forecast table alone, not with the product's own ties, so that a tie that the
product overlooks is found here.
"""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from scipy import sparse

from forecasting import axes
from forecasting.export import csv_bytes
from forecasting.outputs.disclosure import Sums, given_away
from forecasting.outputs.protect import protect, treatments
from forecasting.outputs.returns import figures
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.layout import codes, layout

AXES = ["nc_year", "age_band", "phase", "need", "setting", "place", "provider"]
SAME = {("placements", ""): [("ehc_plans", ""), ("placements", "unmitigated")],
        ("children_waiting", ""): [("places_short", "waiting"), ("children_waiting", "unmitigated")],
        ("places_short", ""): [("places_short", "unmitigated")]}  # fmt: skip
NOISE = 1e-6


def exposed(forecast, policy, homes=None, years=None):
    """Return the figures of the exported table (as words) that an attacker bounds to less than the threshold.

    Args:
        forecast: the forecast.
        policy: how it is protected.
        homes: provider → kind of setting, which anybody may look up; those of the forecast when not given.
        years: Januaries attacked; all when not given.

    Returns:
        Names of what is exposed, and how many withheld figures were attacked.
    """
    told = pd.read_csv(io.BytesIO(csv_bytes(forecast, policy)), dtype=str, keep_default_na=False)
    real, whole = forecast.table["central"].to_numpy(float), protect(forecast, policy).whole.table["central"]
    own = told["measure"].map(lambda name: treatments()[name].own).to_numpy() & ~np.isnan(real)
    found, attacked = [], 0
    homes = dict(forecast.homes if homes is None else homes)
    for year in sorted(set(told.loc[own, "year"]) & set(map(str, years or told["year"]))):
        rows = np.flatnonzero(own & (told["year"] == year).to_numpy())
        table = told.iloc[rows].reset_index(drop=True)
        hidden = (table["central"] == policy.symbol).to_numpy()
        values = whole.to_numpy(float)[rows]
        assert (table.loc[~hidden, "central"].astype(float) == values[~hidden]).all()
        rules, rests = _rules(table, real[rows], homes)
        matrix, every = _matrix(rules, rests, values)
        assert abs(matrix @ every).max() < NOISE if matrix.shape[0] else True, "what is printed does not add up"
        gone = np.concatenate([hidden, np.ones(len(rests), dtype=bool)])
        among = np.concatenate([hidden, np.zeros(len(rests), dtype=bool)])
        bad = np.flatnonzero(given_away(Sums(every, matrix), gone, policy.threshold, among))
        attacked += int(hidden.sum())
        found += [
            " ".join([year, *table.loc[at, ["measure", "component", *AXES]], f"= {values[at]:.0f}"]) for at in bad
        ]
    return found, attacked


def exposed_by_returns(runs, policy, wanted=None):
    """Return how many figures of the returns, shared with the forecast table, are exposed, and how many were attacked.

    Args:
        runs: forecasts in the order of the variants.
        policy: how they are protected.
        wanted: layouts; those of every return when not given.
    """
    seen, real = [], figures.withheld

    def watched(sums, chosen, *, secret, fixed):
        seen.append((sums, real(sums, chosen, secret=secret, fixed=fixed), secret))
        return seen[-1][1]

    figures.withheld = watched
    try:
        for each in wanted or map(layout, codes()):
            fill(each, runs, policy=policy)
    finally:
        figures.withheld = real
    bad = sum(int(given_away(sums, hidden, policy.threshold, ~secret).sum()) for sums, hidden, secret in seen)
    return bad, sum(int((hidden & ~secret).sum()) for _, hidden, secret in seen)


def _rules(table, real, homes):
    """Return rules (total, its parts, whether something unprinted may be left) that hold in the unrounded figures."""
    rules, rests = [], []
    shape = table[AXES].ne("").apply(lambda row: tuple(np.flatnonzero(row)), axis=1)
    groups = {key: part.index.to_numpy() for key, part in table.assign(shape=shape).groupby(
        ["measure", "component", "shape"])}  # fmt: skip

    def take(total, parts, kind):
        gap = real[total] - real[parts].sum()
        if abs(gap) <= NOISE * max(1.0, real[total]):
            rules.append((total, parts, None))
        elif kind == "rest" and gap > 0:
            rules.append((total, parts, len(rests)))
            rests.append(total)

    def match(coarse, fine, kind, cut=lambda frame: frame[AXES]):
        """Tie figures to those with the same labels, what `cut` leaves of them."""
        keys = {tuple(row): at for at, row in zip(coarse, table.loc[coarse, AXES].to_numpy(), strict=True)}
        mine = cut(table.loc[fine])
        for key, parts in mine.groupby(AXES).groups.items():
            if key in keys:
                take(keys[key], np.asarray(parts), kind)

    for (measure, component, kept), at in groups.items():
        for (other, part, finer), inner in groups.items():
            extra = [AXES[axis] for axis in finer if axis not in kept]
            if (measure, component) == (other, part) and set(kept) < set(finer) and len(extra) == 1:
                match(at, inner, "sum", lambda frame, name=extra[0]: frame[AXES].assign(**{name: ""}))
            if (measure, component) == (other, part) and [AXES[a] for a in (*kept, *finer)] == ["age_band", "nc_year"]:
                match(at, inner, "sum", _bands)
            if (measure, component) == (other, part) and [AXES[a] for a in (*kept, *finer)] == ["setting", "provider"]:
                match(at, inner, "rest", lambda frame: frame[AXES].assign(
                    setting=frame["provider"].map(homes), provider=""))  # fmt: skip
            if (measure, component, kept) == (other, part, finer) and [AXES[a] for a in kept] == ["setting"]:
                inmss = [n for n in at if table.loc[n, "setting"] == "inmss"]
                inside = [n for n in at if table.loc[n, "setting"] in axes.INMSS_PARTS and n not in inmss]
                for total in inmss:
                    take(total, np.asarray(inside), "sum")
        for twin in SAME.get((measure, component), []):
            if (*twin, kept) in groups:
                match(at, groups[(*twin, kept)], "sum")
        if not component:
            parts = [groups[key] for key in groups if key[0] == measure and key[1] not in ("", "unmitigated")
                     and key[2] == kept]  # fmt: skip
            if len(parts) > 1:
                match(at, np.concatenate(parts), "sum")
        for total, parts, kind in (("pupils_with_sen", ("sen_support", "pupils_with_ehc_plan"), "sum"),
                                   ("places_required", ("placements", "children_waiting"), "rest"),
                                   ("places_short", ("children_waiting",), "rest")):  # fmt: skip
            inner = [groups.get((name, "", kept)) for name in parts]
            if (measure, component) == (total, "") and all(part is not None for part in inner):
                match(at, np.concatenate(inner), kind)
    return rules, rests


def _bands(frame):
    first = np.array([int(band["first_nc_year"]) for band in axes.AGE_BANDS.codes])
    at = np.clip(np.searchsorted(first, frame["nc_year"].astype(int), side="right") - 1, 0, None)
    return frame[AXES].assign(nc_year="", age_band=[axes.AGE_BANDS.codes[number].code for number in at])


def _matrix(rules, rests, values):
    """Return the rules as a matrix, and the whole figures with what is left in each rule that has a rest."""
    every = np.concatenate([values, np.zeros(len(rests))])
    matrix = sparse.lil_matrix((len(rules), len(every)))
    for number, (total, parts, rest) in enumerate(rules):
        matrix[number, parts] = 1.0
        matrix[number, total] = -1.0
        if rest is not None:
            matrix[number, len(values) + rest] = 1.0
            every[len(values) + rest] = values[total] - values[parts].sum()
    return matrix.tocsr(), every
