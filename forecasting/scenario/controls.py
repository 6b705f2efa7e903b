"""Levers as they stand on screen: percentages instead of fractions, sensible ends of the slider, reasons when idle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from forecasting.axes import PHASES
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.year_groups import year_groups_lacking
from forecasting.scenario.assumptions import Assumptions, Value
from forecasting.scenario.catalogue import LEVERS
from forecasting.scenario.from_dataset import candidates, mainstream
from forecasting.scenario.lever import Lever
from forecasting.scenario.levers_pupils import CHOOSER, WITHOUT_LEVERS
from forecasting.scenario.levers_pupils import LEVERS as OF_PUPILS
from forecasting.scenario.scenario import Change, Scenario


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
        step: step of the slider.
        form: format of the number.
        suffix: unit on screen.
        help: what it does, and the source of the value in force.
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
    step: float
    form: str
    suffix: str
    help: str
    idle: str
    options: tuple[tuple[Value, str], ...] = ()

    @property
    def name(self) -> str:
        """Return a name that is unique on a page."""
        return f"{self.lever.name}:{self.key}"


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
        return f"{shown:.4g}%"
    if lever.display == "gbp":
        return f"£{shown:,.0f}"
    return (
        f"{shown:g} years"
        if lever.display == "years"
        else f"{shown:,.0f}"
        if lever.display == "count"
        else f"{shown:g}"
    )


def controls(dataset: Dataset, now: Assumptions, start: Assumptions, method: str, page: str) -> tuple[Control, ...]:
    """Return the controls that a page shows, in the order of the catalogue; all of them for the page ""."""
    found = []
    for lever in LEVERS:
        if not page or page in lever.pages:
            found += [_control(dataset, lever, key, now, start, method) for key in keys(dataset, lever, start)]
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


def _control(dataset: Dataset, lever: Lever, key: str, now: Assumptions, start: Assumptions, method: str) -> Control:
    item = now.last(lever.name, key)
    before = start.last(lever.name, key)
    value = to_screen(lever, item.value if item else None)
    baseline = to_screen(lever, before.value if before else None)
    low, high = _ends(lever, value, baseline)
    source = f" Source: {item.source}." if item and item.value is not None else ""
    return Control(
        lever, key, _label(dataset, lever, key), value, baseline, low, high, float(lever.step * scale(lever)),
        _FORMS[lever.display], _SUFFIX[lever.display], f"{lever.help} Baseline: {in_words_of(before, lever)}.{source}",
        _idle(dataset, lever, now, method), _options(dataset, lever),
    )  # fmt: skip


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


def _ends(lever: Lever, value: Value, baseline: Value) -> tuple[float, float]:
    low, high = lever.low * scale(lever), lever.high * scale(lever)
    numbers = [float(x) for x in (value, baseline) if isinstance(x, (int, float))]
    if lever.span and numbers:
        centre = float(baseline) if isinstance(baseline, (int, float)) and baseline else max(numbers)
        reach = max(centre * lever.span, lever.step * 20)
        high = min(high, centre + reach)
        low = max(low, centre - reach)
        whole = lever.step
        low, high = round(low / whole) * whole, round(high / whole) * whole
    return float(min([low, *numbers])), float(max([high, *numbers]))


def _options(dataset: Dataset, lever: Lever) -> tuple[tuple[Value, str], ...]:
    if lever.kind == "choice":
        return lever.choices
    if lever.kind != "candidate":
        return ()
    return tuple(
        (to_screen(lever, c.value), f"{in_words(lever, c.value)}: {c.label}") for c in candidates(dataset, lever.name)
    )


def _idle(dataset: Dataset, lever: Lever, now: Assumptions, method: str) -> str:
    missing = [table for table in lever.tables if not dataset.has(table)]
    if missing:
        return f"Needs the table {' and '.join(missing)}, which the dataset does not have."
    if method not in lever.methods:
        return f"Does nothing in the method {method}."
    if lever.name in ("project_opens", "project_delay", "project_ramp"):
        built = any(now.number("project_on", project) for project in dataset.table("projects")["project"])
        return "" if built else "No project is built: switch one on first."
    if lever.name in ("inclusion_shift", "moves_from_mainstream") and not mainstream(dataset):
        return "No setting of the dataset counts as mainstream: write it in the column setting_group of table settings."
    if lever in OF_PUPILS:
        return _idle_of_pupils(dataset, lever, now)
    overridden = _OVERRIDES.get(lever.name)
    if overridden and now.number(overridden) is not None:
        return "A fixed number of places is set, so this has no effect on places needed."
    return ""


def _idle_of_pupils(dataset: Dataset, lever: Lever, now: Assumptions) -> str:
    gap = year_groups_lacking(dataset)
    if gap:
        return f"Needs {gap}."
    if lever.name != CHOOSER and now.word(CHOOSER) in WITHOUT_LEVERS:
        return "Acts on cohorts of pupils, which the way chosen to forecast pupils does not follow."
    if lever.name == "births_variant" and set(dataset.table("births")["variant"]) == {"principal"}:
        return "Needs births of the high or low variant (column variant of table births)."
    return ""


_OVERRIDES = {"bring_back_share": "under_provision_places", "growth_base": "growth_places"}


def differences(dataset: Dataset, now: Assumptions, start: Assumptions) -> tuple[str, ...]:
    """Return what differs from the baseline, one phrase a lever: "Pupil growth 2% (1%)"."""
    found = []
    for lever in LEVERS:
        changed = [key for key in keys(dataset, lever, start) if _value(now, lever, key) != _value(start, lever, key)]
        if len(changed) > 3:
            found.append(f"{lever.label}: {len(changed)} changed")
        else:
            found += [_difference(dataset, lever, key, now, start) for key in changed]
    return tuple(found)


def _value(assumptions: Assumptions, lever: Lever, key: str) -> Value:
    item = assumptions.last(lever.name, key)
    return item.value if item else None


def _difference(dataset: Dataset, lever: Lever, key: str, now: Assumptions, start: Assumptions) -> str:
    name = f"{lever.label} ({_label(dataset, lever, key)})" if key else lever.label
    return f"{name} {in_words(lever, _value(now, lever, key))} ({in_words(lever, _value(start, lever, key))})"


def changed(scenario: Scenario, moves: Sequence[Change], name: str) -> Scenario:
    """Return the scenario with the changes made on screen, under a name that says so."""
    return scenario.with_changes(moves, name) if moves else scenario
