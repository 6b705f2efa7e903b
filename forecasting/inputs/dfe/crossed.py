"""Two-way breakdowns of one authority's plans in the layout of 2025: age × setting, age × need, need × setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from forecasting.inputs.dfe import facts
from forecasting.inputs.dfe.panel import age_of, need_of, setting_of
from forecasting.inputs.dfe.release import Release

_KEYS = ["year", "age", "need", "setting"]


def breakdowns(releases: Sequence[Release], unit: str) -> pd.DataFrame:
    """Return two-way rows (year, age, need, setting, value, release); the later release wins per pair and year."""
    made: dict[tuple[str, int], pd.DataFrame] = {}
    for release in releases:
        for name, rows in _of_release(release, unit).items():
            for year, group in rows.groupby("year"):
                made[name, int(str(year))] = group.assign(release=release.name)
    if not made:
        return pd.DataFrame(columns=[*_KEYS, "dimension", "part", "value", "release"])
    return pd.concat(list(made.values()), ignore_index=True).assign(dimension="crossed", part=None)


def _of_release(release: Release, unit: str) -> dict[str, pd.DataFrame]:
    found = {}
    for kind, frame in release.parts.items():
        if kind not in ("caseload", "needs"):
            continue
        rows = facts.with_years(frame[frame["unit"].eq(unit)])
        topic = rows["breakdown_topic"].str.lower()
        ages = rows[topic.str.contains("persons age") & rows["breakdown"].str.contains(r"\d")]
        if kind == "caseload":
            found["age × setting"] = _crossed(ages, "age", facts.type_columns(frame), "setting")
        else:
            needs = [c for c in frame.columns if c.startswith("number_")]
            found["age × need"] = _crossed(ages, "age", needs, "need")
            types = rows[topic.str.contains("type of placement") & ~rows["breakdown"].str.contains(r"- total$")]
            found["need × setting"] = _crossed(types, "setting", needs, "need")
    return {name: rows for name, rows in found.items() if not rows.empty}


_WORD: dict[str, Callable[[str], object]] = {"age": age_of, "setting": setting_of}


def _crossed(rows: pd.DataFrame, down: str, columns: Sequence[str], across: str) -> pd.DataFrame:
    """Return the cells of a table as rows; types that the vocabulary lacks are reported elsewhere and left out."""
    if rows.empty or not columns:
        return pd.DataFrame(columns=["year", down, across, "value"])
    long = rows.melt(id_vars=["year", "breakdown"], value_vars=list(columns), var_name="column", value_name="text")
    names = {c: need_of(c.removeprefix("number_")) if across == "need" else setting_of(c) for c in columns}
    words = {word: _WORD[down](word) for word in long["breakdown"].unique()}
    long = long.assign(value=facts.numbers(long["text"]))
    long[across] = long["column"].map(names)
    long[down] = long["breakdown"].map(words)
    known = long[across].ne("") & long[down].notna() & long[down].ne("")
    keys = ["year", down, across]
    added = long.loc[known].groupby(keys)["value"].sum(min_count=1).dropna().reset_index()
    return added.astype({"age": int}).astype({"age": str}) if down == "age" else added
