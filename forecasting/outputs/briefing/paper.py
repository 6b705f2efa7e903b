"""The briefing as a Word paper of two pages, in the shape of a committee report.

Page one says what the matter is, page two what can be done about it. Sentences are left out, the least first, until
each side fits its page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt

from forecasting.outputs.briefing import fit, pictures
from forecasting.outputs.briefing.story import TO_FILL, Scene, Story
from forecasting.outputs.figure import Figure, Table
from forecasting.outputs.html import formatted

_FIRST = (("Summary", ("answer",)), ("Key issues", ("need", "plans", "where")))
_SECOND = (
    ("Options", ("options", "programme")), ("Financial implications", ("money",)),
    ("Risks", ("ranges", "record", "missing")), ("Recommendations", ("recommendations",)),
)  # fmt: skip
_WHOLE = ("missing", "recommendations")  # scenes of which every sentence is kept
_TABLED = ("options", "ranges")
_SIZE, _SMALL, _HEADING, _TITLE = 11, 9, 14, 20  # points
_LETTER = 0.51  # average width of a letter over its size: Arial has less, and so has what commonly replaces it
_BOLD = 0.54  # the same of the bold letters of a table
_WIDTH, _HEIGHT = Cm(16.6), Cm(24.6)  # of the text on a page, clear of the footer
_PICTURE, _LEAST = Cm(14.5), Cm(11.0)  # widest and narrowest picture
_RATIO = 0.62  # height of a picture over its width, words above and below included
_FIRST_TOLD = ("money", "need", "plans", "where", "programme", "ranges", "options", "record", "answer")
Parts = Sequence[tuple[str, Sequence[Scene]]]
Kept = dict[str, int]  # scene → how many of its sentences are kept


def to_bytes(story: Story, made: date | None = None) -> bytes:
    """Return the paper of a story.

    Args:
        story: what is told.
        made: date of the paper; today when not given.
    """
    paper = Document()
    _page(paper)
    paper.core_properties.title = f"{story.title}: {story.subtitle}"
    paper.core_properties.comments = story.stamp[:255]  # the most that a property may have
    head = _head(story, made or date.today())
    paper.add_heading(story.title, 0)
    for text in head:
        paper.add_paragraph().add_run(text).bold = text == story.caution
    first, second = (_parts(story, parts) for parts in (_FIRST, _SECOND))
    used = fit.height(head, _WIDTH.pt, _SIZE, _LETTER) + _TITLE * 2.4
    figure = next((one.shown for _, scenes in first for one in scenes if isinstance(one.shown, Figure)), None)
    kept, left = _fitted(first, used + (_LEAST.pt * _RATIO if figure is not None else 0.0))
    _write(paper, first, kept)
    if figure is not None:
        _picture(paper, figure, min(_PICTURE.pt, (max(0.0, left) + _LEAST.pt * _RATIO) / _RATIO))
    _write(paper, second, _fitted(second, 0.0)[0], fresh=True)
    _foot(paper, story.stamp)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def _head(story: Story, made: date) -> list[str]:
    whom = f"Report to: {TO_FILL}. Report of: {TO_FILL}. Date: {made.day} {made:%B %Y}."
    return [whom, story.subtitle, *([story.caution] if story.caution else [])]


def _parts(story: Story, parts: Sequence[tuple[str, Sequence[str]]]) -> Parts:
    scenes = {scene.key: scene for scene in story.scenes}
    found = [(heading, [scenes[key] for key in keys if key in scenes]) for heading, keys in parts]
    return [(heading, held) for heading, held in found if held]


def _fitted(parts: Parts, used: float) -> tuple[Kept, float]:
    """Return how many sentences of each scene fit on the page, told in turns, and the points that are left."""
    scenes = [scene for _, held in parts for scene in held]
    kept = {scene.key: len(scene.sentences) if scene.key in _WHOLE else 0 for scene in scenes}
    free = _HEIGHT.pt - used
    for most in range(1, 1 + max(len(scene.sentences) for scene in scenes)):
        for scene in sorted(scenes, key=_rank):
            more = {**kept, scene.key: min(most, len(scene.sentences))}
            if scene.key not in _WHOLE and free >= sum(map(partial(_tall, more), parts)):
                kept = more
    return kept, free - sum(map(partial(_tall, kept), parts))


def _rank(scene: Scene) -> int:
    return _FIRST_TOLD.index(scene.key) if scene.key in _FIRST_TOLD else len(_FIRST_TOLD)


def _tall(kept: Kept, part: tuple[str, Sequence[Scene]]) -> float:
    """Return the height in points of a part with its heading, tables and notes."""
    texts = [text for scene in part[1] for text in (scene.finding, *scene.sentences[: kept[scene.key]])]
    tables = [scene.shown for scene in part[1] if scene.key in _TABLED and isinstance(scene.shown, Table)]
    rows = sum(_rows(table) for table in tables)
    notes = fit.height([table.note for table in tables], _WIDTH.pt, _SMALL, _LETTER)
    return fit.height(texts, _WIDTH.pt - 20, _SIZE, _LETTER) + rows * _SIZE * 1.12 + notes + _HEADING * 1.8


def _rows(table: Table) -> int:
    """Return how many lines a table takes, its columns equally wide."""
    frame = formatted(table)
    across = _WIDTH.pt / len(frame.columns) - 12
    rows = [list(map(str, frame.columns)), *([str(text) for text in row] for row in frame.itertuples(index=False))]
    return sum(max(fit.lines(text, across, _SIZE - 1, _BOLD) for text in row) for row in rows)


def _page(paper: Any) -> None:
    section = paper.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(1.8), Cm(2.2)
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(_SIZE)
    normal.paragraph_format.space_after = Pt(4)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Arial")
    for name in ("Title", "Heading 1"):
        paper.styles[name].font.name = "Arial"
    paper.styles["Title"].font.size, paper.styles["Heading 1"].font.size = Pt(_TITLE), Pt(_HEADING)
    paper.styles["Heading 1"].paragraph_format.space_before = Pt(8)
    normal.element.get_or_add_rPr().append(_language())


def _language() -> Any:
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    return language


def _write(paper: Any, parts: Parts, kept: Kept, *, fresh: bool = False) -> None:
    """Write parts under their headings, the first on a fresh page if asked."""
    for number, (heading, scenes) in enumerate(parts):
        paper.add_heading(heading, 1).paragraph_format.page_break_before = fresh and number == 0
        for scene in scenes:
            paper.add_paragraph(scene.finding)
            if scene.key in _TABLED and isinstance(scene.shown, Table):
                _table(paper, scene.shown)
            style = "List Number" if scene.key == "recommendations" else "List Bullet"
            for text in scene.sentences[: kept[scene.key]]:
                paper.add_paragraph(text, style=style)


def _picture(paper: Any, figure: Figure, wide: float) -> None:
    shown = paper.add_picture(BytesIO(pictures.png(figure, large=True)), width=Pt(wide))
    if shown.height > Pt(wide * _RATIO):
        shown.width, shown.height = Emu(int(shown.width * Pt(wide * _RATIO) / shown.height)), Pt(wide * _RATIO)
    about = shown._inline.docPr
    about.set("name", figure.title)
    about.set("descr", f"{figure.title}. {figure.alt}")


def _table(paper: Any, table: Table) -> None:
    frame = formatted(table)
    grid = paper.add_table(rows=1, cols=len(frame.columns), style="Light Grid Accent 1")
    _row(grid.rows[0].cells, list(map(str, frame.columns)))
    for row in frame.itertuples(index=False):
        _row(grid.add_row().cells, [str(text) for text in row])
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    grid.rows[0]._tr.get_or_add_trPr().append(mark)
    described = OxmlElement("w:tblDescription")
    described.set(qn("w:val"), f"{table.title}. {table.note}")
    grid._tbl.tblPr.append(described)
    paper.add_paragraph(table.note).runs[0].font.size = Pt(_SMALL)


def _row(cells: Sequence[Any], texts: Sequence[str]) -> None:
    for number, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        cell.text = text
        line = cell.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if number else WD_ALIGN_PARAGRAPH.LEFT
        line.paragraph_format.space_after = Pt(0)
        for run in line.runs:
            run.font.size = Pt(_SIZE - 1)


def _foot(paper: Any, stamp: str) -> None:
    line = paper.sections[0].footer.paragraphs[0]
    line.text = f"Made from: {stamp}"
    for run in line.runs:
        run.font.size = Pt(8)
