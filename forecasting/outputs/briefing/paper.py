"""The briefing as a Word paper of about two pages, in the shape of a committee report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from forecasting.outputs.briefing import pictures
from forecasting.outputs.briefing.story import Scene, Story
from forecasting.outputs.figure import Figure, Table
from forecasting.outputs.html import formatted

_PARTS = (
    ("Summary", ("answer",)), ("Key issues", ("need", "plans", "where")), ("Options", ("programme",)),
    ("Financial implications", ("money",)), ("Risks", ("ranges", "assumptions", "record")),
    ("Recommendations", ("recommendations",)),
)  # fmt: skip
_PICTURED = ("need",)
_TABLED = ("ranges",)
_PICTURE = Cm(13.5)


def to_bytes(story: Story, made: date | None = None) -> bytes:
    """Return the paper of a story.

    Args:
        story: what is told.
        made: date of the paper; today when not given.
    """
    paper = Document()
    _page(paper)
    paper.core_properties.title = f"{story.title}: {story.subtitle}"
    paper.core_properties.comments = story.stamp
    paper.add_heading(story.title, 0)
    today = made or date.today()
    paper.add_paragraph(f"{story.subtitle} Report of {today.day} {today:%B %Y}.")
    if story.caution:
        paper.add_paragraph().add_run(story.caution).bold = True
    scenes = {scene.key: scene for scene in story.scenes}
    for heading, keys in _PARTS:
        _part(paper, heading, [scenes[key] for key in keys if key in scenes])
    _foot(paper, story.stamp)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def _page(paper: Any) -> None:
    section = paper.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(1.8)
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(11)
    normal.paragraph_format.space_after = Pt(4)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Arial")
    for name in ("Title", "Heading 1"):
        paper.styles[name].font.name = "Arial"
    paper.styles["Title"].font.size, paper.styles["Heading 1"].font.size = Pt(20), Pt(14)
    paper.styles["Heading 1"].paragraph_format.space_before = Pt(8)
    normal.element.get_or_add_rPr().append(_language())


def _language() -> Any:
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    return language


def _part(paper: Any, heading: str, scenes: Sequence[Scene]) -> None:
    if not scenes:
        return
    paper.add_heading(heading, 1)
    for scene in scenes:
        paper.add_paragraph(scene.finding)
        for text in scene.sentences[:2] if scene.key != "recommendations" else scene.sentences:
            paper.add_paragraph(text, style="List Number" if scene.key == "recommendations" else "List Bullet")
        if scene.key in _PICTURED and isinstance(scene.shown, Figure):
            _picture(paper, scene.shown)
        if scene.key in _TABLED and isinstance(scene.shown, Table):
            _table(paper, scene.shown)


def _picture(paper: Any, figure: Figure) -> None:
    shown = paper.add_picture(BytesIO(pictures.png(figure)), width=_PICTURE)
    about = shown._inline.docPr
    about.set("name", figure.title)
    about.set("descr", f"{figure.title}. {figure.alt}")


def _table(paper: Any, table: Table) -> None:
    frame = formatted(table)
    grid = paper.add_table(rows=1, cols=len(frame.columns), style="Light Grid Accent 1")
    for cell, name in zip(grid.rows[0].cells, frame.columns, strict=True):
        cell.text = str(name)
    for row in frame.itertuples(index=False):
        for cell, text in zip(grid.add_row().cells, row, strict=True):
            cell.text = str(text)
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    grid.rows[0]._tr.get_or_add_trPr().append(mark)
    described = OxmlElement("w:tblDescription")
    described.set(qn("w:val"), f"{table.title}. {table.note}")
    grid._tbl.tblPr.append(described)
    paper.add_paragraph(table.note).runs[0].font.size = Pt(9)


def _foot(paper: Any, stamp: str) -> None:
    line = paper.sections[0].footer.paragraphs[0]
    line.text = f"Made from: {stamp}"
    for run in line.runs:
        run.font.size = Pt(8)
