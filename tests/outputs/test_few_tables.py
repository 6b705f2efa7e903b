"""Every subject says what is known and which table to add, whatever tables a dataset has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load
from forecasting.model.run import Run, run
from forecasting.outputs.figure import Subject
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.scenario.scenario import Change, Scenario
from tests.support import ROOT, SHARED, somewhere_with_moves

SAYS = {
    "overview": "Add the tables placements or providers",
    "placements": "add the tables placements or providers",
    "costs": "add the table budget",
    "programme": "add the table projects",
    "published": "add the table published",
}


def view_of(dataset: Dataset, draws: int = 0, changes: tuple[Change, ...] = ()) -> View:
    plain: Run = run(dataset, Scenario("baseline"), draws=0)
    return View(run(dataset, Scenario("s", changes), draws=draws), plain)


@pytest.fixture(scope="module")
def only_plans(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Rotherham with nothing but yearly counts of plans, 2010 to 2025."""
    path = tmp_path_factory.mktemp("plans")
    panel = pd.read_csv(ROOT / "data" / "national" / "plans_panel.csv", dtype={"unit": str})
    own = panel.loc[(panel["unit"] == "372") & (panel["series"] == "total")]
    pd.DataFrame({"year": own["year"], "plans": own["value"]}).to_csv(path / "ehc_plans.csv", index=False)
    (path / "about.csv").write_text("key,value\nauthority_code,372\nauthority_name,Rotherham\n", encoding="utf-8")
    return load([path])


@pytest.fixture(scope="module")
def only_moves(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return somewhere_with_moves(tmp_path_factory.mktemp("moves"))


def texts(subject: Subject) -> str:
    return " ".join((subject.answer, *subject.implications))


@pytest.mark.parametrize("draws", [0, 50])
def test_every_subject_stands_with_few_tables(only_plans: Dataset, only_moves: Dataset, draws: int) -> None:
    for dataset in (only_plans, only_moves):
        view = view_of(dataset, draws, (Change("cease_rate", 0.1), Change("national_trend", "damped")))
        for name in [name for name in SUBJECTS if name != "population"]:
            subject = SUBJECTS[name](view)
            assert SAYS.get(name, "") in texts(subject), name
            for figure in subject.figures:
                assert figure.spec("light") and len(figure.data)
                assert np.isfinite(figure.data["value"]).all(), figure.key


def test_the_fan_shows_history_the_central_run_and_the_range(only_plans: Dataset) -> None:
    view = view_of(only_plans, 200)
    subject = SUBJECTS["send"](view)
    fan = next(figure for figure in subject.figures if figure.key == "plans").data.set_index("year")
    assert fan.loc[2010, "value"] == 1082 and fan.loc[2025, "value"] == 3623
    assert fan.loc[2025, "low"] == fan.loc[2025, "high"] == 3623
    assert fan.loc[2030, "low"] < fan.loc[2030, "value"] < fan.loc[2030, "high"]
    assert fan.loc[2030, "value"] == view.at("ehc_plans", 2030)
    assert "80% range" in subject.answer and "80% range" in next(iter(subject.sections)).text
    central = SUBJECTS["send"](view_of(only_plans, 0))
    assert "80% range" not in central.answer
    assert central.metrics[0].number == subject.metrics[0].number  # the headline does not wait for the draws


def test_the_drivers_on_the_page_close_to_the_change(only_moves: Dataset) -> None:
    view = view_of(only_moves)
    shown = next(figure for figure in SUBJECTS["send"](view).figures if figure.key == "drivers").data
    parts = shown.set_index("name")["value"]
    change = view.at("ehc_plans", view.last) - view.at("ehc_plans", view.first)
    assert parts.drop("Whole change").sum() == pytest.approx(parts["Whole change"])
    assert parts["Whole change"] == pytest.approx(change)
    keys = {figure.key for figure in SUBJECTS["send"](view).figures}
    assert {"plans_by_need", "plans_by_age_band", "plans_by_setting", "joiners_and_leavers"} <= keys


@pytest.mark.skipif(not (SHARED / "moves").exists(), reason="../shared/moves is not beside the repository")
def test_every_subject_stands_on_real_moves() -> None:
    view = view_of(load([SHARED / "moves"]))
    for name in [name for name in SUBJECTS if name != "population"]:
        assert SUBJECTS[name](view).answer
