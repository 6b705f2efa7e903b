"""Draws a subject: answer, headline figures, charts with their tables, implications."""

import streamlit as st

from forecasting.outputs import words
from forecasting.outputs.charts import larger
from forecasting.outputs.figure import Figure, Section, Subject, Table
from forecasting.outputs.html import (
    answer_html,
    figure_head_html,
    implications_html,
    metrics_html,
    notes_html,
    table_html,
)
from forecasting.outputs.subjects import View
from pages.shared import small_numbers
from pages.shared.small_numbers import Made


def show(subject: Subject, view: View) -> None:
    """Draw a whole subject."""
    head(subject)
    body(subject, view)


def head(subject: Subject) -> None:
    """Draw the answer and the headline figures."""
    metrics = metrics_html(subject.metrics) if subject.metrics else ""
    st.html(f"{answer_html(subject.title, subject.answer)}{metrics}")


def sections(found: tuple[Section, ...], view: View, made: Made | None = None) -> None:
    """Draw charts and tables under their headings; for `made` see `small_numbers.maker`."""
    for section in found:
        _section(section, view, made)


def body(subject: Subject, view: View, made: Made | None = None) -> None:
    """Draw charts, tables, implications and what is assumed; for `made` see `small_numbers.maker`."""
    sections(subject.sections, view, made)
    implied = implications_html(subject.implications) if subject.implications else ""
    st.html(f"{implied}{notes_html(view.run.forecast.warnings)}")


def _section(section: Section, view: View, made: Made | None) -> None:
    head = f"<h2>{section.heading}</h2>{f'<p>{section.text}</p>' if section.text else ''}"
    for item in section.items:
        if isinstance(item, Figure):
            draw_figure(item, view, head, made)
        else:
            draw_table(item, view, head, made)
        head = ""


def draw_shown(item: Figure | Table | None, view: View, *, large: bool = False) -> None:
    """Draw a chart or a table, if there is one; the words of a large chart can be read from the back of a room."""
    if isinstance(item, Figure):
        draw_figure(item, view, large=large)
    elif item is not None:
        draw_table(item, view)


def draw_figure(figure: Figure, view: View, head: str = "", made: Made | None = None, *, large: bool = False) -> None:
    """Draw a chart with its words and its table."""
    mode = "dark" if st.context.theme.type == "dark" else "light"
    st.html(f"{head}{figure_head_html(figure)}")
    spec = larger(figure.spec(mode), mode) if large else figure.spec(mode)
    st.vega_lite_chart(figure.data, spec, theme=None, width="stretch", alt=figure.name, key=figure.key)
    with st.expander("The figures as a table", on_change="rerun", key=f"open:{figure.key}") as opened:
        if opened.open:
            draw_table(figure.table, view, made=made)


def draw_table(table: Table, view: View, head: str = "", made: Made | None = None) -> None:
    """Draw a table with its download."""
    st.html(f"{head}{table_html(table)}")
    name = words.file_name(view.name, f"{view.run.scenario.name} {table.key}", "csv")
    st.download_button("Download these figures (CSV)", data=small_numbers.maker(table, view, made),
                       file_name=name, mime="text/csv", on_click="ignore", key=f"csv:{table.key}")  # fmt: skip
