"""The projects of the published assessment with children followed, beside the printed savings."""

from __future__ import annotations

import numpy as np
import pytest

from forecasting.analysis.followed import followed
from forecasting.inputs.dataset import Dataset
from forecasting.model.run import run
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.scenario.from_dataset import dataset_scenarios


@pytest.fixture(scope="module")
def view(rotherham: Dataset) -> View:
    known = dataset_scenarios(rotherham)
    return View(run(rotherham, known["published"]), run(rotherham, known["baseline"]))


def test_every_project_is_followed(view: View) -> None:
    found = followed(view.run)
    assert found is not None and found.projects == tuple(str(n) for n in range(1, 13))
    assert found.net.tolist() == [0, 55, 105, 105, 115]  # net-new, open each January from 2017; project 3 replaces
    np.testing.assert_allclose(found.alone.sum(axis=0) + found.interaction, found.together, atol=0.005)
    # What is saved is fees less places and top-up, and nothing else moves in the account.
    np.testing.assert_allclose(found.fees - found.places - found.top_up, found.together, atol=0.005)


def test_a_project_that_replaces_places_saves_nothing(view: View) -> None:
    found = followed(view.run)
    assert found is not None
    assert not found.alone[found.projects.index("3")].any()


def test_empty_places_cost_what_the_national_amount_says(view: View) -> None:
    # Project 2: 10 places for young adults, of whom none is placed: 10 × £10,000, 7/12 of it in 2017-18.
    found = followed(view.run)
    assert found is not None
    expected = [0, -100_000 * 7 / 12, -100_000, -100_000, -100_000]
    np.testing.assert_allclose(found.alone[found.projects.index("2")], expected)


def test_fewer_children_come_home_than_places_open(view: View) -> None:
    found = followed(view.run)
    assert found is not None
    assert (found.home <= found.net + 1e-9).all() and found.home[-1] > 0
    assert found.together[-1] < 3_430_000  # the printed total takes each place as full and each child as dear


def test_the_pages_show_printed_and_followed_side_by_side(view: View) -> None:
    for name in ("programme", "published"):
        tables = {table.key: table.frame for table in SUBJECTS[name](view).tables}
        ways = tables["ways"].set_index("Way of reckoning")["Saving a year"]
        # 125, 115 and 105 places × (35,000 − 17,500); 75 × 17,500 = 1,312,500.
        assert ways.iloc[:5].tolist() == [3_430_000, 2_187_500, 2_012_500, 1_837_500, 1_312_500]
        assert ways.index[2].startswith("115 net-new") and ways.index[3].startswith("105 net-new")
        found = followed(view.run)
        assert found is not None and ways.iloc[5] == found.together[-1]
        assert tables["followed"]["Printed saving"].iloc[-1] == 3_430_000


def test_the_cash_gap_of_the_grants_is_said(view: View) -> None:
    # Spent by March 2019: 87 + 50 + 400 + 50 + 200 + 50 + 200 + 200 = 1,237 thousand; received 240 + 166.667.
    said = " ".join(SUBJECTS["programme"](view).implications)
    assert "2018-19 the council has paid £830,333 more than it has received" in said
    assert "At the end £497,000 is still missing" in said


def test_without_projects_nobody_is_followed(rotherham: Dataset) -> None:
    bare = Dataset({name: table for name, table in rotherham.tables.items() if "project" not in name})
    assert followed(run(bare, dataset_scenarios(bare)["baseline"])) is None
