"""Placement cells: adding up, orders, phases of ages, mapped needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting import axes
from forecasting.inputs.dataset import Dataset
from forecasting.model.cells import Cells, cells_at_snapshot, in_order, mapped_needs, proportions, snapshot, spread

LABELS = pd.DataFrame(
    [("MLD", "primary", "inmss", "out_of_borough"), ("ASC", "primary", "inmss", "out_of_borough"),
     ("ASC", "secondary", "special_state", "in_borough")],
    columns=["need", "phase", "setting", "place"],
)  # fmt: skip
CELLS = Cells(LABELS, axes.NEEDS, axes.SETTINGS)
VALUES = np.array([[1.0, 2.0, 4.0], [10.0, 20.0, 40.0]])  # year × cell


def test_cells_add_up_by_name() -> None:
    ((need, labels),), found = CELLS.add_up(VALUES, "need")
    assert (need, labels) == ("need", ("ASC", "MLD"))  # in the order of the vocabulary, not of the rows
    np.testing.assert_array_equal(found, [[6, 1], [60, 10]])  # ASC 2 + 4, MLD 1


def test_two_breakdowns_keep_their_empty_combinations() -> None:
    labels, found = CELLS.add_up(VALUES, "need", "setting")
    assert labels == (("need", ("ASC", "MLD")), ("setting", ("special_state", "inmss")))
    np.testing.assert_array_equal(found[0], [[4, 2], [0, 1]])


def test_where_marks_cells() -> None:
    np.testing.assert_array_equal(CELLS.where("place", "out_of_borough"), [1, 1, 0])
    np.testing.assert_array_equal(CELLS.where("setting", "special_state", "inmss"), [1, 1, 1])


def test_shares_of_nothing_are_unknown() -> None:
    assert CELLS.shares(np.array([1.0, 3.0, 0.0]), "need") == {"ASC": 0.75, "MLD": 0.25}
    assert CELLS.shares(np.zeros(3), "need") == {"unknown": 1.0}


def test_labels_of_no_vocabulary_come_last() -> None:
    assert in_order(axes.NEEDS, {"zeta", "MLD", "alpha", "ASC"}) == ("ASC", "MLD", "alpha", "zeta")


@given(st.dictionaries(st.sampled_from(axes.NEEDS.names), st.floats(0.001, 1e6), min_size=1))
def test_proportions_add_up_to_one(values: dict[str, float]) -> None:
    assert sum(proportions(values).values()) == pytest.approx(1)
    assert proportions(values).keys() == values.keys()


def test_proportions_of_nothing_are_empty() -> None:
    assert proportions({}) == {} == proportions({"ASC": 0.0})


def test_spread_puts_shares_under_their_labels() -> None:
    np.testing.assert_array_equal(
        spread([{"a": 0.3, "b": 0.7}, {"b": 1.0}], ("b", "a", "c")), [[0.7, 0.3, 0], [1, 0, 0]]
    )
    assert spread([], ("a",)).shape == (0, 1)


def test_the_snapshot_of_november_2016_is_january_2017(rotherham: Dataset) -> None:
    assert snapshot(rotherham) == 2017


def test_cells_of_the_snapshot_hold_placements_and_rolls(rotherham: Dataset) -> None:
    cells, children = cells_at_snapshot(rotherham, ())
    ((_, labels),), found = cells.add_up(children[None], "setting")
    by_setting = dict(zip(labels, found[0], strict=True))
    # Table 11: 143; Table 10: 80+97+103+117+94+20+107 = 618; the resource table: 9+10+13+18 = 50
    assert by_setting == pytest.approx({"inmss": 143, "special_state": 618, "resourced_provision": 50})


def test_local_groups_are_mapped_with_their_weights(rotherham: Dataset) -> None:
    assert dict(mapped_needs(rotherham, "projects", "need", "Complex LD/ASC")) == {"SLD": 0.5, "ASC": 0.5}
    assert dict(mapped_needs(rotherham, "projects", "need", "SEMH")) == {"SEMH": 1.0}
    assert dict(mapped_needs(rotherham, "projects", "need", "")) == {"unknown": 1.0}
