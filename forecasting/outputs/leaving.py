"""A view made fit to leave the authority: its figures protected, and every table made of it protected with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from forecasting.analysis.compare import Comparison
from forecasting.model.forecast import Forecast
from forecasting.model.run import Run, nowhere
from forecasting.outputs import words
from forecasting.outputs.beside import other
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.figure import Subject, Table
from forecasting.outputs.protect import protect
from forecasting.outputs.subjects.common import View

_COUNTS = ("count", "mixed", "decimal")


def leaving(view: View, policy: Policy) -> View:
    """Return a view with small numbers withheld or rounded as the policy says; for internal working as it is.

    Raises:
        RoundingFailed: no whole numbers that add up were found.
        NotProtected: a small figure cannot be protected.
    """
    if policy.form == "none":
        return view
    baseline = _protected(view.baseline, policy)
    return View(_protected(view.run, policy, other(view.run, view.baseline)), baseline, policy)


def _protected(run: Run, policy: Policy, beside: Sequence[Forecast] = ()) -> Run:
    """Return a run with its forecast protected; what no export protects (children placed one by one) is left out."""
    return replace(run, forecast=protect(run.forecast, policy, beside=beside).forecast, place=nowhere)


def leaving_comparison(
    found: Comparison, policy: Policy, baseline: Run, done: Callable[[float], object] = lambda share: None
) -> Comparison:
    """Return scenarios to be compared with small numbers withheld or rounded; for internal working as they are.

    Args:
        found: the scenarios.
        policy: what is done about small numbers.
        baseline: the baseline of the dataset, beside which each scenario is protected in every export; here also
            beside those before it.
        done: told before each scenario which share of them is done.

    Raises:
        RoundingFailed: no whole numbers that add up were found.
        NotProtected: a small figure cannot be protected.
    """
    if policy.form == "none":
        return found
    runs: list[Run] = []
    before: tuple[Forecast, ...] = ()
    for at, run in enumerate(found.runs):
        done(at / len(found.runs))
        first = other(run, baseline)
        runs.append(_protected(run, policy, (*first, *before) if first else ()))
        before = (*before, run.forecast) if first else before
    return Comparison(found.names, tuple(runs))


def leaving_table(table: Table, made: Subject | None, policy: Policy) -> pd.DataFrame:
    """Return the figures of a table as they may leave, with the policy named in a last line.

    Args:
        table: the table as shown inside the authority.
        made: the same subject made of the protected view; None where there is none.
        policy: what is done about small numbers.
    """
    found = [item for item in (made.tables if made else ()) if item.key == table.key]
    frame = _marked(found[0].frame, table.frame, policy) if found else _without_small(table, policy)
    last = pd.DataFrame([[policy.sentence, *[None] * (len(frame.columns) - 1)]], columns=frame.columns, dtype=object)
    return pd.concat([frame.astype(object), last], ignore_index=True)


def _marked(frame: pd.DataFrame, shown: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return a protected table with the symbol where a figure is withheld that is shown inside the authority."""
    if frame.shape != shown.shape:
        return frame
    blank, known = ((each.isna() | (each == words.NOT_KNOWN)).to_numpy() for each in (frame, shown))
    return frame.astype(object).mask(blank & ~known, policy.symbol)


def _without_small(table: Table, policy: Policy) -> pd.DataFrame:
    """Return a table that is not made of the forecast: where it holds a small count, no count of it leaves."""
    frame = table.frame
    counted = [name for name in frame.columns if table.formats.get(str(name)) in _COUNTS]
    numbers = frame[counted].apply(pd.to_numeric, errors="coerce")
    if policy.form == "none" or not ((numbers > 0) & (numbers < policy.threshold)).to_numpy().any():
        return frame
    return frame.assign(**{str(name): policy.symbol for name in counted})
