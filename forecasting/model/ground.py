"""What the placement of children starts from: groups, places, which suits whom, and who is where today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.capacity import Supply, supply
from forecasting.model.groups import Groups, groups, local_shares
from forecasting.model.overflow import ALTERNATIVE, CHEAPEST, OTHER_BASE, allowed
from forecasting.model.programme import Programme
from forecasting.model.remembered import Memory
from forecasting.model.seats import Seats, seats_of
from forecasting.model.stock import Stock
from forecasting.model.waterfall import Edges
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import MAINSTREAM, setting_groups
from forecasting.values import Floats, Whole

KINDS = ("suitable", "new", OTHER_BASE, ALTERNATIVE, "back")
RETURNING = ("base", "special", "inmss", "alternative", "post_16")
_OUT = axes.PLACES.names.index("out_of_borough")


@dataclass(frozen=True, eq=False)
class Ground:
    """Groups, sinks and edges, with the matrices that add them up.

    Sinks are, in this order: providers (for the needs they are designated for), the rest of each limited setting
    (as many places as today for children whom no designated place accounts for), projects.

    Attributes:
        stock: plans.
        groups: groups of children.
        supply: places.
        local: need × phase × setting; share placed in the borough today.
        edges: every edge, kind after kind.
        kinds: kind → its edges: suitable, new, other_base, alternative, back.
        slices: kind → where its edges stand in `edges`.
        price: edge of kind suitable; £ a year, zero unless the objective is "cheapest".
        open_to: destination → group; see `overflow.allowed`.
        seats: the sinks.
        start: edge; children in the first year, central run.
        independent: group × setting; where children of a group go in the independent sector.
        other_authorities: edges from every group to the other authorities' places of its setting.
        beyond: year × setting; children that other authorities can take on top of today's.
        moves: year; share of children elsewhere who can be placed afresh between transition points.
        back: year; share of the children who could come back who do while there is room.
        by_need_phase: need·phase × group; adds groups up.
        scatter: touched cell × (edges, then groups per destination away); where the children are in the end.
        touched: flat indices (need, phase, setting, place) of the rows of `scatter`.
    """

    stock: Stock
    groups: Groups
    supply: Supply
    local: Floats
    edges: Edges
    kinds: dict[str, Edges]
    slices: dict[str, slice]
    price: Floats
    open_to: dict[str, Floats]
    seats: Seats
    start: Floats
    independent: Floats
    other_authorities: Edges
    beyond: Floats
    moves: Floats
    back: Floats
    by_need_phase: csr_array
    scatter: csr_array
    touched: Whole

    @cached_property
    def by_place(self) -> Floats:
        """Return cell (need, phase, setting, place), flat; share of the children of a need, phase and setting there."""
        return np.stack([self.local, 1.0 - self.local], axis=3).ravel()


_KNOWN: Memory[Ground] = Memory(8)


def ground(dataset: Dataset, assumptions: Assumptions, stock: Stock, plan: Programme) -> Ground:
    """Return what the placement of a stock starts from; the same again while only later plans differ.

    Args:
        dataset: tables providers, projects, placements.
        assumptions: levers of placements.
        stock: plans; its first year is that of the rolls.
        plan: the programme.
    """
    bare = _sketch(stock)
    axes_of = (stock.years, stock.needs, stock.phases, stock.settings)
    key = (dataset, *axes_of, *(part.tobytes() for part in bare.plans[0]), *plan.content)
    found = _KNOWN.get(key, assumptions, lambda levers: _ground(dataset, levers, bare, plan))
    return replace(found, stock=widened(stock, found.stock.settings))


def _sketch(stock: Stock) -> Stock:
    """Return what of a stock the ground stands on: plans of the first year, then where there are plans in any year."""
    ever = (stock.plans.max(axis=(0, 1)) > 0).astype(np.float64)
    return replace(stock, plans=np.stack([stock.plans[0, 0], ever])[None])


def _ground(dataset: Dataset, assumptions: Assumptions, stock: Stock, plan: Programme) -> Ground:
    """Return the ground of a sketch of a stock."""
    places = supply(dataset, assumptions, plan, stock.years, stock.needs, stock.phases)
    stock = widened(stock, (*places.settings, *places.new.settings))
    kinds = setting_groups(dataset)
    family = tuple(kinds.get(setting, "other") for setting in stock.settings)
    local = local_shares(dataset, stock.needs, stock.phases, stock.settings)
    limited = [setting in places.settings[: places.listed] for setting in stock.settings]
    fresh = np.einsum("knp,yk->np", places.new.suits, places.new.usable)
    people = groups(stock, local, limited, fresh[:, :, None] * np.isin(np.array(family, dtype=object), RETURNING))
    seats = seats_of(stock, people, places, limited)
    edges, slices = _edges(people, places, seats, family)
    parts = {kind: _part(edges, slices[kind]) for kind in KINDS}
    moving = np.nan_to_num(assumptions.path("moves_outside_transition", stock.years))
    opened = allowed(dataset, [stock.settings[s] for s in people.setting])
    mix = _independent(stock, local, family)[people.phase]
    scatter, touched = _scatter(people, edges, seats, stock, family, mix)
    outside = (stock.plans[0, 0] * (1.0 - local)).sum(axis=(0, 1))
    extra = np.nan_to_num(assumptions.path("other_authority_room", stock.years))
    return Ground(
        stock, people, places, local, edges, parts, slices,
        _price(dataset, assumptions, places, seats, stock)[parts["suitable"].sink], opened, seats,
        _start(edges, slices, seats), mix,
        Edges(np.arange(len(people)), people.setting, len(people), len(stock.settings)), extra[:, None] * outside,
        moving, np.nan_to_num(assumptions.path("bring_back_at_transition", stock.years)),
        _adding(people.need * len(stock.phases) + people.phase, len(stock.needs) * len(stock.phases)),
        scatter, touched,
    )  # fmt: skip


def widened(stock: Stock, settings: tuple[str, ...]) -> Stock:
    """Return a stock that has these kinds of setting too, without children where they are new."""
    extra = tuple(dict.fromkeys(setting for setting in settings if setting not in stock.settings))
    if not extra:
        return stock
    plans = np.pad(stock.plans, (*[(0, 0)] * 4, (0, len(extra))))
    return replace(stock, settings=(*stock.settings, *extra), plans=plans)


def _adding(at: Whole, size: int) -> csr_array:
    """Return size × item: 1 where the item belongs to the row."""
    return csr_array((np.ones(len(at)), (at, np.arange(len(at)))), shape=(size, len(at)))


def _part(edges: Edges, part: slice) -> Edges:
    return Edges(edges.group[part], edges.sink[part], edges.groups, edges.sinks)


def _edges(people: Groups, places: Supply, seats: Seats, family: tuple[str, ...]) -> tuple[Edges, dict[str, slice]]:
    """Return every edge, kind after kind, and where each kind stands."""
    sinks = seats.room.shape[1]
    home = seats.setting[: seats.first_rest]
    suits = places.suits[:, people.need, people.phase].T * people.local[:, None]
    fresh = places.new.suits[:, people.need, people.phase].T * places.new.usable.any(axis=0)
    same_new = seats.setting[seats.first_new :] == people.setting[:, None]
    groups_of = np.array(family, dtype=object)
    own, theirs = groups_of[people.setting][:, None], groups_of[home]
    other = home != people.setting[:, None]
    found = {kind: np.zeros((len(people), sinks)) for kind in KINDS}
    found["suitable"][:, : seats.first_rest] = suits * ~other
    rests = seats.setting[seats.first_rest : seats.first_new]
    left = seats.room[:, seats.first_rest : seats.first_new].max(axis=0)
    found["suitable"][:, seats.first_rest : seats.first_new] = (
        (rests == people.setting[:, None]) * people.local[:, None] * (left > 0)
    )
    found["suitable"][:, seats.first_new :] = fresh * same_new * people.local[:, None]
    found["new"][:, seats.first_new :] = fresh * ~same_new * people.local[:, None] * np.isin(own, RETURNING)
    found[OTHER_BASE][:, : seats.first_rest] = suits * other * (own == "base") * (theirs == "base")
    found[ALTERNATIVE][:, : seats.first_rest] = (
        suits * other * np.isin(own, ("base", "special")) * (theirs == "alternative")
    )
    found["back"][:, seats.first_new :] = fresh * ~people.local[:, None]
    pairs = {kind: np.nonzero(matrix) for kind, matrix in found.items()}
    ends = np.cumsum([0, *[len(pairs[kind][0]) for kind in KINDS]])
    slices = {kind: slice(int(ends[k]), int(ends[k + 1])) for k, kind in enumerate(KINDS)}
    group, sink = (np.concatenate([pairs[kind][side] for kind in KINDS]).astype(np.int64) for side in (0, 1))
    return Edges(group, sink, len(people), sinks), slices


def _start(edges: Edges, slices: dict[str, slice], seats: Seats) -> Floats:
    """Return edge: children of the central run in the first year; only edges of kind suitable hold any."""
    found = np.zeros(len(edges.group))
    part = slices["suitable"]
    found[part] = seats.start[edges.group[part], edges.sink[part]]
    return found


def _price(dataset: Dataset, assumptions: Assumptions, places: Supply, seats: Seats, stock: Stock) -> Floats:
    """Return sink: mean £ a year of place and top-up; zero unless the cheapest place is looked for."""
    zero = np.zeros(seats.room.shape[1])
    if assumptions.word("placement_objective") != CHEAPEST:
        return zero
    table = dataset.table("unit_costs")

    def mean(column: str, name: str) -> float:
        rows = table[table[column] == name].groupby("kind")["gbp_per_place_year"].mean()
        return float(rows.reindex(["place", "top_up"]).fillna(0.0).sum()) or float(rows.get("fee_day", 0.0))

    kinds = [mean("setting", setting) for setting in stock.settings]
    names = [mean("provider", name) for name in places.names]
    later = [kinds[s] for s in seats.setting[seats.first_rest : seats.first_new]]
    own = [names[j] or kinds[seats.setting[j]] for j in range(seats.first_rest)]
    return np.array([*own, *later, *[kinds[stock.settings.index(s)] for s in places.new.settings]])


def _independent(stock: Stock, local: Floats, family: tuple[str, ...]) -> Floats:
    """Return phase × setting: the mix of independent and non-maintained settings out of the borough today."""
    special16 = {code.code for code in axes.SETTINGS.codes if code["group"] == "post_16" and code["specialist"] == "1"}
    wanted = np.array([kind == "inmss" or setting in special16
                       for kind, setting in zip(family, stock.settings, strict=True)])  # fmt: skip
    out = (stock.plans[0, 0] * (1.0 - local)).sum(axis=0) * wanted
    everywhere = out.sum(axis=0, keepdims=True)
    out = np.where(out.sum(axis=1, keepdims=True) > 0, out, everywhere)
    sums = out.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(out, sums, out=np.zeros_like(out), where=sums > 0))


def _present(stock: Stock, family: tuple[str, ...]) -> Whole:
    """Return phase: the setting where a child without a place is now; -1 where none is known.

    It is the largest of the settings of the group mainstream or early years (for young adults without one: post-16).
    """
    held = stock.plans[0, 0].sum(axis=0)  # phase × setting
    usual = np.isin(np.array(family, dtype=object), (MAINSTREAM, "early_years"))
    special = {code.code for code in axes.SETTINGS.codes if code["specialist"] == "1"}
    after = np.array([kind == "post_16" and setting not in special
                      for kind, setting in zip(family, stock.settings, strict=True)])  # fmt: skip
    first = np.where(held * usual > 0, held, -1.0)
    then = np.where((held * after > 0) & (first.max(axis=1, keepdims=True) <= 0), held, -1.0)
    score = np.maximum(first, then)
    mainstream = np.array([kind == MAINSTREAM for kind in family])
    fallback = int(np.argmax(mainstream)) if mainstream.any() else -1
    return np.where(score.max(axis=1) > 0, score.argmax(axis=1), fallback).astype(np.int64)


def _scatter(
    people: Groups, edges: Edges, seats: Seats, stock: Stock, family: tuple[str, ...], mix: Floats
) -> tuple[csr_array, Whole]:  # fmt: skip
    """Return the matrix that moves children from where today's shares have them to where they are in the end."""
    settings = len(stock.settings)
    base = (people.need * len(stock.phases) + people.phase) * settings
    away = len(edges.group)
    rows, columns, values = [], [], []

    def put(cell: Whole, column: Whole, value: Floats | float) -> None:
        rows.append(cell)
        columns.append(column)
        values.append(np.broadcast_to(value, cell.shape))

    from_cell = (base + people.setting) * 2 + np.where(people.local, 0, _OUT)
    to_setting = seats.setting[edges.sink]
    at = np.arange(away)
    put(from_cell[edges.group], at, -1.0)
    put((base[edges.group] + to_setting) * 2, at, 1.0)
    each = np.arange(len(people))
    for order in range(3):
        put(from_cell, away + order * len(people) + each, -1.0)
    put((base + people.setting) * 2 + _OUT, away + each, 1.0)
    group, setting = np.nonzero(mix)
    put((base[group] + setting) * 2 + _OUT, away + len(people) + group, mix[group, setting])
    now = _present(stock, family)[people.phase]
    put((base + np.where(now < 0, people.setting, now)) * 2, away + 2 * len(people) + each, 1.0)
    cell = np.concatenate(rows)
    touched, row = np.unique(cell, return_inverse=True)
    shape = (len(touched), away + 3 * len(people))
    return csr_array((np.concatenate(values), (row, np.concatenate(columns))), shape=shape), touched
