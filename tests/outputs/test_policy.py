"""The council's policy on small numbers: kept, changed, refused, and applied to what leaves."""

import json
import zipfile
from io import BytesIO

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from forecasting import export
from forecasting.__main__ import app
from forecasting.errors import UsageError
from forecasting.model.run import run
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.figure import Table
from forecasting.outputs.leaving import leaving, leaving_table
from forecasting.outputs.policy import changed, keep, kept
from forecasting.outputs.protect import treatments
from forecasting.outputs.subjects import SUBJECTS, View
from forecasting.scenario.from_dataset import dataset_scenarios


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SUFFICIENCY_HOME", str(tmp_path))
    return tmp_path


def test_the_default_is_to_be_confirmed_and_a_set_policy_is_kept(own_folder):
    assert kept() == Policy() and "yet to confirm" in kept().sentence
    mine = changed(kept(), threshold=6, symbol="c", confirmed=True)
    keep(mine)
    assert kept() == mine and "1 to 5" in kept().sentence and "confirm" not in kept().sentence


def test_what_is_no_policy_is_refused(own_folder):
    for wrong in ({"form": "none"}, {"threshold": 1}, {"treshold": 5}, {"symbol": " "}, {"symbol": "0"}):
        with pytest.raises(UsageError):
            changed(Policy(), **wrong)
    (own_folder / "small_numbers.toml").write_text("threshold = ", encoding="utf-8")
    with pytest.raises(UsageError, match="small_numbers.toml"):
        kept()


def test_it_is_set_on_the_command_line(own_folder):
    said = CliRunner().invoke(app, ["small-numbers", "--threshold", "7", "--confirm"])
    assert said.exit_code == 0 and "1 to 6" in said.output and kept().threshold == 7
    assert "1 to 6" in CliRunner().invoke(app, ["small-numbers"]).output
    assert CliRunner().invoke(app, ["small-numbers", "--form", "guess"]).exit_code == 2


@pytest.fixture(scope="module")
def view(rotherham):
    known = dataset_scenarios(rotherham)
    return View(run(rotherham, known["mitigated"]), run(rotherham, known["baseline"]))


def test_a_shared_csv_shows_no_small_count_and_the_symbol(view):
    table = pd.read_csv(BytesIO(export.csv_bytes(view.forecast, Policy())), dtype=str, keep_default_na=False)
    mine = table[table["measure"].map(lambda name: treatments()[name].own)]
    assert (mine["central"] == "[c]").any()
    shown = pd.to_numeric(mine.loc[mine["central"] != "[c]", "central"])
    assert not ((shown > 0) & (shown < 5)).any()
    assert "[c]" not in export.csv_bytes(view.forecast).decode()


def test_a_shared_parquet_names_its_policy_and_tells_withheld_from_unknown(view):
    stream = BytesIO(export.parquet_bytes(view.forecast, Policy()))
    told = {key.decode(): text.decode() for key, text in pq.read_schema(stream).metadata.items()}
    assert told["small_numbers"] == Policy().sentence
    assert (told["symbol"], told["scenario"]) == ("[c]", view.forecast.scenario)
    assert json.loads(told["stamp"]) == dict(view.forecast.stamp)
    table = pd.read_parquet(stream)
    symbols = pd.read_csv(BytesIO(export.csv_bytes(view.forecast, Policy())), dtype=str, keep_default_na=False)
    assert table["withheld"].tolist() == (symbols["central"] == "[c]").tolist()
    assert table["withheld"].any() and table.loc[table["withheld"], "central"].isna().all()
    assert pd.api.types.is_float_dtype(table["central"])


def test_an_internal_parquet_says_so_and_is_the_table_itself(view):
    stream = BytesIO(export.parquet_bytes(view.forecast))
    assert pq.read_schema(stream).metadata[b"small_numbers"].decode() == INTERNAL.sentence
    pd.testing.assert_frame_equal(pd.read_parquet(stream), view.forecast.table, check_dtype=False)


def test_the_forecast_table_as_one_file_says_what_it_is(view):
    with zipfile.ZipFile(BytesIO(export.zip_bytes(view.forecast, Policy()))) as file:
        assert file.namelist() == ["about.txt", "forecast.csv", "forecast.parquet"]
        assert Policy().sentence in file.read("about.txt").decode()
        assert file.read("forecast.csv") == export.csv_bytes(view.forecast, Policy())


def test_every_subject_is_made_of_a_shared_view(view):
    shared = leaving(view, Policy())
    assert leaving(view, INTERNAL) is view and shared.policy.form == "withhold"
    for name, made in SUBJECTS.items():
        assert made(shared).answer, name


def test_a_table_leaves_as_in_the_shared_view_or_without_its_counts(view):
    shared = SUBJECTS["placements"](leaving(view, Policy()))
    inside = next(table for table in SUBJECTS["placements"](view).tables if table.key == shared.tables[0].key)
    out = leaving_table(inside, shared, Policy())
    assert out.iloc[-1, 0] == Policy().sentence
    assert out.iloc[:-1].reset_index(drop=True).equals(shared.tables[0].frame.astype(object))
    other = Table("other", "Made of something else", pd.DataFrame({"a": ["x"], "n": [3.0]}), {"n": "count"})
    assert leaving_table(other, None, Policy())["n"].tolist() == ["[c]", None]
    assert leaving_table(other, None, INTERNAL)["n"].iloc[0] == 3.0
