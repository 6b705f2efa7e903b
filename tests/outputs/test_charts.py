"""Every chart is a valid Vega-Lite specification; they are made unchecked, because checking takes ten times as long."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pytest
from jsonschema import ValidationError

from forecasting.analysis.compare import Comparison
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.outputs import charts
from forecasting.outputs.figure import Figure
from forecasting.outputs.shapes import kind_of, of_spec, shape
from forecasting.outputs.subjects import SUBJECTS, View, compare
from forecasting.scenario.from_dataset import dataset_scenarios
from tests.support import ROOT


def _figures(path: Path) -> list[Figure]:
    data = load([path])
    known = dataset_scenarios(data)
    view = View(run(data, known["mitigated"]), run(data, known["baseline"]))
    subjects = [make(view) for name, make in SUBJECTS.items() if name != "published" or data.has("published")]
    both = Comparison(("baseline", "mitigated"), (view.baseline, view.run))
    subjects.append(compare.compare(view, both, view.last, "ehc_plans"))
    return [figure for subject in subjects for figure in subject.figures]


def _check(spec: charts.Spec) -> None:
    alt.Chart.from_dict({**spec, "data": {"values": []}}, validate=True)


@pytest.mark.parametrize("name", ["demonstration", "rotherham_2017"])
def test_every_figure_is_a_valid_specification(name: str) -> None:
    found = _figures(ROOT / "data" / name)
    assert len(found) > 15
    for figure in found:
        spec = figure.spec("light")
        _check(spec)
        # What other programs draw is known without building the chart, and is what the chart itself says.
        assert (shape(figure), kind_of(figure)) == (of_spec(spec), of_spec(spec).kind), figure.key


def test_a_fault_is_found() -> None:
    spec = charts.ranges(("a", "b"), "Pounds", charts.POUNDS, "light")
    _check(spec)
    broken = {**spec, "layer": [{**layer, "mark": {"type": "rulle"}} for layer in spec["layer"]]}
    with pytest.raises(ValidationError):
        _check(broken)
