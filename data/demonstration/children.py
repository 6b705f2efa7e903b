"""Made-up children with a plan, followed from January to January; rates are those of England (`data/national`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NATIONAL = Path(__file__).resolve().parents[1] / "national"
YEARS = range(2019, 2026)
SCALE = 0.005
YOUNGEST, OLDEST = 2, 25
_OUT = {"special_independent": 0.85, "special_non_maintained": 1.0, "special_state": 0.05, "specialist_post16": 0.5,
        "mainstream_independent": 0.6, "fe": 0.1, "ap_pru": 0.05, "resourced_provision": 0.03}  # fmt: skip
_SPECIALIST = ("special_state", "special_independent", "special_non_maintained")
_FIRST_SETTING = {"mainstream": 1.25, "special_state": 0.8, "special_independent": 0.6}
_MOVE, _MOVE_AT_11, _MOVE_AT_16, _MOVE_LATER, _NEED_CHANGES = 0.06, 0.35, 0.85, 0.35, 0.015

Text = NDArray[np.str_]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Children:
    """Children with a plan at one January: one position per child in every array."""

    age: Whole
    need: Text
    setting: Text
    place: Text

    def at(self, keep: NDArray[np.bool_]) -> Children:
        """Return some of the children."""
        return Children(self.age[keep], self.need[keep], self.setting[keep], self.place[keep])

    def frame(self) -> pd.DataFrame:
        """Return one row per child."""
        return pd.DataFrame({"age": self.age, "need": self.need, "setting": self.setting, "place": self.place})


@dataclass(frozen=True, eq=False)
class Step:
    """One year: the children of a January, who of them stays, where they are next, and who joins."""

    before: Children
    stays: NDArray[np.bool_]
    after: Children
    joiners: Children


@dataclass(frozen=True, eq=False)
class Rates:
    """National rates by age: cumulative chances, ready to draw from."""

    start: pd.Series
    cease: pd.Series
    join: pd.Series
    settings: pd.DataFrame
    first_settings: pd.DataFrame
    needs: pd.DataFrame
    stock: pd.Series


def read_rates() -> Rates:
    """Read the national tables."""
    ages = pd.read_csv(NATIONAL / "plans_by_age.csv", index_col="age")
    totals = pd.read_csv(NATIONAL / "totals_by_year.csv", index_col="year")["ehc_plans"]
    older = ages.index >= 20
    ceased = ages["ceased"].fillna(0.0)
    rate = ceased / ages["plans_year_before"]
    rate.loc[older] = ceased.loc[older].sum() / ages.loc[older, "plans_year_before"].sum()
    settings = _table("plans_by_age_and_setting", "age", "setting")
    needs = _table("plans_by_need_and_setting", "setting", "need")
    weight = pd.Series(_FIRST_SETTING).reindex(settings.columns).fillna(1.0)
    return Rates(_cumulative(ages["plans"]), rate.clip(0.0, 1.0), _cumulative(ages["new_plans"].fillna(0.0)),
                 _rows(settings), _rows(settings * weight), _rows(needs), totals * SCALE)  # fmt: skip


def _table(name: str, down: str, across: str) -> pd.DataFrame:
    frame = pd.read_csv(NATIONAL / f"{name}.csv")
    return frame.pivot_table(index=down, columns=across, values="plans", aggfunc="sum").fillna(0.0)


def _cumulative(weights: pd.Series) -> pd.Series:
    return weights.cumsum() / weights.sum()


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    return table.cumsum(axis=1).div(table.sum(axis=1), axis=0)


def follow(rng: np.random.Generator) -> tuple[dict[int, Children], dict[int, Step]]:
    """Return the children of each January, and the step from each to the next."""
    rates = read_rates()
    size = round(float(rates.stock[YEARS[0]]))
    ages = _pick(rng, rates.start, size).astype(np.int64)
    stock = {YEARS[0]: _newly(rng, rates, ages, rates.settings)}
    steps = {}
    for year in YEARS[:-1]:
        step = _step(rng, rates, stock[year], round(float(rates.stock[year + 1])))
        steps[year] = step
        stock[year + 1] = _together(step.after, step.joiners)
    return stock, steps


def _step(rng: np.random.Generator, rates: Rates, now: Children, target: int) -> Step:
    chance = rates.cease.reindex(now.age).to_numpy()
    stays = (rng.random(len(now.age)) >= chance) & (now.age < OLDEST)
    after = _moved(rng, rates, now.at(stays))
    ages = _pick(rng, rates.join, max(target - len(after.age), 0)).astype(np.int64)
    return Step(now, stays, after, _newly(rng, rates, np.clip(ages, YOUNGEST, OLDEST), rates.first_settings))


def _moved(rng: np.random.Generator, rates: Rates, children: Children) -> Children:
    """Return the children a year older, some in another setting or with another need."""
    age = children.age + 1
    chance = np.where(age == 11, _MOVE_AT_11, np.where(age == 16, _MOVE_AT_16, _MOVE))
    chance = np.where(age > 16, _MOVE_LATER, chance)
    chance = np.where((children.setting == "early_years") & (age >= 5), 1.0, chance)
    special = np.isin(children.setting, _SPECIALIST)
    chance = np.where(special & (age != 19), chance * 0.2, np.where(special, 0.8, chance))
    moves = rng.random(len(age)) < chance
    new = _newly(rng, rates, age, rates.settings)
    changes = rng.random(len(age)) < _NEED_CHANGES
    return Children(age, np.where(changes, new.need, children.need), np.where(moves, new.setting, children.setting),
                    np.where(moves, new.place, children.place))  # fmt: skip


def _newly(rng: np.random.Generator, rates: Rates, age: Whole, settings: pd.DataFrame) -> Children:
    setting = _pick_by_row(rng, settings, age)
    need = _pick_by_row(rng, rates.needs, setting)
    out = pd.Series(_OUT).reindex(setting).fillna(0.01).to_numpy()
    place = np.where(rng.random(len(age)) < out, "out_of_borough", "in_borough")
    return Children(age, need, setting, place)


def _pick(rng: np.random.Generator, cumulative: pd.Series, size: int) -> NDArray[np.object_]:
    at = np.searchsorted(cumulative.to_numpy(), rng.random(size))
    return np.asarray(cumulative.index.to_numpy()[np.minimum(at, len(cumulative) - 1)])


def _pick_by_row(rng: np.random.Generator, cumulative: pd.DataFrame, rows: NDArray[np.generic]) -> Text:
    chances = cumulative.reindex(rows).to_numpy()
    at = (chances < rng.random(len(rows))[:, None]).sum(axis=1)
    return cumulative.columns.to_numpy(dtype=str)[np.minimum(at, cumulative.shape[1] - 1)]


def _together(first: Children, second: Children) -> Children:
    pairs = [(getattr(first, name), getattr(second, name)) for name in ("age", "need", "setting", "place")]
    return replace(first, **dict(zip(("age", "need", "setting", "place"), map(np.concatenate, pairs), strict=True)))
