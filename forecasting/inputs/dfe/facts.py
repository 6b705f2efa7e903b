"""The figures of a release as one long table, whatever its layout.

Columns: measure (ehc_plans, new_plans, ceased, requests, assessments, in_progress), dimension ("" for the total,
age, age_band, type, need), part (the word of the file), year, unit, level, name, region, value.
`year` is the January census year for plans and the calendar year for flows, as in the dataset tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from forecasting import axes
from forecasting.inputs.cells import MISSING
from forecasting.inputs.dfe.release import Release

COLUMNS = ("measure", "dimension", "part", "year", "unit", "level", "name", "region", "value")
_WHO = ["year", "unit", "level", "name", "region"]
_KEYS = frozenset({
    "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code", "region_name",
    "new_la_code", "old_la_code", "la_code", "la_name", "breakdown_topic", "breakdown", *_WHO, "ons_code", "value",
    "part",
})  # fmt: skip
_ALL = r"^(?:all|new)\b"
_NEED = r"^number_(.+)$"


def numbers(text: pd.Series) -> pd.Series:
    """Return counts from text; z, x, c, ":" and any other mark are missing, never zero."""
    plain = text.astype("str").str.strip().str.replace(",", "", regex=False)
    plain = plain.mask(plain.str.lower().isin(MISSING) | plain.eq(""))
    return pd.to_numeric(plain, errors="coerce")


def not_numbers(release: Release) -> dict[str, int]:
    """Return how often each mark stands in place of a number in a release."""
    found: Counter[str] = Counter()
    for frame in release.parts.values():
        figures = [c for c in frame.columns if c not in _KEYS and c not in _LABELS]
        for text, count in Counter(frame[figures].to_numpy(dtype=object).ravel().tolist()).items():
            if not any(letter.isdigit() for letter in text):
                found[text] += count
    return dict(found)


_LABELS = frozenset({"characteristic_age", "establishment_type", "establishment_group"})


def facts(release: Release) -> pd.DataFrame:
    """Return every total and one-way breakdown of a release for every authority, region and England."""
    made = _old(release.parts) if release.layout == "2022" else _new(release.parts)
    if not made:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(made, ignore_index=True)[list(COLUMNS)]


def with_years(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose period can be read, with `year`: 202425 is January 2025, 2024 is 2024."""
    period = frame["time_period"].str.strip()
    known = period.str.fullmatch(r"\d{4}(\d{2})?")
    start = period.loc[known].str[:4].astype(int)
    return frame.loc[known].assign(year=start + period.loc[known].str.len().eq(6).astype(int))


def _rows(frame: pd.DataFrame, measure: str, dimension: str, part: pd.Series | str, value: pd.Series) -> pd.DataFrame:
    return frame[_WHO].assign(measure=measure, dimension=dimension, part=part, value=value)


def _old(parts: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    made = []
    for kind, measure, column in (
        ("age_caseload", "ehc_plans", "total_all"),
        ("age_new_plans", "new_plans", "total_new_all"),
    ):
        if kind in parts:
            frame = with_years(parts[kind])
            whole = frame["characteristic_age"].str.strip().str.lower().eq("total")
            value = numbers(frame[column])
            made.append(_rows(frame[whole], measure, "", "", value[whole]))
            bands = frame["characteristic_age"].map(_band)
            made.append(_rows(frame[~whole], measure, "age_band", bands[~whole], value[~whole]))
    if "estab_caseload" in parts:
        made.append(_old_types(with_years(parts["estab_caseload"])))
    if "mi" in parts:
        made += _old_flows(with_years(parts["mi"]))
    return made


def _band(word: str) -> str:
    found = axes.AGE_BANDS.find(word)
    return found.code if found else word


def _old_types(frame: pd.DataFrame) -> pd.DataFrame:
    kind = frame["establishment_type"].str.strip()
    frame = frame[kind.str.lower().ne("total")]
    return _rows(frame, "ehc_plans", "type", kind.loc[frame.index], numbers(frame["total_all"]))


def _old_flows(frame: pd.DataFrame) -> list[pd.DataFrame]:
    made = []
    for measure, column in (("requests", "inreqehc"), ("assessments", "newallehc_assnoneehc_sum"),
                            ("in_progress", "assnodecisionehc")):  # fmt: skip
        if column in frame:
            made.append(_rows(frame, measure, "", "", numbers(frame[column])))
    return made


def _new(parts: Mapping[str, pd.DataFrame]) -> list[pd.DataFrame]:
    made = []
    for kind, measure, column in (
        ("caseload", "ehc_plans", "ehcplans"),
        ("newplans", "new_plans", "new_ehc_plans"),
        ("ceased", "ceased", "total_ceased"),
        ("requests", "requests", "requests_received_in_year"),
    ):
        if kind in parts:
            made += _totals_and_ages(with_years(parts[kind]), measure, column)
    if "assessments" in parts:
        made += _totals_and_ages(_completed(with_years(parts["assessments"])), "assessments", "completed")
    if "caseload" in parts:
        made.append(types_of(_all_rows(with_years(parts["caseload"])), "ehc_plans"))
    if "newplans" in parts:
        made.append(types_of(_all_rows(with_years(parts["newplans"])), "new_plans"))
    if "needs" in parts:
        made.append(needs_of(_all_rows(with_years(parts["needs"]))))
    return made


def _completed(frame: pd.DataFrame) -> pd.DataFrame:
    """Add assessments completed: with and without a plan at the end, as the earlier layout counted them."""
    both = numbers(frame["assess_issued"]) + numbers(frame["assess_not_issued"])
    return frame.assign(completed=both.map(lambda value: "" if pd.isna(value) else repr(value)))


def _all_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["breakdown_topic"].str.lower().str.contains(_ALL)]


def _totals_and_ages(frame: pd.DataFrame, measure: str, column: str) -> list[pd.DataFrame]:
    whole = _all_rows(frame)
    topic = frame["breakdown_topic"].str.lower()
    asked = topic.str.contains("persons age") if measure == "ehc_plans" else topic.str.contains(r"\bage\b")
    ages = frame[asked & frame["breakdown"].str.contains(r"\d")]
    part = ages["breakdown"].str.strip().str.lower()
    return [
        _rows(whole, measure, "", "", numbers(whole[column])),
        _rows(ages, measure, "age", part, numbers(ages[column])),
    ]


def type_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns of a file in the layout of 2025 that count plans by type of establishment."""
    skip = ("_total", "_pc", "ed_elsewhere", "ehcplans", "new_ehc_plans")
    return [c for c in frame.columns if c not in _KEYS and not c.endswith(skip)]


def types_of(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the columns by type of establishment as rows."""
    long = frame.melt(id_vars=_WHO, value_vars=type_columns(frame), var_name="part", value_name="text")
    return _rows(long, measure, "type", long["part"], numbers(long["text"]))


def needs_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns by primary need as rows."""
    columns = [c for c in frame.columns if c.startswith("number_")]
    long = frame.melt(id_vars=_WHO, value_vars=columns, var_name="part", value_name="text")
    return _rows(long, "ehc_plans", "need", long["part"].str.extract(_NEED)[0], numbers(long["text"]))
