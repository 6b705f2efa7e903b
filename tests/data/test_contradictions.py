"""The contradictions of the 2017 assessment: they point at printed results and can be followed in the public paper."""

import re
from pathlib import Path

import pandas as pd
import pytest

from forecasting.inputs.load import load

FOLDER = Path(__file__).resolve().parents[2] / "data" / "rotherham_2017"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return load([FOLDER]).table("contradictions")


def test_every_result_named_is_a_published_result(rows) -> None:
    published = set(load([FOLDER]).table("published")["id"])
    named = {result for cell in rows["results"] for result in cell.split("|") if result}
    assert named
    assert named <= published


@pytest.mark.parametrize("column", ["severity", "printed", "recomputed", "explanation", "source"])
def test_no_cell_is_blank(rows, column) -> None:
    assert rows.loc[rows[column].eq(""), "id"].tolist() == []


def test_sources_name_a_paper_and_no_line_number(rows) -> None:
    papers = ("Specialist Provision in Rotherham", "riefing paper")
    assert all(any(paper in source for paper in papers) for source in rows["source"])
    text = " ".join(rows.drop(columns="id").astype(str).to_numpy().ravel())
    assert not re.search(r"[A-Z]{3,5}-\d{4}-\d{2}-\d{2}", text)


def test_the_five_candidates_for_51_growth_places_give_what_they_say(rows) -> None:
    # growth of pupils 46,858 - 44,627 = 2,231; growth over five years 5 x 1 % = 5 %
    results = {
        "D24a": (46_858 - 44_627) * 0.023,  # 51.3
        "D24b": 1_031 * 0.05,  # 51.55
        "D24c": 618 / 0.60 * 0.05,  # 51.5
        "D24d": 363 * 1_031 / 7_265,  # 51.5
        "D24e": 1_025 * 0.05,  # 51.25
    }
    stated = rows.set_index("id")["recomputed"]
    assert {key for key in stated.index if key.startswith("D24") and key != "D24"} == set(results)
    for key, value in results.items():
        printed = [float(number) for number in re.findall(r"= (\d+\.\d+)", stated[key])]
        assert any(abs(number - value) < 0.051 for number in printed), key
        assert 50.5 < value < 52
