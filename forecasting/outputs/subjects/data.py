"""Data: what the dataset in hand holds, where it comes from, and what was noticed about it."""

from __future__ import annotations

import pandas as pd

from forecasting.inputs.schema import BY_NAME
from forecasting.outputs.figure import Section, Subject, Table
from forecasting.outputs.subjects.common import View


def data(view: View) -> Subject:
    """Return the subject "Data" of a run."""
    dataset = view.run.dataset
    filled = {name: len(frame) for name, frame in dataset.tables.items() if len(frame)}
    tables = pd.DataFrame({
        "Table": list(filled), "Rows": list(filled.values()),
        "What it holds": [BY_NAME[name].help for name in filled],
    })  # fmt: skip
    about = dataset.table("about")[["key", "value"]].set_axis(["Fact", "Value"], axis=1)
    about = about[about["Value"].ne("")]
    notes = pd.DataFrame({"Grade": [n.grade for n in dataset.notes], "Noticed": [str(n) for n in dataset.notes]})
    sections = [
        Section("What it is", (Table("about", "About the dataset", about),)),
        Section("Tables", (Table("tables", "Tables in the dataset", tables, {"Rows": "count"}),)),
    ]
    if len(notes):
        sections.append(Section("Worth a look", (Table("notes", "Warnings and notes", notes),)))
    answer = (
        f"In hand: {dataset.name}, {dataset.about('title') or 'a dataset of your own'}, base year {dataset.base_year}."
    )
    return Subject("data", "Data", answer, (), tuple(sections), ())
