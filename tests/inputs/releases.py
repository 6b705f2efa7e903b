"""Small made-up releases in both layouts, for tests that must not depend on the real ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

import pandas as pd

from forecasting.inputs.source import Source

REGION = ("E12000099", "Far Coast")
UNITS = {"901": "Ashby", "902": "Birch", "903": "Cedar", "904": "Dene", "905": "Elm", "906": "Fern"}
TYPES = {"mainstream_academy": 0.5, "special_la_maintained": 0.4, "special_independent": 0.1}
_BASE = ["time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code",
         "region_name", "new_la_code", "old_la_code", "la_name", "breakdown_topic", "breakdown"]  # fmt: skip


def stock(unit: str, year: int) -> int:
    """Return the plans of an authority in a January: 8 per cent more every year."""
    return round((1000 + 10 * int(unit[-1])) * 1.08 ** (year - 2020))


def flows(unit: str, year: int) -> tuple[int, int]:
    """Return new and ceased plans of a calendar year, which explain the change of the stock exactly."""
    change = stock(unit, year + 1) - stock(unit, year)
    return change + 60, 60


def caseload(years: Sequence[int] = range(2020, 2026)) -> pd.DataFrame:
    """Return the file `caseload` of the layout of 2025."""
    rows = []
    for year in years:
        for unit in (*UNITS, "R", "N"):
            total = stock(unit, year) if unit in UNITS else sum(stock(u, year) for u in UNITS)
            parts = [round(total * share) for share in list(TYPES.values())[1:]]
            rows.append([*_who(unit, f"{year - 1}{year % 100}", "All EHC plans"), total, total - sum(parts), *parts])
    return pd.DataFrame(rows, columns=[*_BASE, "ehcplans", *TYPES], dtype=str)


def flow_file(kind: str, years: Sequence[int] = range(2021, 2025)) -> pd.DataFrame:
    """Return the file `newplans` or `ceased_plans` of the layout of 2025."""
    at, column, words = (0, "new_ehc_plans", "New EHC plans") if kind == "newplans" else (
        1, "total_ceased", "All ceased EHC plans")  # fmt: skip
    rows = []
    for year in years:
        for unit in (*UNITS, "R", "N"):
            total = flows(unit, year)[at] if unit in UNITS else sum(flows(u, year)[at] for u in UNITS)
            rows.append([*_who(unit, str(year), words), total])
    return pd.DataFrame(rows, columns=[*_BASE, column], dtype=str)


def _who(unit: str, period: str, topic: str) -> list[str]:
    level = {"N": "National", "R": "Regional"}.get(unit, "Local authority")
    region = ("", "") if unit == "N" else REGION
    code, name = (unit, UNITS[unit]) if unit in UNITS else ("", "")
    ons = f"E99000{unit}" if code else ""
    return [period, "Academic year", level, "E92000001", "England", *region, ons, code, name, topic, topic]


def release() -> dict[str, pd.DataFrame]:
    """Return a sound release of the layout of 2025."""
    return {"caseload": caseload(), "newplans": flow_file("newplans"), "ceased_plans": flow_file("ceased_plans")}


def old_release(years: Sequence[int] = range(2018, 2022)) -> dict[str, pd.DataFrame]:
    """Return a sound release of the layout of 2022: plans by age band."""
    bands = {"Under 5": 0.05, "Age 5 to 10": 0.35, "Age 11 to 15": 0.4, "Age 16 to 19": 0.2}
    rows = []
    for year in years:
        for unit in UNITS:
            total = stock(unit, year)
            parts = [round(total * share) for share in list(bands.values())[1:]]
            values = {"Total": total, "Under 5": total - sum(parts), **dict(zip(list(bands)[1:], parts, strict=True))}
            rows += [[*_who(unit, str(year), "")[:10], band, value] for band, value in values.items()]
    columns = [*_BASE[:10], "characteristic_age", "Total_all"]
    return {"sen2_age_caseload": pd.DataFrame(rows, columns=columns, dtype=str)}


def change(frame: pd.DataFrame, unit: str, period: str, column: str, value: object) -> None:
    """Overwrite one figure."""
    at = frame["old_la_code"].eq(unit) & frame["time_period"].eq(period)
    assert at.any()
    frame.loc[at, column] = str(value)


def packed(files: Mapping[str, pd.DataFrame], name: str = "release.zip") -> Source:
    """Return a release as users download it."""
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, frame in files.items():
            archive.writestr(f"data/{path}.csv", "\ufeff" + frame.to_csv(index=False))
    return Source(name, handle.getvalue())
