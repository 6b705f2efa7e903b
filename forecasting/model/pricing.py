"""What an allocation of children to places costs: place funding, top-up, fees, transport, services.

Place funding follows commissioned places, filled or not; top-up and fees follow the resident child. Figures are by
financial year. Equations and sources: docs/method_costs.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecasting.inputs.dataset import Dataset
from forecasting.model.allocation import Allocation
from forecasting.model.calibration import Calibration, budget_lines, calibrate
from forecasting.model.known_rates import known_rates, unrated
from forecasting.model.transport import transport
from forecasting.model.uncertain import drawn, price_index, standard_normals
from forecasting.model.unit_rates import Rates
from forecasting.model.volumes import FEW, OUT, Volumes, homes_of, one_hot, volumes
from forecasting.scenario.assumptions import Assumptions
from forecasting.scenario.from_dataset import baseline
from forecasting.values import Floats


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
    late = np.divide(many.post, whole, out=np.zeros_like(whole), where=whole > FEW)
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
    found = replace(found, unrated=unrated(dataset, allocation, codes))
    return Basis(one_hot(codes, allocation.settings), many, rate, found, notes)


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
        transport(dataset, assumptions, many, allocation, seed), _services(found, assumptions, years, runs, seed),
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
    start, homes = allocation.years[:1], one_hot(codes, allocation.settings)
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
