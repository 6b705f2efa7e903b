"""Accepted datasets: kept whole or not at all, the same in every figure when opened again, only ever tables."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from forecasting import written
from forecasting.errors import DatasetError, Fault, UsageError
from forecasting.inputs.accepted import keep, listing, open_kept, packed, purge, unpacked
from forecasting.inputs.bundled import bundled
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.intake import Found
from forecasting.inputs.load import load
from forecasting.inputs.review import Decision, Review, completed, review
from tests.support import Copy

WARNING = Fault("plans.csv", "ehc_plans", 3, "plans", "a share that jumps", grade="warning")


def _review(dataset: Dataset, when: str = "2026-11-24T12:05:00.000+00:00") -> Review:
    found = [Found("plans.csv", "ehc_plans", "a table", ("ehc_plans",), 7)]
    made = [Decision("ehc_plans", "use", "counted again", "AB", when, (), (str(WARNING),))]
    draft = review(["plans.csv"], found, [WARNING], when)
    return completed(draft, dataset, dataset, "itself", made, "AB")


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_dataset_comes_back_the_same(name: str, tmp_path: Path) -> None:
    dataset = load([bundled()[name]])
    kept = keep(dataset, _review(dataset), tmp_path)
    assert listing(tmp_path) == (kept,)  # the record comes back whole: files, faults, decisions, comparison
    again = open_kept(listing(tmp_path)[0], tmp_path)
    assert again.content_hash == dataset.content_hash
    assert {n: list(f.dtypes) for n, f in again.tables.items()} == {
        n: list(f.dtypes) for n, f in dataset.tables.items()
    }
    assert again.base_year == dataset.base_year and again.notes == (WARNING,)


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc"), whitelist_characters="\n\r\t,\"'"), max_size=8)
ROWS = st.lists(
    st.tuples(TEXT, st.integers(-(2**62), 2**62), st.floats(allow_infinity=False) | st.none()), max_size=6
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_any_cells_come_back_the_same(rows: list[tuple[str, int, float | None]]) -> None:
    frame = pd.DataFrame({
        "area": pd.Series([row[0] for row in rows], dtype="str"),
        "year": pd.Series([row[1] for row in rows], dtype="int64"),
        "pupils": pd.Series([row[2] for row in rows], dtype="float64"),
    })  # fmt: skip
    found = unpacked(packed({"pupils": frame}))["pupils"]
    pd.testing.assert_frame_equal(found.reset_index(drop=True), frame, check_exact=True)
    assert Dataset({"pupils": found}).content_hash == Dataset({"pupils": frame}).content_hash


def test_the_newest_comes_first_and_any_earlier_one_can_be_opened(copied: Copy, tmp_path: Path) -> None:
    first = copied.load()
    copied.change("about", lambda row: row["key"] == "authority_name" and row.update(value="Testshire"))
    second = copied.load()
    place = tmp_path / "kept"
    keep(first, _review(first), place)
    keep(second, _review(second, "2026-11-25T09:00:00.000+00:00"), place)
    held = listing(place)
    assert [kept.review.name for kept in held] == ["Testshire", first.name]
    assert open_kept(held[1], place).content_hash == first.content_hash
    assert "25 November 2026, 09:00, by AB" in held[0].label


def test_a_crash_while_writing_leaves_the_last_good_dataset(
    rotherham: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep(rotherham, _review(rotherham), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = replace(rotherham, tables={**rotherham.tables, "pupils": rotherham.table("pupils").assign(pupils=1.0)})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written.os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device.*in use in this session only"):
        keep(other, _review(other, "2026-11-25T09:00:00.000+00:00"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before  # no half-written file either
    assert open_kept(kept, tmp_path).content_hash == rotherham.content_hash


def test_a_folder_that_cannot_be_made_is_said(rotherham: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UsageError, match="could not be kept in"):
        keep(rotherham, _review(rotherham), tmp_path / "file" / "datasets")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights of folders are not enforced here")
def test_a_read_only_folder_is_said(rotherham: Dataset, tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(UsageError, match="Permission denied"):
        keep(rotherham, _review(rotherham), tmp_path)
    tmp_path.chmod(stat.S_IRWXU)


def test_what_is_not_a_dataset_table_is_never_written(rotherham: Dataset) -> None:
    people = pd.DataFrame({"UPN": ["A123456789012"]})
    spoilt = replace(rotherham, tables={**rotherham.tables, "persons": people})
    with pytest.raises(ValueError, match="persons"):
        packed(spoilt.tables)
    widened = {"pupils": rotherham.table("pupils").assign(UPN="A123456789012")}
    with pytest.raises(ValueError, match="pupils.UPN"):
        packed(widened)


def test_damaged_files_are_passed_over_or_said(rotherham: Dataset, tmp_path: Path) -> None:
    kept = keep(rotherham, _review(rotherham), tmp_path)
    (tmp_path / "000-broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "001-other.json").write_text('{"name": "x"}', encoding="utf-8")
    assert listing(tmp_path) == (kept,)
    path = tmp_path / f"{rotherham.content_hash}.zip"
    path.write_bytes(packed({"pupils": rotherham.table("pupils")}))  # a good zip of other tables
    with pytest.raises(DatasetError, match="gone or damaged"):
        open_kept(kept, tmp_path)
    path.write_bytes(b"not a zip")
    with pytest.raises(DatasetError, match="gone or damaged"):
        open_kept(kept, tmp_path)


def test_deleting_takes_the_tables_with_the_last_acceptance_of_them(rotherham: Dataset, tmp_path: Path) -> None:
    one = keep(rotherham, _review(rotherham), tmp_path)
    two = keep(rotherham, _review(rotherham, "2026-11-25T09:00:00.000+00:00"), tmp_path)
    purge(one, tmp_path)
    assert listing(tmp_path) == (two,) and open_kept(two, tmp_path).content_hash == rotherham.content_hash
    purge(two, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_review_of_another_dataset_is_refused(rotherham: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="another dataset"):
        keep(rotherham, replace(_review(rotherham), content_hash="0" * 64), tmp_path)
    assert list(tmp_path.iterdir()) == []
