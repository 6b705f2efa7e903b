"""Section 251 lines and a council's own budget tables to table `budget`.

Amounts are net of income: one line, one amount. Lines whose heading begins "total" are left out, so that no pound is
counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting.errors import DatasetError, Fault
from forecasting.inputs.official.layout import Laid, laid, numbers, strange, written
from forecasting.inputs.official.who import Who, rows_of
from forecasting.inputs.sheets import Sheet
from forecasting.periods import financial_year_of_period

COLUMNS = ("financial_year", "line", "parent", "kind", "gbp", "source")
_LINE = (
    "category of planned expenditure", "category of expenditure", "category", "line description", "budget line",
    "budget heading", "heading", "description", "line", "service", "cost centre description",
)  # fmt: skip
_MAIN = ("main category planned expenditure", "main category", "category type", "main category expenditure", "parent",
         "part of", "group")  # fmt: skip
_PERIOD = frozenset({"time period", "financial year", "year", "period"})
_NET = ("net planned expenditure", "net expenditure", "net budget", "net", "net total", "total net")
_GROSS = ("gross planned expenditure", "gross expenditure", "gross budget", "gross", "gross total", "total gross")
_INCOME = ("income", "total income", "gross income")
_DFE = frozenset({"time period", "geographic level"})
_AMOUNT = re.compile(r"^(.*?)\b(20\d\d ?\d\d(?:\d\d)?)\b(.*)$")
_MONEY_WORDS = re.compile(r"budget|outturn|actual|forecast|net|spend|expenditure|£")
_YEAR = re.compile(r"20\d\d\s?[-/–_]\s?\d{2}(?:\d\d)?")
_TOTAL = re.compile(r"^(?:sub|grand)?[\s-]*total\b|\btotal$", re.IGNORECASE)
_UNITS = (
    (re.compile(r"£ ?m(illion)?\b"), 1e6, "£ million"),
    (re.compile(r"£ ?'?0{3}s?|£ ?k\b|000s"), 1e3, "£ thousand"),
)


def fits(names: Sequence[str], above: str) -> bool:
    """Return whether columns are those of budget lines: a description, and gross, net, or amounts of named years."""
    given = set(names)
    line = any(name in given for name in _LINE)
    dated = any(_AMOUNT.match(name) and _MONEY_WORDS.search(name) for name in given)
    own = bool(given & set(_NET)) or bool(given & set(_GROSS)) or dated
    plans = {"need", "setting", "urn", "age"} & given
    return line and own and not plans


def read(sheet: Sheet, who: Who) -> Sheet | None:
    """Return table `budget` of one authority, or None when the sheet holds no budget lines.

    Raises:
        DatasetError: the authority is not there, or no financial year is said.
    """
    found = laid(sheet, fits)
    if found is None or not len(found.frame):
        return None
    dfe = set(found.frame.columns) >= _DFE
    frame = found.frame
    if dfe:
        frame = frame[frame["geographic level"].str.lower().eq("local authority")]
    areas = [c for c in ("new la code", "old la code", "la code", "la name") if c in frame.columns]
    rows = rows_of(sheet, frame, areas, who)
    long = _lines(sheet, Laid(rows, found.above))
    totals = long["line"].str.contains(_TOTAL)
    kept = long[~totals & long["gbp"].notna() & long["line"].ne("")]
    if kept.empty:
        said = Fault(sheet.file, sheet.name, found="budget lines, but none with an amount", grade="warning",
                     todo="give the amounts as numbers")  # fmt: skip
        return Sheet(sheet.file, "budget", COLUMNS, (), (said,))
    factor, unit = _unit(found)
    return _table(sheet, kept.assign(gbp=kept["gbp"] * factor), unit, int((totals & long["gbp"].notna()).sum()),
                  long.loc[long["strange"].ne(""), "strange"])  # fmt: skip


def _lines(sheet: Sheet, found: Laid) -> pd.DataFrame:
    """Return rows financial_year, line, parent, gbp (net, NaN = not known) and what could not be read."""
    frame = found.frame
    line = next(c for c in _LINE if c in frame.columns)
    main = next((c for c in _MAIN if c in frame.columns and c != line), "")
    base = pd.DataFrame({"line": frame[line], "parent": frame[main] if main else ""}, index=frame.index)
    dated = {str(c): m for c in frame.columns if (m := _AMOUNT.match(str(c))) and _MONEY_WORDS.search(str(c))}
    named = found.first(_PERIOD)
    if dated and not named:
        return pd.concat([base.assign(financial_year=_year(m[2]), gbp=numbers(frame[c]), strange=_strange(frame[c]))
                          for c, m in dated.items()])  # fmt: skip
    years = frame[named].map(_year) if named else pd.Series(_year_above(found), index=frame.index)
    if years.eq("").any():
        fault = Fault(sheet.file, sheet.name, found="the financial year of these amounts is not said",
                      allowed="a column financial_year, or the year in the title, the sheet's or the file's name",
                      todo="add it, such as 2025-26")  # fmt: skip
        raise DatasetError((fault,))
    amount, text = _net(frame)
    return base.assign(financial_year=years, gbp=amount, strange=_strange(text))


def _year(text: str) -> str:
    plain = re.sub(r"\s", "", re.sub(r"[\s/–_]+", "-", text.strip()))
    digits = plain.replace("-", "")
    try:
        return financial_year_of_period(digits if len(digits) == 6 and digits.startswith("20") and "-" not in plain
                                        else plain)  # fmt: skip
    except ValueError:
        return ""


def _year_above(found: Laid) -> str:
    named = _YEAR.search(found.above)
    return _year(named[0]) if named else ""


def _net(frame: pd.DataFrame) -> tuple[np.ndarray, pd.Series]:
    """Return net amounts: the net column, else gross less income (whatever sign income is written with)."""
    net, gross, income = (next((c for c in words if c in frame.columns), "") for words in (_NET, _GROSS, _INCOME))
    if net:
        return numbers(frame[net]), frame[net]
    paid = np.nan_to_num(np.abs(numbers(frame[income]))) if income else 0.0  # a blank income is no income
    return numbers(frame[gross]) - paid, frame[gross]


def _strange(texts: pd.Series) -> pd.Series:
    odd = set(strange(texts))
    return texts.where(texts.isin(odd), "")


def _unit(found: Laid) -> tuple[float, str]:
    text = f"{found.above} {' '.join(map(str, found.frame.columns))}"
    return next(((factor, words) for pattern, factor, words in _UNITS if pattern.search(text)), (1.0, "pounds"))


def _table(sheet: Sheet, rows: pd.DataFrame, unit: str, totals: int, odd: pd.Series) -> Sheet:
    rows = rows.drop_duplicates(["financial_year", "line", "parent", "gbp"])
    twice = rows.duplicated(["financial_year", "line"], keep=False) & rows["parent"].ne("")
    rows = rows.assign(line=rows["line"].where(~twice, rows["parent"] + ": " + rows["line"]))
    known = set(rows["line"])
    parent = rows["parent"].where(rows["parent"].isin(known) & rows["parent"].ne(rows["line"]), "")
    kind = np.where(rows["gbp"] < 0, "income", "expenditure")
    source = (f"{sheet.file}, {sheet.name}" + rows["parent"].map(lambda word: f"; {word}" if word else "")).tolist()
    cells = zip(rows["financial_year"], rows["line"], parent, kind, rows["gbp"].abs().map(written), source, strict=True)
    years = ", ".join(sorted(set(rows["financial_year"])))
    said = f"budget lines of {years or 'no year'}, in {unit}, net of income: {len(rows)} lines"
    said += f"; {totals} totals of others are left out" if totals else ""
    faults = [Fault(sheet.file, sheet.name, found=said, grade="note")]
    faults += [Fault(sheet.file, sheet.name, int(str(row)), "gbp", f'"{text}" is not an amount; the line is left out',
                     "pounds", "correct the cell", "warning") for row, text in odd.items()]  # fmt: skip
    return Sheet(sheet.file, "budget", COLUMNS, tuple(zip(map(int, rows.index), map(tuple, cells), strict=True)),
                 tuple(faults))  # fmt: skip
