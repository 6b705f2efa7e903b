"""What an allocation of children to places costs: place funding, top-up, fees, transport, services.

Place funding follows commissioned places, filled or not; top-up and fees follow the resident child. Figures are by
financial year. Equations and sources: docs/method_costs.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model import capacity
from forecasting.model.allocation import Allocation
from forecasting.model.calibration import Calibration, budget_lines, calibrate
from forecasting.model.uncertain import drawn, price_index, standard_normals
from forecasting.model.unit_rates import Rates, rates
from forecasting.periods import to_financial_years
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import baseline
from forecasting.values import Floats

IN, OUT, POST_16 = "in_borough", "out_of_borough", "post_16"
_FEW = 1e-9


@dataclass(frozen=True, eq=False)
class Volumes:
    """Children and places, means of each financial year; every array begins with run × year.

    Attributes:
        pre: setting; children before 16, wherever placed.
        post: setting; young people after 16, wherever placed.
        by_need: need × setting; children.
        by_place: setting × in and out of the borough; children.
        at_provider: provider; resident children.
        filled: provider; commissioned places that are filled.
        vacant: provider; commissioned places that stand empty.
        over: provider; children above the commissioned number.
        unlisted: setting; children in the borough at providers that are not listed.
        guests: children of other authorities (no further axis).
    """

    pre: Floats
    post: Floats
    by_need: Floats
    by_place: Floats
    at_provider: Floats
    filled: Floats
    vacant: Floats
    over: Floats
    unlisted: Floats
    guests: Floats


@dataclass(frozen=True, eq=False)
class Levers:
    """Levers in force, run × year each; prices are relative to the first year."""

    place_index: Floats
    top_up_index: Floats
    fee_index: Floats
    residential: Floats
    health: Floats
    care: Floats
    spread: Floats
    over_number: Floats


@dataclass(frozen=True, eq=False)
class Costs:
    """£ by financial year; every array begins with run × year.

    Attributes:
        years: financial years, by the year in which they end.
        settings: codes along the axis of settings.
        providers: names along the axis of providers.
        place: setting; place funding of commissioned places.
        top_up: setting; top-up of resident children, and what the budget pays a child where no rate is known.
        fee: setting; fees of independent and non-maintained placements, the part that education pays.
        transport: setting; carrying children.
        services: budget lines that pay for no place.
        interventions: what interventions cost.
        joint_health: fees that the health service pays (not in the account).
        joint_care: fees that social care pays (not in the account).
        of_provider: provider; place funding and top-up.
        guests: children of other authorities in our places.
        exports: children of ours in state-funded places of other authorities.
        calibration: how the base year was brought to the budget.
    """

    years: tuple[int, ...]
    settings: tuple[str, ...]
    providers: tuple[str, ...]
    place: Floats
    top_up: Floats
    fee: Floats
    transport: Floats
    services: Floats
    interventions: Floats
    joint_health: Floats
    joint_care: Floats
    of_provider: Floats
    guests: Floats
    exports: Floats
    calibration: Calibration

    @property
    def parts(self) -> dict[str, Floats]:
        """Return component → run × year."""
        by_setting = {name: getattr(self, name).sum(axis=2) for name in ("place", "top_up", "fee", "transport")}
        return {**by_setting, "services": self.services, "interventions": self.interventions}

    @property
    def total(self) -> Floats:
        """Return run × year; everything the authority pays, transport included."""
        return np.asarray(sum(self.parts.values()))


def homes_of(dataset: Dataset, providers: tuple[str, ...]) -> tuple[tuple[str, ...], Floats]:
    """Return the setting of each provider, and 1 for those in the borough; what is not listed elsewhere stands here."""
    table = dataset.table("providers")
    places = dict(zip(table["provider"], table["place"], strict=True))
    return capacity.homes(dataset, providers), np.array([float(places.get(name, IN) != OUT) for name in providers])


def _one_hot(homes: tuple[str, ...], settings: tuple[str, ...]) -> Floats:
    return np.array([[float(home == setting) for setting in settings] for home in homes]).reshape(
        len(homes), len(settings)
    )


def volumes(allocation: Allocation, homes: tuple[str, ...], here: Floats) -> Volumes:
    """Return what is paid for, from an allocation; limits are applied in each academic year before the conversion."""
    late = np.array([float(phase == POST_16) for phase in allocation.phases])
    by_place = allocation.by_phase.sum(axis=2)
    by_phase = allocation.by_phase.sum(axis=4)
    everyone = allocation.at_provider + allocation.guests[None]
    if allocation.others.size:
        everyone = everyone + allocation.others[None]
    commissioned = np.where(np.isnan(allocation.commissioned)[None], everyone, allocation.commissioned[None])
    filled = np.minimum(everyone, commissioned)
    listed = (allocation.at_provider * here) @ _one_hot(homes, allocation.settings)
    inside = by_place[..., allocation.places.index(IN)] if IN in allocation.places else np.zeros_like(listed)
    guests = np.broadcast_to(allocation.guests.sum(axis=1), by_place.shape[:2])
    parts = {
        "pre": np.einsum("ryps,p->rys", by_phase, 1.0 - late), "post": np.einsum("ryps,p->rys", by_phase, late),
        "by_need": allocation.by_need.sum(axis=4), "by_place": by_place, "at_provider": allocation.at_provider,
        "filled": filled * here, "vacant": (commissioned - filled) * here, "over": (everyone - filled) * here,
        "unlisted": np.maximum(inside - listed, 0.0), "guests": guests,
    }  # fmt: skip
    return Volumes(**{name: to_financial_years(values, axis=1) for name, values in parts.items()})


def levers_of(assumptions: Assumptions, years: tuple[int, ...], runs: int, seed: int) -> Levers:
    """Return the levers that price an allocation, drawn once per run where a range is stated."""

    def of(lever: str) -> Floats:
        return drawn(assumptions, lever, years, runs, seed)

    def index(lever: str) -> Floats:
        return price_index(assumptions, lever, years, runs, seed)

    return Levers(
        index("place_funding_change"), index("in_borough_price_change") * (1.0 + of("top_up_change")),
        index("out_of_borough_price_change") * (1.0 + of("fee_change")), of("residential_share"),
        of("joint_health_share"), of("joint_care_share"), of("fee_spread"), of("over_number_share"),
    )  # fmt: skip


def place_costs(rate: Rates, many: Volumes, levers: Levers, homes: Floats) -> tuple[Floats, Floats]:
    """Return £ of place funding by provider, and by setting with children at unlisted providers; run × year first.

    filled × occupied rate + vacant × vacant rate + children above the number × occupied rate × share paid.
    """
    width = many.filled.shape[1]
    occupied, vacant = (amounts[:, :width].T for amounts in (rate.occupied, rate.vacant))  # year × setting
    full = occupied @ homes.T
    paid = many.filled * full + many.vacant * (vacant @ homes.T) + many.over * full * levers.over_number[..., None]
    of_provider = paid * levers.place_index[..., None]
    rest = many.unlisted * occupied * levers.place_index[..., None]
    return of_provider, np.asarray(of_provider @ homes + rest)


def top_up_costs(rate: Rates, many: Volumes, levers: Levers, homes: Floats) -> tuple[Floats, Floats]:
    """Return £ of top-up by provider and by setting; run × year first.

    Children before and after 16 × the rate of each, of the provider where it has its own, else of the setting.
    """
    whole = many.pre + many.post
    late = np.divide(many.post, whole, out=np.zeros_like(whole), where=whole > _FEW)
    late_at = late @ homes.T
    own, shared = rate.top_up_at, rate.top_up @ homes.T
    gap = (1.0 - late_at) * (own[0] - shared[0]) + late_at * (own[1] - shared[1])
    index = levers.top_up_index[..., None]
    by_setting = many.pre * rate.top_up[0] + many.post * rate.top_up[1] + (many.at_provider * gap) @ homes
    each = (1.0 - late_at) * own[0] + late_at * own[1]
    return many.at_provider * each * index, np.asarray(by_setting * index)


def fee_costs(rate: Rates, many: Volumes, levers: Levers, chance: Floats) -> tuple[Floats, Floats, Floats]:
    """Return £ of fees that education, health and care pay, by setting; run × year first.

    A child costs day × (1 − s) + residential × s, s the residential share; health and care pay their shares of the
    residential part. Where the Department pays the place, education pays the fee less that place, never below zero.
    """
    width = many.by_need.shape[1]
    s = levers.residential[..., None, None]
    index = (levers.fee_index[..., None] * chance)[:, :, None, :]
    away = rate.fee_residential * s * index
    joint = (levers.health + levers.care)[..., None, None]
    paid = rate.fee_day * (1.0 - s) * index + away * (1.0 - joint)
    net = np.maximum(paid - rate.department[:, :width].T[None, :, None, :], 0.0)
    away_all = (many.by_need * away).sum(axis=2)
    return ((many.by_need * net).sum(axis=2), away_all * levers.health[..., None], away_all * levers.care[..., None])


def fee_chance(many: Volumes, spread: Floats, seed: int) -> Floats:
    """Return how far the mean fee of the children placed lies from the expected one; run × year × setting.

    The fees of N children with mean m and standard deviation m × c have a mean that is close to lognormal with mean m
    and spread c ÷ √N: exp(σz − σ²/2) with σ² = ln(1 + c² ÷ N). z is drawn once per run and setting, since children
    stay in their placements. The central run has 1.
    """
    runs, _, settings = many.pre.shape
    count = np.maximum(many.pre + many.post, 1.0)
    variance = np.log1p(spread[..., None] ** 2 / count)
    z = np.stack([standard_normals(f"fees {at}", runs, seed) for at in range(settings)], axis=1)
    found = np.exp(np.sqrt(variance) * z[:, None, :] - variance / 2.0)
    found[0] = 1.0
    return np.asarray(found)


def known_rates(
    dataset: Dataset, assumptions: Assumptions, allocation: Allocation, homes: tuple[str, ...], many: Volumes
) -> tuple[Rates, tuple[str, ...]]:
    """Return rates without gaps, and a sentence on the settings with children that no rate and no budget prices.

    Independent and non-maintained settings without a listed fee take the average cost out of the authority. Another
    setting with a budget line and no rate takes £1 a child, which the calibration turns into the budget per child.
    """
    rate = rates(dataset, allocation.years, allocation.needs, allocation.settings, allocation.providers, homes)
    settings = np.array(allocation.settings)
    by_fee = ~np.isnan(rate.fee_day).all(axis=0) | ~np.isnan(rate.fee_residential).all(axis=0)
    by_fee |= np.isin(settings, axes.INMSS_PARTS)
    average = assumptions.first("out_of_borough_unit_cost") or 0.0
    day = np.where(np.isnan(rate.fee_day), np.where(by_fee, average, 0.0), rate.fee_day)
    away = np.where(np.isnan(rate.fee_residential), day, rate.fee_residential)
    lines = budget_lines(dataset, allocation.years[0], allocation.settings)
    in_budget = np.isin(settings, [code for group in lines.groups for code in group])
    blank = np.isnan(rate.top_up).any(axis=0)
    filler = np.where(in_budget & ~by_fee, 1.0, 0.0)
    top_up = np.where(by_fee, 0.0, np.where(np.isnan(rate.top_up), filler, rate.top_up))
    at = np.where(np.isnan(rate.top_up_at), top_up @ _one_hot(homes, allocation.settings).T, rate.top_up_at)
    present = (many.pre + many.post)[0].max(axis=0)
    lost = blank & ~by_fee & ~in_budget & (present > _FEW)
    placed = rate.occupied[:, 0] > 0
    notes = tuple(
        _unpaid([dataset.settings.label(str(code)) for code in settings[found]], present[found], extent)
        for found, extent in ((lost & ~placed, "nothing"), (lost & placed, "nothing beyond the place")) if found.any()
    )  # fmt: skip
    return replace(rate, top_up=top_up, top_up_at=at, fee_day=np.where(by_fee, day, 0.0),
                   fee_residential=np.where(by_fee, away, 0.0)), notes  # fmt: skip


def _unpaid(labels: Sequence[str], children: Floats, extent: str) -> str:
    """Return one sentence on every setting whose children no rate and no budget prices."""
    told = ", ".join(f"{label} ({count:,.0f})" for label, count in zip(labels, children, strict=True))
    return f"No rate is known for children in {told}, so they cost {extent}: add rows to unit_costs, or a budget line."


def _unrated(dataset: Dataset, allocation: Allocation, homes: tuple[str, ...]) -> frozenset[str]:
    """Return the settings for which no top-up, no fee and no place is known."""
    rate = rates(dataset, allocation.years, allocation.needs, allocation.settings, allocation.providers, homes)
    fees = np.isnan(rate.fee_day).all(axis=0) & np.isnan(rate.fee_residential).all(axis=0)
    blank = np.isnan(rate.top_up).all(axis=0) & fees & (rate.occupied[:, 0] <= 0)
    return frozenset(code for code, none in zip(allocation.settings, blank, strict=True) if none)


@dataclass(frozen=True, eq=False)
class Basis:
    """What an allocation is priced with.

    Attributes:
        homes: provider × setting; 1 for the kind of setting of each provider.
        volumes: children and places by financial year.
        rates: rates without gaps.
        calibration: how the base year is brought to the budget.
        notes: what could not be priced, in sentences.
    """

    homes: Floats
    volumes: Volumes
    rates: Rates
    calibration: Calibration
    notes: tuple[str, ...]


def basis(dataset: Dataset, assumptions: Assumptions, allocation: Allocation) -> Basis:
    """Return what an allocation is priced with.

    The factors that bring the base year to the budget are worked out at the levers of the baseline, so that a lever
    that is changed in the base year is not taken back by them.
    """
    codes, here = homes_of(dataset, allocation.providers)
    many = volumes(allocation, codes, here)
    rate, notes = known_rates(dataset, assumptions, allocation, codes, many)
    found = _calibration(dataset, rate, allocation, codes, here)
    found = replace(found, unrated=_unrated(dataset, allocation, codes))
    return Basis(_one_hot(codes, allocation.settings), many, rate, found, notes)


def price(
    dataset: Dataset, assumptions: Assumptions, allocation: Allocation, seed: int = 0
) -> tuple[Costs, tuple[str, ...]]:
    """Return what an allocation costs, and sentences about what could not be priced."""
    years, runs = allocation.years, len(allocation.placed)
    base = basis(dataset, assumptions, allocation)
    many, rate, found, homes = base.volumes, base.rates, base.calibration, base.homes
    factors = _factors(found, assumptions)
    levers = levers_of(assumptions, years, runs, seed)
    chance = fee_chance(many, levers.spread, seed)
    place_at, place = place_costs(rate, many, levers, homes)
    top_up_at, top_up = top_up_costs(rate, many, levers, homes)
    fee, health, care = fee_costs(rate, many, levers, chance)
    of_provider = place_at * (factors[0] @ homes.T) + top_up_at * (factors[1] @ homes.T)
    costs = Costs(
        years, allocation.settings, allocation.providers, place * factors[0], top_up * factors[1], fee * factors[1],
        _transport(dataset, assumptions, many, allocation, seed), _services(found, assumptions, years, runs, seed),
        _interventions(assumptions, years, runs), (health * factors[1]).sum(axis=2), (care * factors[1]).sum(axis=2),
        of_provider, many.guests, exported(rate, many, allocation), found,
    )  # fmt: skip
    return costs, (*base.notes, *found.notes)


def exported(rate: Rates, many: Volumes, allocation: Allocation) -> Floats:
    """Return run × year; children of ours in state-funded places of other authorities."""
    state = np.where(rate.occupied[:, 0] > 0, 1.0, 0.0)
    outside = many.by_place[..., allocation.places.index(OUT)] if OUT in allocation.places else 0.0 * many.pre
    return np.asarray(outside @ state)


def _calibration(
    dataset: Dataset, rate: Rates, allocation: Allocation, codes: tuple[str, ...], here: Floats
) -> Calibration:
    start, homes = allocation.years[:1], _one_hot(codes, allocation.settings)
    first = volumes(_as_counted(dataset, allocation), codes, here)
    levers = levers_of(baseline(dataset), start, 1, 0)
    _, place = place_costs(rate, first, levers, homes)
    _, top_up = top_up_costs(rate, first, levers, homes)
    fee, _, _ = fee_costs(rate, first, levers, np.ones((1, 1, len(allocation.settings))))
    lines = budget_lines(dataset, start[0], allocation.settings)
    return calibrate(lines, allocation.settings, place[0, 0], (top_up + fee)[0, 0], start[0])


def _as_counted(dataset: Dataset, allocation: Allocation) -> Allocation:
    """Return the central run of the first year with the children of other authorities that the table counts."""
    table = dataset.table("providers")
    counted = dict(zip(table["provider"], table["on_roll_other_authorities"].fillna(0.0), strict=True))
    guests = np.array([[float(counted.get(name, 0.0)) for name in allocation.providers]])
    guests = np.where((allocation.commissioned[:1] > 0) | (allocation.guests[:1] > 0), guests, 0.0)
    return replace(
        allocation, years=allocation.years[:1], placed=allocation.placed[:1, :1], guests=guests,
        at_provider=allocation.at_provider[:1, :1], commissioned=allocation.commissioned[:1],
        others=allocation.others[:1],
    )  # fmt: skip


def _factors(found: Calibration, assumptions: Assumptions) -> tuple[Floats, Floats]:
    if not assumptions.number("calibrate_costs"):
        return np.ones_like(found.place), np.ones_like(found.variable)
    return found.place, found.variable


def _services(found: Calibration, assumptions: Assumptions, years: tuple[int, ...], runs: int, seed: int) -> Floats:
    """Return run × year; £ of budget lines that pay for no place, which follow prices alone."""
    base = sum(found.services.values())
    return np.asarray(base * price_index(assumptions, "other_price_change", years, runs, seed))


def _interventions(assumptions: Assumptions, years: tuple[int, ...], runs: int) -> Floats:
    """Return run × year; £ of all interventions, each from its first year on."""
    names = dict.fromkeys(item.key for item in assumptions.of_any_key("intervention_cost"))
    shared = assumptions.path("intervention_cost", years)
    each = [assumptions.path("intervention_cost", years, name) for name in names if name]
    return np.broadcast_to(np.sum(each, axis=0) if each else shared, (runs, len(years)))


def _transport(dataset: Dataset, assumptions: Assumptions, many: Volumes, allocation: Allocation, seed: int) -> Floats:
    """Return run × year × setting; £ of transport: children × what a child placed there costs in the first year."""
    index = price_index(assumptions, "transport_price_change", allocation.years, len(many.pre), seed)
    if dataset.has("transport"):
        each = carried(dataset, many, allocation)
        return np.asarray(np.einsum("rysl,sl->rys", many.by_place, each) * index[..., None])
    specialist = np.array([float(is_specialist(code)) for code in allocation.settings])
    share, cost = (drawn(assumptions, lever, allocation.years, len(many.pre), seed)
                     for lever in ("transport_carried_share", "transport_gbp_per_child"))  # fmt: skip
    return np.asarray((many.pre + many.post) * specialist * (share * cost * index)[..., None])


def carried(dataset: Dataset, many: Volumes, allocation: Allocation) -> Floats:
    """Return setting × place; £ of transport in the first year for each child placed there, carried or not."""
    gbp = _transport_budget(dataset, allocation.settings, allocation.places)
    children = many.by_place[0, 0]
    return np.asarray(np.divide(gbp, children, out=np.zeros_like(gbp), where=children > _FEW))


@lru_cache(maxsize=64)
def _transport_budget(dataset: Dataset, settings: tuple[str, ...], places: tuple[str, ...]) -> Floats:
    """Return setting × place; £ a year of transport in the table."""
    table = dataset.table("transport")
    paid = (table["children"] * table["gbp_per_child_year"]).groupby([table["setting"], table["place"]]).sum()
    grid = pd.MultiIndex.from_product([list(settings), list(places)])
    return np.asarray(paid.reindex(grid, fill_value=0.0).to_numpy(np.float64).reshape(len(settings), -1))


def is_specialist(code: str) -> bool:
    """Return whether the vocabulary counts a kind of setting as specialist."""
    found = axes.SETTINGS.find(code)
    return found is not None and found["specialist"] == "1"
