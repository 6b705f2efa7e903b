"""An attacker's view of an export: its printed figures, and every sum that a reader of the documentation can set up.

The sums are found from the labels of the forecast table alone, not with the product's own ties, so that a tie that the
product overlooks is found here.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from forecasting import axes
from forecasting.export import csv_bytes
from forecasting.model.groups import phase_of
from forecasting.outputs import beside
from forecasting.outputs.disclosure import Sums, given_away
from forecasting.outputs.linear import LinearProgramme
from forecasting.outputs.protect import protect, treatments
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
    systems = list(_attacked_years([forecast], policy, homes, years))
    found = [text for system in systems for text in _given_away([system], policy)]
    return found, sum(int(system.hidden.sum()) for system in systems)


def exposed_across_years(forecast, policy, homes=None, years=None):
    """Return what an attacker bounds to less than the threshold who follows children from one January to the next.

    Plans of a year group are those of the year group below a year before, with plans begun since, less those ceased.
    This holds in the unrounded figures; the attacker takes printed ones to be no further from it than they ever are.

    Args and returns are those of `exposed`.
    """
    systems = list(_attacked_years([forecast], policy, homes, years))
    return _given_away(systems, policy, _flows(systems)), sum(int(system.hidden.sum()) for system in systems)


def exposed_side_by_side(forecasts, policy, homes=None, years=None):
    """Return what is bounded to less than the threshold by who has the exports of several scenarios in hand.

    Figures of the same labels that the scenarios have in common are known to him to be the same children.

    Args and returns are those of `exposed`, but for several forecasts.
    """
    found, attacked = [], 0
    kept = set(years or range(9999)) & set.intersection(*(set(map(int, each.years)) for each in forecasts))
    for year in sorted(kept):
        systems = list(_attacked_years(forecasts, policy, homes, (year,)))
        found += _given_away(systems, policy, _same(systems))
        attacked += sum(int(system.hidden.sum()) for system in systems)
    return found, attacked


@dataclass(frozen=True)
class _Printed:
    """The figures of one January of one export: what is printed, the whole and the unrounded figures, the sums."""

    year: int
    table: pd.DataFrame
    hidden: np.ndarray
    real: np.ndarray
    whole: np.ndarray
    matrix: sparse.csr_matrix
    every: np.ndarray

    @property
    def rows(self):
        """Return the place of each figure by what it is: measure, component and labels."""
        keys = map(tuple, self.table[["measure", "component", *AXES]].to_numpy())
        return {key: at for at, key in enumerate(keys)}


def _attacked_years(forecasts, policy, homes, years):
    for at, forecast in enumerate(forecasts):
        first = tuple(forecasts[:at])
        told = pd.read_csv(io.BytesIO(csv_bytes(forecast, policy, first)), dtype=str, keep_default_na=False)
        done = protect(forecast, policy, beside=first)
        there = {margin.identity for margin in done.forecast.margins}
        real, whole = (replace(each, margins=tuple(margin for margin in each.margins if margin.identity in there))
                       .table["central"].to_numpy(float) for each in (forecast, done.whole))  # fmt: skip
        own = told["measure"].map(lambda name: treatments()[name].own).to_numpy() & ~np.isnan(real)
        for year in sorted(set(told.loc[own, "year"]) & set(map(str, years or told["year"]))):
            rows = np.flatnonzero(own & (told["year"] == year).to_numpy())
            table = told.iloc[rows].reset_index(drop=True)
            hidden = (table["central"] == policy.symbol).to_numpy()
            values = whole[rows]
            assert (table.loc[~hidden, "central"].astype(float) == values[~hidden]).all()
            rules, rests = _rules(table, real[rows], dict(forecast.homes if homes is None else homes))
            matrix, every = _matrix(rules, rests, values)
            assert abs(matrix @ every).max() < NOISE if matrix.shape[0] else True, "what is printed does not add up"
            yield _Printed(int(year), table, hidden, real[rows], values, matrix, every)


def _given_away(systems, policy, links=()):
    """Return names of the withheld figures that are bounded to less than the threshold.

    Args:
        systems: the figures in the attacker's hands.
        policy: how they are protected.
        links: further rules between them: places among all the figures, their signs, how far the sum is from 0 at most.
    """
    starts = np.cumsum([0, *[len(system.every) for system in systems]])
    every = np.concatenate([system.every for system in systems])
    printed = [np.concatenate([system.hidden, np.zeros(len(system.every) - len(system.hidden), dtype=bool)])
               for system in systems]  # fmt: skip
    among = np.concatenate(printed)
    gone = np.concatenate([np.concatenate([system.hidden, np.ones(len(system.every) - len(system.hidden), dtype=bool)])
                           for system in systems])  # fmt: skip
    matrix, every, gone = _linked(sparse.block_diag([system.matrix for system in systems], format="csr"), every, gone,
                                  list(links))  # fmt: skip
    among = np.concatenate([among, np.zeros(len(every) - len(among), dtype=bool)])
    bad = np.flatnonzero(given_away(Sums(every, matrix), gone, policy.threshold, among))
    found = []
    for at in bad:
        number = int(np.searchsorted(starts, at, side="right")) - 1
        system, row = systems[number], at - starts[number]
        labels = system.table.loc[row, ["measure", "component", *AXES]]
        found.append(" ".join([str(system.year), *labels, f"= {system.whole[row]:.0f}"]))
    return found


def _linked(matrix, every, gone, links):
    """Return the rules with more of them, each of which may be out by so much at most, because figures are rounded.

    A rule that may be out by `most` has two figures beside it that nobody prints, none below zero: how far it is above
    the least that it may come to, and how far below the most.
    """
    size, count = len(every), len(links)
    if not count:
        return matrix, every, gone
    most = np.array([link[2] for link in links], dtype=float)
    rows = np.concatenate([np.full(len(places), at) for at, (places, _, _) in enumerate(links)])
    columns = np.concatenate([places for places, _, _ in links])
    signs = np.concatenate([signs for _, signs, _ in links])
    sums = sparse.csr_matrix((signs, (rows, columns)), shape=(count, size))
    gap = sums @ every
    assert (np.abs(gap) <= most + NOISE).all()
    # sum − above + most = 0 and above + below − 2·most = 0; the figure `most` is known
    unit, none = sparse.identity(count, format="csr"), sparse.csr_matrix((count, count))
    more = sparse.vstack([sparse.hstack([sums, -unit, none, unit]),
                          sparse.hstack([sparse.csr_matrix((count, size)), unit, unit, -2.0 * unit])])  # fmt: skip
    wide = sparse.hstack([matrix, sparse.csr_matrix((matrix.shape[0], 3 * count))])
    every = np.concatenate([every, gap + most, most - gap, most])
    gone = np.concatenate([gone, np.ones(2 * count, dtype=bool), np.zeros(count, dtype=bool)])
    return sparse.vstack([wide, more], format="csr"), every, gone


def _flows(systems):
    """Yield the rules of stock and flow between the Januaries of one export."""
    starts = np.cumsum([0, *[len(system.every) for system in systems]])
    by_year = {system.year: (start, system, system.rows) for start, system in zip(starts, systems, strict=False)}
    found = []
    for year, (start, _, rows) in by_year.items():
        if year - 1 not in by_year:
            continue
        first, before, earlier = by_year[year - 1]
        for age in [None, *range(-4, 22)]:
            older, younger = ("", "") if age is None else (str(age + 1), str(age))
            stock, new, left = (rows.get(_key(name, label)) for name, label in
                                (("ehc_plans", older), ("new_plans", older), ("ceased_plans", younger)))  # fmt: skip
            old = earlier.get(_key("ehc_plans", younger))
            known = [(place, sign) for place, sign in (
                (None if stock is None else start + stock, 1.0), (None if old is None else first + old, -1.0),
                (None if new is None else start + new, -1.0), (None if left is None else start + left, 1.0),
            ) if place is not None]  # fmt: skip
            real = np.concatenate([np.pad(each.real, (0, len(each.every) - len(each.real))) for each in systems])
            places, signs = (np.array(column) for column in zip(*known, strict=True)) if known else ([], [])
            if (
                stock is not None
                and old is not None
                and abs(real[places] @ signs) < NOISE * max(1.0, real[places].max())
            ):
                found.append((places, signs))
    every = np.concatenate([system.every for system in systems])
    most = max((abs(every[places] @ signs) for places, signs in found), default=0.0)
    return [(places, signs, most) for places, signs in found]


def _key(measure, nc_year):
    return (measure, "", *(nc_year if axis == "nc_year" else "" for axis in AXES))


def _same(systems):
    """Yield the rules that a figure of one export is that of another, where they are in the unrounded figures."""
    starts, rows, found = (
        np.cumsum([0, *[len(system.every) for system in systems]]),
        [each.rows for each in systems],
        [],
    )
    for (a, first), (b, other) in combinations(enumerate(systems), 2):
        pairs = [(rows[a][key], at) for key, at in rows[b].items() if key in rows[a]
                 and abs(first.real[rows[a][key]] - other.real[at]) <= NOISE * max(1.0, other.real[at])]  # fmt: skip
        found += [(np.array([starts[a] + one, starts[b] + at]), np.array([1.0, -1.0]),
                   abs(first.whole[one] - other.whole[at])) for one, at in pairs]  # fmt: skip
    return found


def exposed_by_returns(runs, policy, wanted=None, years=None, every=1):
    """Return how many figures of the returns are exposed, and how many were attacked.

    The attacker has every return and the forecast table of all scenarios. From the labels alone he knows which children
    each line counts, so he asks which children by need, setting and NC year there may be, none of them below zero, for
    every printed figure to come out. What the product itself takes to be a sum is not used.

    Args:
        runs: forecasts in the order of the variants.
        policy: how they are protected.
        wanted: layouts; those of every return when not given.
        years: Januaries attacked; all when not given.
        every: attack only each so-many-th withheld figure.
    """
    done = [fill(each, runs, policy=policy) for each in wanted or map(layout, codes())]
    told = [protect(run.forecast, policy, beside=beside.other(run, runs[0])).forecast for run in runs]
    januaries = sorted({year for filled in done for year in filled.years} & set(years or range(9999)))
    measures = {table.table.measure for filled in done for table in filled.tables if table.table.unit == "count"}
    results = [_attacked(done, told, measure, variant, year, every)
               for year in januaries for variant in range(len(runs)) for measure in sorted(measures)]  # fmt: skip
    return sum(bad for bad, _ in results), sum(attacked for _, attacked in results)


def _attacked(done, told, measure, variant, year, every):
    """Attack one January of one scenario; of the last actual one, which scenarios share, with all of them in hand."""
    together = range(len(told)) if year <= told[0].base_year else [variant]
    children = _children(told[variant])
    printed, hidden = [], []
    for side in together:
        printed += _printed(told[side], measure, year, children)
        for filled in (each for each in done if side < len(each.layout.variants)):  # SCAP has the baseline alone
            lines = list(_lines(filled, measure, side, year, children))
            printed += [(mask, value) for mask, value in lines if value is not None]
            hidden += [mask for mask, value in lines if value is None]
    known = {mask.tobytes(): (mask, value) for mask, value in printed}
    aims = [mask for mask in {mask.tobytes(): mask for mask in hidden if mask.any()}.values()]
    if not aims or not known:
        return 0, 0
    matrix = sparse.csr_matrix(np.array([mask for mask, _ in known.values()], dtype=float))
    given, size = np.array([value for _, value in known.values()], dtype=float), matrix.shape[1]
    programme = LinearProgramme(
        matrix, given, np.zeros(size), np.zeros(size), np.full(size, np.inf), prices_change=True
    )
    bad = 0
    for mask in aims[::every]:
        ends = []
        for sign in (1.0, -1.0):
            programme.charge(np.arange(size), sign * mask)
            ends.append(sign * programme.least())
        bad += ends[1] - ends[0] < 5 - 1e-5
    return bad, len(aims[::every])


def _children(forecast):
    """Return every kind of child there may be: need, setting, NC year."""
    every = {"need": axes.NEEDS.names, "setting": axes.SETTINGS.names, "nc_year": range(-4, 22)}
    labels = [forecast.margin("ehc_plans", name).labels[1] if forecast.has("ehc_plans", name) else words
              for name, words in every.items()]  # fmt: skip
    rows = pd.DataFrame([(need, setting, int(age)) for need in labels[0] for setting in labels[1] for age in labels[2]],
                        columns=["need", "setting", "nc_year"])  # fmt: skip
    first = np.array([int(band["first_nc_year"]) for band in axes.AGE_BANDS.codes])
    bands, turned = (np.array(axes.AGE_BANDS.names)[
        np.clip(np.searchsorted(first, rows["nc_year"] + older, side="right") - 1, 0, None)] for older in (0, 1)
    )  # fmt: skip
    phases = np.array(phase_of(rows["nc_year"]))
    return rows.assign(age_band=bands, age_turned=turned, post_16=rows["nc_year"] >= 12, phase=phases)


def _lines(filled, measure, variant, year, children):
    """Yield which children each line of a return counts, and its figure; None where it is withheld."""
    for table in filled.tables:
        if table.table.unit != "count" or table.table.measure != measure or year not in table.years:
            continue
        column, masks = table.years.index(year), []
        for number, line in enumerate(table.table.lines):
            mask = np.zeros(len(children), dtype=bool)
            for part in line.selections:
                mask |= np.logical_and.reduce([children[name].isin(allowed) for name, allowed in part.wanted.items()])
            masks.append((number, mask))
        if table.table.total:
            masks.append((len(masks), np.logical_or.reduce([mask for _, mask in masks])))
        for number, mask in masks:
            if not table.unknown[variant, number, column]:
                value = table.values[variant, number, column]  # noqa: PD011
                yield mask, None if np.isnan(value) else value


def _printed(forecast, measure, year, children):
    """Return which children each printed figure of the forecast table counts, and the figure."""
    found = []
    for margin in forecast.margins:
        if margin.measure != measure or margin.component or margin.fixed or year not in margin.labels[0]:
            continue
        values = margin.stats[0][margin.labels[0].index(year)]
        for at in np.argwhere(~np.isnan(values)):
            mask = np.ones(len(children), dtype=bool)
            for axis, labels, place in zip(margin.axes[1:], margin.labels[1:], at, strict=True):
                mask &= (children[axis].astype(str) == str(labels[place])).to_numpy()
            found.append((mask, values[tuple(at)]))
    return found


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
