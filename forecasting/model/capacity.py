"""Local places by year: which children a provider or project suits, and how many it may take.

A provider's limit is the larger of its capacity × (1 + tolerance) and the children already there. A project adds its
net places; they open at once and are taken up over its ramp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.cells import UNKNOWN, mapped_needs
from forecasting.model.places import open_in_january, with_capacity
from forecasting.model.programme import Programme
from forecasting.periods import Month
from forecasting.scenario.assumptions import Assumptions
from forecasting.values import Floats


@dataclass(frozen=True, eq=False)
class Supply:
    """Places in the borough, provider by provider; the last entries of `names` may be sites that projects open.

    Attributes:
        names: providers.
        settings: kind of setting of each provider.
        is_open: year × provider; 1 where it is open in January; a site of a project is not, before or after.
        open_places: year × provider; places open in January.
        usable: year × provider; children that may be named: places × (1 + tolerance), over the ramp of a new one.
        commissioned: year × provider; places paid for.
        guests: year × provider; children of other authorities.
        on_roll: provider; the authority's own children on roll at the start; NaN where the roll is not known.
        suits: provider × need × phase; 1 where designation and ages suit.
        new: as `NewPlaces`; the projects, which suit children of their own need and phase.
        listed: how many of the names are providers of the dataset; the kinds of setting of these have limited places.
    """

    names: tuple[str, ...]
    settings: tuple[str, ...]
    is_open: Floats
    open_places: Floats
    usable: Floats
    commissioned: Floats
    guests: Floats
    on_roll: Floats
    suits: Floats
    new: NewPlaces
    listed: int


@dataclass(frozen=True, eq=False)
class NewPlaces:
    """Places that projects open.

    Attributes:
        at: index of the provider of each project in `Supply.names`.
        settings: kind of setting of each project.
        open_places: year × project; net-new places open in January.
        usable: year × project; of them those that can be taken up by then.
        suits: project × need × phase; 1 where need and phase suit.
    """

    at: tuple[int, ...]
    settings: tuple[str, ...]
    open_places: Floats
    usable: Floats
    suits: Floats


def supply(
    dataset: Dataset,
    assumptions: Assumptions,
    plan: Programme,
    years: Sequence[int],
    needs: tuple[str, ...],
    phases: tuple[str, ...],
) -> Supply:
    """Return the local places of each January: of providers with a known capacity, and of the programme.

    Args:
        dataset: tables providers and projects.
        assumptions: levers over_capacity_tolerance and guest_change.
        plan: the programme; projects that are off have no places.
        years: January census years, the first being that of the rolls.
        needs: codes of needs of the children.
        phases: codes of phases of the children.
    """
    rows, is_open = _local(dataset, tuple(years))
    places = is_open * rows["capacity"].to_numpy(np.float64)
    share = _opened(rows, years)
    tolerance = _tolerance(assumptions, rows, years)
    roll = rows["on_roll"].to_numpy(np.float64, na_value=np.nan)
    change = 1.0 + np.nan_to_num(assumptions.path("guest_change", years))[:, None]
    guests = np.nan_to_num(rows["on_roll_other_authorities"].to_numpy(np.float64, na_value=np.nan))
    paid = rows["commissioned"].to_numpy(np.float64, na_value=np.nan)
    paid = np.where(np.isnan(paid), rows["capacity"].to_numpy(np.float64), paid)
    new, sites, homes = _new_places(dataset, plan, years, tuple(rows["provider"]), needs, phases)
    wide = ((0, 0), (0, len(sites)))
    return Supply(
        (*rows["provider"], *sites), (*rows["setting"], *homes), np.pad(is_open, wide), np.pad(places, wide),
        np.pad(places * share * (1.0 + tolerance), wide), np.pad(is_open * paid, wide),
        np.pad(is_open * guests * change, wide),
        np.pad(np.maximum(roll - guests, 0.0), (0, len(sites))),
        np.pad(_suits(dataset, needs, phases), ((0, len(sites)), (0, 0), (0, 0))), new, len(rows),
    )  # fmt: skip


def homes(dataset: Dataset, providers: Sequence[str]) -> tuple[str, ...]:
    """Return the kind of setting of each name in `Supply.names`."""
    rows, projects = dataset.table("providers"), dataset.table("projects")
    known = dict(zip(rows["provider"], rows["setting"], strict=True))
    for provider, project, setting in zip(projects["provider"], projects["project"], projects["setting"], strict=True):
        known.setdefault(_site(provider, project), setting or UNKNOWN)
    return tuple(known[name] for name in providers)


def _site(provider: str, project: str) -> str:
    """Return the name of a site that is not a provider yet."""
    return f"{provider or 'New site'} (project {project})"


@lru_cache(maxsize=64)
def _local(dataset: Dataset, years: tuple[int, ...]) -> tuple[pd.DataFrame, Floats]:
    """Return the providers in the borough with a known capacity; year × provider: 1 where one is open in January."""
    rows = with_capacity(dataset)
    rows = rows[rows["place"] != "out_of_borough"]
    return rows, open_in_january(rows, years)


def _opened(rows: pd.DataFrame, years: Sequence[int]) -> Floats:
    """Return year × provider: the share of its places that a provider with a ramp can fill by January."""
    ramp = 12.0 * np.nan_to_num(rows["ramp_years"].to_numpy(np.float64, na_value=np.nan))
    since = np.array([_month(text) for text in rows["opens"]])
    januaries = np.array([Month.of(year, 1).index for year in years], dtype=np.float64)[:, None]
    months = januaries - since
    return np.where(np.isnan(since) | (ramp == 0), 1.0, np.clip(months / np.maximum(ramp, 1e-9), 0.0, 1.0))


def _month(text: object) -> float:
    if not isinstance(text, str) or not text:
        return float("nan")
    year, month = text.split("-")[:2]
    return float(Month.of(int(year), int(month)).index)


def _tolerance(assumptions: Assumptions, rows: pd.DataFrame, years: Sequence[int]) -> Floats:
    own = np.nan_to_num(rows["over_capacity_share"].to_numpy(np.float64, na_value=np.nan))
    return np.asarray(own + np.nan_to_num(assumptions.path("over_capacity_tolerance", years))[:, None])


def _new_places(
    dataset: Dataset,
    plan: Programme,
    years: Sequence[int],
    known: tuple[str, ...],
    needs: tuple[str, ...],
    phases: tuple[str, ...],
) -> tuple[NewPlaces, tuple[str, ...], tuple[str, ...]]:
    """Return the places of projects, and the names and settings of the sites that are not providers yet."""
    table = dataset.table("projects")
    settings = tuple(setting or UNKNOWN for setting in table["setting"])
    net = np.maximum(plan.net, 0.0)
    sites: dict[str, str] = {}
    at = []
    for provider, project, setting in zip(table["provider"], plan.projects, settings, strict=True):
        name = provider if provider in known else _site(provider, project)
        sites |= {} if name in known else {name: setting}
        at.append((*known, *sites).index(name))
    suits = project_suits(dataset, needs, phases)
    new = NewPlaces(
        tuple(at), settings, plan.january(plan.open_share, years) * net, plan.january(plan.filled_share, years) * net,
        suits,
    )  # fmt: skip
    return new, tuple(sites), tuple(sites.values())


@lru_cache(maxsize=64)
def _suits(dataset: Dataset, needs: tuple[str, ...], phases: tuple[str, ...]) -> Floats:
    """Return provider × need × phase for the local providers with a capacity; 1 where the child suits."""
    rows, _ = _local(dataset, (dataset.base_year,))
    words = [[word for word in text.split("|") if word] for text in rows["needs"]]
    by_need = np.array([_needs_met(dataset, "providers", "needs", each, needs) for each in words])
    by_phase = _phases_met(rows, phases)
    return by_need.reshape(len(rows), len(needs), 1) * by_phase[:, None, :]


@lru_cache(maxsize=64)
def project_suits(dataset: Dataset, needs: tuple[str, ...], phases: tuple[str, ...]) -> Floats:
    """Return project × need × phase; 1 where need and phase (or ages, where no phase is stated) suit."""
    table = dataset.table("projects")
    words = [[word] if word else [] for word in table["need"]]
    by_need = np.array([_needs_met(dataset, "projects", "need", each, needs) for each in words])
    stated = np.array([[1.0 if phase in (own, UNKNOWN) or not own else 0.0 for phase in phases]
                       for own in table["phase"]]).reshape(len(table), len(phases))  # fmt: skip
    aged = _phases_met(table, phases)
    by_phase = np.where(np.array([bool(own) for own in table["phase"]], dtype=bool)[:, None], stated, aged)
    return by_need.reshape(len(table), len(needs), 1) * by_phase[:, None, :]


def _needs_met(dataset: Dataset, table: str, column: str, words: list[str], needs: tuple[str, ...]) -> list[float]:
    """Return 1 for each need that the words stand for; no words mean all needs, an unknown need suits anywhere."""
    if not words:
        return [1.0] * len(needs)
    met = {need for word in words for need in mapped_needs(dataset, table, column, word)}
    return [1.0 if need in met or need == UNKNOWN else 0.0 for need in needs]


def _phases_met(rows: pd.DataFrame, phases: tuple[str, ...]) -> Floats:
    """Return row × phase: 1 where the ages of the row (youngest to oldest, whole years) overlap the phase."""
    spans = {code.code: (int(code["first_nc_year"]) + 4, int(code["last_nc_year"]) + 5) for code in axes.PHASES.codes}
    low = np.nan_to_num(rows["min_age"].to_numpy(np.float64, na_value=np.nan), nan=0.0)[:, None]
    high = np.nan_to_num(rows["max_age"].to_numpy(np.float64, na_value=np.nan), nan=99.0)[:, None]
    first = np.array([spans.get(phase, (0, 99))[0] for phase in phases], dtype=np.float64)
    after = np.array([spans.get(phase, (0, 99))[1] for phase in phases], dtype=np.float64)
    return np.where(np.minimum(high, after) > np.maximum(low, first), 1.0, 0.0)
