"""Levers as they stand on screen: percentages instead of fractions, sensible ends of the slider, reasons when idle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from forecasting.axes import PHASES
from forecasting.inputs.dataset import Dataset
from forecasting.scenario.assumptions import Assumption, Assumptions, Value
from forecasting.scenario.catalogue import LEVERS
from forecasting.scenario.from_dataset import candidates
from forecasting.scenario.idle import idle
from forecasting.scenario.lever import Lever, Place
from forecasting.scenario.merge import by_place
from forecasting.scenario.moves import by_year
from forecasting.scenario.scenario import Change, Scenario

_YEARS = range(1990, 2101)  # every year that a change may name


@dataclass(frozen=True)
class Control:
    """One lever and key as a control.

    Attributes:
        lever: the catalogue's record.
        key: the need, phase or project; "" for none.
        label: words on screen.
        value: value in force, on screen's scale; None when blank.
        baseline: value at the baseline, on screen's scale.
        low: left end of the slider.
        high: right end of the slider.
        least: lowest value that may be typed.
        most: highest value that may be typed.
        step: step of the slider.
        form: format of the number.
        suffix: unit on screen.
        source: the value in force and where it comes from.
        remark: that the value is out of the ordinary; "" when it is not.
        changes: what the scenario changes, with the years.
        idle: why it does nothing here; "" when it works.
        options: value and words of a choice or candidate.
    """

    lever: Lever
    key: str
    label: str
    value: Value
    baseline: Value
    low: float
    high: float
    least: float
    most: float
    step: float
    form: str
    suffix: str
    source: str
    remark: str
    changes: tuple[Change, ...]
    idle: str
    options: tuple[tuple[Value, str], ...] = ()

    @property
    def name(self) -> str:
        """Return a name that is unique on a page."""
        return f"{self.lever.name}:{self.key}"

    def stands_at(self, shown: Value) -> bool:
        """Return whether the control already prints a value: a box hands back, unasked, what it holds or prints."""
        numbers = not self.options and isinstance(self.value, int | float) and isinstance(shown, int | float)
        return numbers and self.form % shown == self.form % self.value

    @property
    def place(self) -> Place:
        """Return the lever and key by name."""
        return self.lever.name, self.key

    @property
    def by_year(self) -> bool:
        """Return whether it has several values, each from a year on."""
        return len(self.changes) > 1 and bool(by_year(self.changes))

    @property
    def mark(self) -> float | None:
        """Return where the baseline stands between the ends of the slider, 0 to 1; None when it is blank or beyond."""
        if not isinstance(self.baseline, (int, float)) or not self.low <= self.baseline <= self.high > self.low:
            return None
        return (self.baseline - self.low) / (self.high - self.low)


def scale(lever: Lever) -> float:
    """Return what a stored value is multiplied by on screen."""
    return 100.0 if lever.display == "percent" else 1.0


def from_screen(lever: Lever, shown: Value) -> Value:
    """Return the stored value of what a control shows."""
    if shown is None or isinstance(shown, str):
        return shown
    return round(float(shown) / scale(lever), 10)


def to_screen(lever: Lever, value: Value) -> Value:
    """Return what a control shows of a stored value."""
    if value is None or isinstance(value, str):
        return value
    return round(float(value) * scale(lever), 8)


def in_words(lever: Lever, value: Value) -> str:
    """Return a value in words: 1.5%, £17,500, 75, simple, blank."""
    if value is None:
        return "computed"
    if isinstance(value, str):
        return value
    if lever.kind == "switch":
        return "on" if value else "off"
    shown = float(value) * scale(lever)
    if lever.display == "percent":
        return f"{shown:.4g}%".replace("-", "−")
    if lever.display == "gbp":
        return f"{'−' if shown < 0 else ''}£{abs(shown):,.0f}"
    return (
        f"{shown:g} years"
        if lever.display == "years"
        else f"{shown:,.0f}"
        if lever.display == "count"
        else f"{shown:g}"
    )


def controls(
    dataset: Dataset, now: Assumptions, start: Assumptions, method: str, page: str, scenario: Scenario | None = None
) -> tuple[Control, ...]:
    """Return the controls that a page shows, in the order of the catalogue; all of them for the page ""."""
    made: dict[Place, tuple[Change, ...]] = by_place(scenario) if scenario else {}
    found = []
    for lever in LEVERS:
        if not page or page in lever.pages:
            found += [_control(dataset, lever, key, now, start, method, made) for key in keys(dataset, lever, start)]
    return tuple(found)


def in_groups(
    found: Sequence[Control],
) -> tuple[tuple[str, tuple[tuple[Lever, tuple[Control, ...]], ...]], ...]:
    """Return controls under their headings: heading → lever → its controls, one for each key."""
    return tuple(
        (group, tuple((lever, tuple(several)) for lever, several in groupby(members, key=lambda c: c.lever)))
        for group, members in groupby(found, key=lambda control: control.lever.group)
    )


@lru_cache(maxsize=1024)
def keys(dataset: Dataset, lever: Lever, start: Assumptions) -> tuple[str, ...]:
    """Return the keys a lever varies by: needs with a share (or, after all, with moves), phases, projects, or none."""
    if lever.key == "need" and lever.default is not None:
        moved = {str(code) for code in dataset.table("plan_moves")["next_need"] if code}
        return ("", *(need for need in dataset.needs.names if need in moved))
    if lever.key == "need":
        stated = {item.key for item in start.of_any_key(lever.name) if item.key}
        return tuple(need for need in dataset.needs.names if need in stated)
    if lever.key == "phase":
        return PHASES.names
    if lever.key == "project":
        return tuple(dataset.table("projects")["project"])
    if lever.key == "intervention":
        return tuple(dict.fromkeys(dataset.table("interventions")["intervention"]))
    return ("",)


def _control(
    dataset: Dataset, lever: Lever, key: str, now: Assumptions, start: Assumptions, method: str,
    made: Mapping[Place, tuple[Change, ...]],
) -> Control:  # fmt: skip
    item = now.last(lever.name, key)
    before = start.last(lever.name, key)
    value = to_screen(lever, item.value if item else None)
    baseline = to_screen(lever, before.value if before else None)
    low, high = _ends(lever, baseline)
    changes = made.get((lever.name, key), ())
    return Control(
        lever, key, _label(dataset, lever, key), value, baseline, *_with(low, high, value, baseline),
        lever.low * scale(lever), lever.high * scale(lever), float(lever.step * scale(lever)),
        _FORMS[lever.display], _SUFFIX[lever.display], _source(lever, before, changes),
        _remark(lever, value, low, high), changes, idle(dataset, lever, now, method), _options(dataset, lever),
    )  # fmt: skip


def _source(lever: Lever, before: Assumption | None, changes: Sequence[Change]) -> str:
    told = " then ".join(f"{in_words(lever, change.value)}{in_time(change)}" for change in changes)
    why = "; ".join(dict.fromkeys(change.source or change.why for change in changes if change.source or change.why))
    now = f"Now: {told}{f' ({why})' if why else ''}. " if told else ""
    source = f" Its source: {before.source} ({before.status})." if before and before.value is not None else ""
    return f"{now}Baseline: {in_words_of(before, lever)}.{source}"


def in_time(change: Change) -> str:
    """Return when a change holds: " from 2028 over 2 years"; "" for always."""
    since = f" from {change.from_year}" if change.from_year is not None else ""
    until = f" to {change.to_year}" if change.to_year is not None else ""
    ramp = f" over {change.ramp_years:g} years" if change.ramp_years else ""
    return f"{since}{until}{ramp}"


def _remark(lever: Lever, value: Value, low: float, high: float) -> str:
    """Return a remark on a number beyond the usual ends of its slider; a rounding is not beyond."""
    if lever.kind in ("choice", "switch", "candidate") or not isinstance(value, (int, float)):
        return ""
    slack = lever.step * scale(lever) / 2
    if low - slack <= value <= high + slack:
        return ""
    ends = " to ".join(in_words(lever, from_screen(lever, end)) for end in (low, high))
    return f"Out of the ordinary: usual is {ends}."


_FORMS = {"percent": "%.1f", "gbp": "%.0f", "count": "%.0f", "years": "%.2f", "year": "%.0f", "word": "%.0f"}
_SUFFIX = {"percent": "%", "gbp": "£", "count": "", "years": "years", "year": "", "word": ""}


def in_words_of(item: object, lever: Lever) -> str:
    """Return the value of an assumption in words; "computed" when there is none."""
    return in_words(lever, getattr(item, "value", None))


def _label(dataset: Dataset, lever: Lever, key: str) -> str:
    if lever.key == "need" and key:
        return dataset.needs.label(key)
    if lever.key == "phase" and key:
        return PHASES.label(key)
    if lever.key == "project":
        projects = dataset.table("projects").set_index("project")
        return f"{key}. {projects['provider'].to_dict()[key]}"
    if lever.key == "intervention":
        return f"{key}, £ a year"
    unit = _SUFFIX[lever.display]
    ending = f", {unit}{' a year' if 'per year' in lever.unit else ''}" if unit else ""
    return f"{lever.label}{ending}"


def _ends(lever: Lever, baseline: Value) -> tuple[float, float]:
    """Return the usual ends of the slider: as in the catalogue, or around the baseline where the size is local."""
    low, high = (end * scale(lever) for end in lever.usual or (lever.low, lever.high))
    if lever.span and isinstance(baseline, (int, float)):
        reach = max(abs(baseline) * lever.span, lever.step * scale(lever) * 20)
        whole = lever.step * scale(lever)
        low, high = max(low, baseline - reach), min(high, baseline + reach)
        low, high = round(low / whole) * whole, round(high / whole) * whole
    return float(low), float(high)


def _with(low: float, high: float, *values: Value) -> tuple[float, float]:
    """Return the ends of a slider, widened so that these values are on it."""
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    return min([low, *numbers]), max([high, *numbers])


def _options(dataset: Dataset, lever: Lever) -> tuple[tuple[Value, str], ...]:
    if lever.kind == "choice":
        return lever.choices
    if lever.kind != "candidate":
        return ()
    return tuple(
        (to_screen(lever, c.value), f"{in_words(lever, c.value)}: {c.label}") for c in candidates(dataset, lever.name)
    )


def differences(dataset: Dataset, now: Assumptions, start: Assumptions) -> tuple[str, ...]:
    """Return what differs from the baseline, one phrase a lever: "Pupil growth 2% (1%)"."""
    found = []
    for lever in LEVERS:
        changed = [key for key in keys(dataset, lever, start) if _differs(now, start, lever, key)]
        if len(changed) > 3:
            found.append(f"{lever.label}: {len(changed)} changed")
        else:
            found += [_difference(dataset, lever, key, now, start) for key in changed]
    return tuple(found)


def _differs(now: Assumptions, start: Assumptions, lever: Lever, key: str) -> bool:
    """Return whether a lever differs from the baseline in any year, whatever it was moved to in between."""
    made, before = now.of(lever.name, key), start.of(lever.name, key)
    if len(made) == len(before) and all(one is other for one, other in zip(made, before, strict=True)):
        return False
    if lever.kind == "choice" or not lever.dated:
        return _value(now, lever, key) != _value(start, lever, key)
    there, here = (assumptions.path(lever.name, _YEARS, key) for assumptions in (start, now))
    return not np.array_equal(there, here, equal_nan=True)


def _value(assumptions: Assumptions, lever: Lever, key: str) -> Value:
    item = assumptions.last(lever.name, key)
    return item.value if item else None


def _difference(dataset: Dataset, lever: Lever, key: str, now: Assumptions, start: Assumptions) -> str:
    name = f"{lever.label} ({_label(dataset, lever, key)})" if key else lever.label
    item = now.last(lever.name, key)
    since = f" from {item.from_year}" if item and item.from_year is not None and lever.dated else ""
    told = in_words(lever, item.value if item else None)
    return f"{name} {told}{since} ({in_words(lever, _value(start, lever, key))})"
