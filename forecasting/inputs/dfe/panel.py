"""Facts of one or more releases as one panel in our words: settings, age bands and needs; the later release wins."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from forecasting import axes
from forecasting.errors import Fault
from forecasting.inputs.dfe.facts import facts
from forecasting.inputs.dfe.release import Release

_BLOCK = ["measure", "dimension", "unit", "year"]
_CELL = [*_BLOCK, "part"]
_LAST_AGE = {5: "under_5", 11: "5_10", 16: "11_15", 20: "16_19"}


@lru_cache(maxsize=1)
def settings_of_types() -> dict[str, str]:
    """Return the setting of every type of establishment that releases name, from `dfe_settings.csv`."""
    path = axes.DATA / "vocabularies" / "dfe_settings.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["file_value"].strip().lower(): row["setting"] for row in csv.DictReader(handle)}


def setting_of(word: str) -> str:
    """Return our setting for a type of establishment; "" when the vocabulary does not know it."""
    return settings_of_types().get(word.strip().lower(), "")


def need_of(word: str) -> str:
    """Return our need for a word of a release ("asd", "need_unknown"); "" when the vocabulary does not know it."""
    found = axes.NEEDS.find(re.sub(r"^need_", "", word))
    return found.code if found else ""


def age_of(word: str) -> int | None:
    """Return the age that a word of a release means: "age 10", "Aged 2 and under" (2), "under 3" (2); None if none."""
    match = re.search(r"\d+", word)
    if not match:
        return None
    return int(match[0]) - (1 if word.strip().lower().startswith("under") else 0)


def band_of(age: int) -> str:
    """Return the age band of an age."""
    return next((band for end, band in _LAST_AGE.items() if age < end), "20_25")


def panel_of(release: Release) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the facts of a release in our words, and faults for types and needs that it does not explain."""
    table = facts(release)
    faults = [
        *_unknown(release, table, "type", setting_of, "data/vocabularies/dfe_settings.csv"),
        *_unknown(release, table, "need", need_of, "data/vocabularies/needs.csv"),
    ]
    rest = table[~table["dimension"].isin(["type", "need", "age"])]
    made = [rest, _mapped(table, "type", "setting", setting_of), _mapped(table, "need", "need", need_of)]
    ages = table[table["dimension"].eq("age")]
    if not ages.empty:
        made += [ages, _bands(ages)]
    panel = pd.concat(made, ignore_index=True)
    return panel.assign(release=release.name), faults


def _unknown(
    release: Release, table: pd.DataFrame, dimension: str, known: Callable[[str], str], file: str
) -> list[Fault]:
    words = table.loc[table["dimension"].eq(dimension) & table["value"].notna(), "part"].unique()
    what = "type of establishment" if dimension == "type" else "need"
    return [
        Fault(release.name, column=what, found=f'the {what} "{word}" is not known and is in no breakdown',
              allowed=f"the words of {file}", todo="add a row there, then read the release again", grade="warning")
        for word in sorted(words) if not known(word)
    ]  # fmt: skip


def _mapped(table: pd.DataFrame, dimension: str, name: str, known: Callable[[str], str]) -> pd.DataFrame:
    """Return a dimension in our words; what is missing stays missing unless another part of it is known."""
    rows = table[table["dimension"].eq(dimension)]
    words = {word: known(word) for word in rows["part"].unique()}
    rows = rows.assign(part=rows["part"].map(words), dimension=name)
    return _added(rows[rows["part"].ne("")])


def _added(rows: pd.DataFrame) -> pd.DataFrame:
    keys = [column for column in rows.columns if column != "value"]
    return rows.groupby(keys, sort=False)["value"].sum(min_count=1).reset_index()


def _bands(ages: pd.DataFrame) -> pd.DataFrame:
    """Return age bands added up from single ages; a band with a missing age is missing."""
    words = {word: age_of(word) for word in ages["part"].unique()}
    age = ages["part"].map(words)
    rows = ages[age.notna()]
    bands = {word: band_of(number) for word, number in words.items() if number is not None}
    rows = rows.assign(dimension="age_band", part=rows["part"].map(bands))
    keys = [column for column in rows.columns if column != "value"]
    groups = rows.assign(unknown=rows["value"].isna()).groupby(keys, as_index=False, sort=False)
    added = groups.agg(value=("value", "sum"), unknown=("unknown", "any"))
    return added.assign(value=added["value"].mask(added["unknown"])).drop(columns="unknown")


def merge(panels: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return one panel from several, the earliest first: for each breakdown and year the later release wins."""
    merged = panels[0]
    for later in panels[1:]:
        known = later[later["value"].notna()]
        taken = pd.MultiIndex.from_frame(known[_BLOCK].drop_duplicates())
        stays = ~pd.MultiIndex.from_frame(merged[_BLOCK]).isin(taken)
        comes = pd.MultiIndex.from_frame(later[_BLOCK]).isin(taken)
        merged = pd.concat([merged[stays], later[comes]], ignore_index=True)
    return merged


def disagreements(panels: Sequence[pd.DataFrame], units: Sequence[str]) -> list[Fault]:
    """Return a note, with both figures, for each figure of some units that two releases give differently."""
    faults = []
    for earlier, later in zip(panels, panels[1:], strict=False):
        a, b = (p[p["unit"].isin(units) & p["value"].notna() & p["dimension"].isin(["", "setting", "age_band"])]
                for p in (earlier, later))  # fmt: skip
        both = a.merge(b, on=_CELL, suffixes=("", "_later"))
        apart = both[both["value"].ne(both["value_later"])]
        faults += [_disagreement(row) for row in apart.to_dict("records")]
    return faults


def _disagreement(row: Mapping[Hashable, Any]) -> Fault:
    table = "ehc_plans" if row["measure"] == "ehc_plans" else "plan_flows"
    part = f" ({row['part']})" if row["part"] else ""
    what = f"{row['name']} {row['year']}: {str(row['measure']).replace('_', ' ')}{part}"
    return Fault(str(row["release_later"]), table, found=(
        f"{what}: {row['value']:,.0f} in {row['release']}, {row['value_later']:,.0f} in {row['release_later']}"),
        todo="the later release is used", grade="note")  # fmt: skip
