"""School Census extracts to tables `pupils` and `sen`: children on roll by January, NC year, provision and need."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.errors import Fault
from forecasting.inputs.cells import as_nc_year
from forecasting.inputs.pupil_level.children import counted, nc_years, needs_of, rows_at, wrong_upns, years
from forecasting.inputs.pupil_level.extracts import A_DATE, Extract, dates, texts, unread

_PROVISION = {"e": "ehc_plan", "s": "ehc_plan", "k": "sen_support", "a": "sen_support", "p": "sen_support",
              "n": "", "": ""}  # S, A, P: statements and the stages before 2014  # fmt: skip
_WORDS = {"ehcp": "ehc_plan", "ehc plan": "ehc_plan", "education, health and care plan": "ehc_plan",
          "statement": "ehc_plan", "sen support": "sen_support", "no sen": "", "none": ""}  # fmt: skip
_NOT_COUNTED = frozenset({"s", "g", "f"})  # subsidiary registration, guest, at another provider
_FARTHEST = 2  # NC years from the one by age that still pass without a word


def of_census(extracts: list[Extract]) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Return `pupils` and `sen` of all School Census extracts, and faults.

    Each child counts once a January: on the row whose enrolment is current or main, else the first.
    """
    found: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for extract in extracts:
        rows, more = _rows(extract)
        found.append(rows)
        faults += more
    every = pd.concat(found) if found else pd.DataFrame(columns=["year", "nc_year", "provision", "need"])
    if every.empty:
        return {}, faults
    pupils = counted(every, ["year", "nc_year"], "pupils")
    with_sen = every[every["provision"].ne("")]
    tables = {"pupils": pupils}
    if len(with_sen):
        tables["sen"] = counted(with_sen, ["year", "provision", "nc_year", "need"], "pupils")
    return tables, faults


def _rows(extract: Extract) -> tuple[pd.DataFrame, list[Fault]]:
    rows = extract.rows
    year, faults = years(extract)
    provision, more = _provision(extract)
    nc_year, third = _nc_year(extract, year)
    faults += more + third
    need = needs_of(rows["need"]) if "need" in rows else pd.Series("unknown", index=rows.index)
    found = pd.DataFrame({"year": year, "nc_year": nc_year, "provision": provision, "need": need})
    upn = texts(rows["upn"]).str.upper()
    faults += _upns(extract, upn)
    counts = ~_enrolment(rows).isin(_NOT_COUNTED)
    main = upn.where(upn.ne(""), pd.Series(found.index.astype(str), index=found.index))
    ranked = pd.DataFrame({"who": main, "year": year, "later": ~counts}).sort_values("later", kind="stable")
    twice = ranked.duplicated(["who", "year"]).reindex(found.index)
    both = twice & counts
    if both.any():
        faults.append(extract.fault(
            f"{int(both.sum()):,} pupils stand on a second row of the same January with a current enrolment",
            "check whether they are doubles; each child is counted once, on its first row",
            rows=rows_at(rows, both), column="UPN", grade="warning"))  # fmt: skip
    usable = ~twice & counts & nc_year.notna() & provision.notna() & year.gt(0)
    return found[usable].astype({"nc_year": "int64"}), faults


def _enrolment(rows: pd.DataFrame) -> pd.Series:
    return texts(rows["enrolment"]).str.lower() if "enrolment" in rows else pd.Series("", index=rows.index)


def _provision(extract: Extract) -> tuple[pd.Series, list[Fault]]:
    told = texts(extract.rows["provision"]).str.lower()
    found = told.map({**_PROVISION, **_WORDS})
    wrong = rows_at(extract.rows, found.isna())
    if not wrong:
        return found, []
    return found, [extract.fault(f"{len(wrong):,} cells are no SEN provision", "correct them", rows=wrong,
                                 column="SENprovision", allowed="N, K, E (S, A and P before 2015)")]  # fmt: skip


def _nc_year(extract: Extract, year: pd.Series) -> tuple[pd.Series, list[Fault]]:
    """Return the NC year as recorded, else by age; those far from their age are a warning."""
    rows, faults = extract.rows, []
    told = texts(rows["nc_year"]).str.lower() if "nc_year" in rows else pd.Series("", index=rows.index, dtype=object)
    recorded = pd.to_numeric(told.map({word: as_nc_year(word) for word in told.unique()}), errors="coerce")
    by_age = pd.Series(np.nan, index=rows.index)
    if "dob" in rows:
        born = dates(rows["dob"])
        by_age = nc_years(born, year).astype("float64")
        wrong = unread(rows["dob"], born)
        if wrong:
            faults.append(extract.fault(f"{len(wrong):,} cells are no date", "correct them, or save them as dates",
                                        rows=wrong, column="DOB", allowed=A_DATE,
                                        grade="error" if told.eq("").all() else "warning"))  # fmt: skip
    odd = (recorded - by_age).abs() > _FARTHEST
    if odd.any():
        faults.append(extract.fault(f"{int(odd.sum()):,} pupils are more than {_FARTHEST} NC years from their age",
                                    "check date of birth and NC year; the NC year recorded is used",
                                    rows=rows_at(rows, odd), column="NCyearActual", grade="warning"))  # fmt: skip
    found = recorded.where(recorded.notna(), by_age)
    lost = rows_at(rows, found.isna())
    if lost:
        faults.append(extract.fault(f"{len(lost):,} pupils have no NC year and no date of birth that can be read",
                                    "fill one of the two", rows=lost, column="NCyearActual",
                                    allowed="N1, N2, R, 1 to 14, X with a date of birth"))  # fmt: skip
    return found, faults


def _upns(extract: Extract, upn: pd.Series) -> list[Fault]:
    faults = []
    blank = rows_at(extract.rows, upn.eq(""))
    wrong = wrong_upns(extract.rows["upn"])
    if blank:
        faults.append(extract.fault(f"{len(blank):,} rows have no UPN", "each is counted as a child of its own",
                                    rows=blank, column="UPN", grade="warning"))  # fmt: skip
    if wrong:
        faults.append(extract.fault(f"{len(wrong):,} UPNs do not have 13 signs or their check letter is wrong",
                                    "check them: a child with two UPNs is counted twice", rows=wrong, column="UPN",
                                    grade="warning"))  # fmt: skip
    return faults
