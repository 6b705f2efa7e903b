"""Slides and paper on our own template and on ugly ones of councils: nothing clipped, overlapping or small."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Inches, Pt

from forecasting.errors import DatasetError
from forecasting.inputs.source import Source
from forecasting.outputs.briefing import deck, paper
from forecasting.outputs.briefing.story import Story, story
from tests.support import view_of

OFFICE = shutil.which("soffice")
_KINDS = {1: "title", 3: "title", 2: "body", 7: "body", 4: "subtitle", 13: "number", 15: "footer", 16: "date"}
_PLACES = {"number": (12.2, 6.95, 1, 0.4), "footer": (3, 6.95, 7, 0.4), "date": (0.5, 6.95, 2, 0.4)}


def _arranged(own: Any, places: dict[str, tuple[float, ...]], name: str) -> None:
    for number, layout in enumerate(own.slide_layouts):
        layout.name = f"{name} {number:02d} FINAL v3"
        for box in layout.placeholders:
            at = places.get(_KINDS.get(box.placeholder_format.type, ""))
            if at:
                box.left, box.top, box.width, box.height = map(Inches, at)


def _dark_and_square(own: Any) -> None:
    """4:3, white on purple, a coloured block where the title would be."""
    _arranged(own, {"title": (3.2, 0.2, 6.5, 0.7)}, "RMBC")
    own.slide_master.background.fill.solid()
    own.slide_master.background.fill.fore_color.rgb = RGBColor(0x3B, 0x0A, 0x45)
    for page in (own.slide_master, *own.slide_layouts):
        for colour in page._element.iter("{*}schemeClr"):
            colour.set("val", "bg1" if colour.get("val") == "tx1" else colour.get("val"))
    own.slides.add_slide(own.slide_layouts[0]).shapes.title.text = "Old slide"


def _title_at_the_foot(own: Any) -> None:
    """16:9, titles at the foot, a body as small as a stamp."""
    own.slide_width, own.slide_height = Inches(13.333), Inches(7.5)
    places = {"title": (0.5, 5.9, 12, 0.9), "body": (0.5, 0.4, 4, 1.2), "subtitle": (0.5, 4.4, 9, 1.2)}
    _arranged(own, {**places, **_PLACES}, "do not use")


def _narrow_title(own: Any) -> None:
    """16:9, a narrow title at the side, no title slide, a wide serif font."""
    own.slide_width, own.slide_height = Inches(13.333), Inches(7.5)
    for number in (10, 9, 7, 6, 5, 2, 1, 0):
        own.slide_layouts.remove(own.slide_layouts[number])
    _arranged(own, {"title": (0.3, 0.3, 3, 3.2), "body": (3.6, 0.4, 4.7, 6.2), **_PLACES}, "Two up")
    for page in (own.slide_master, *own.slide_layouts):
        for style in page._element.iter("{*}defRPr"):
            for old in style.findall("{*}latin"):
                style.remove(old)
            style.append(parse_xml(f'<a:latin {nsdecls("a")} typeface="DejaVu Serif"/>'))


UGLY: dict[str, Callable[[Any], None]] = {
    "dark": _dark_and_square, "foot": _title_at_the_foot, "side": _narrow_title,
}  # fmt: skip


def _template(name: str) -> Source | None:
    if name == "own":
        return None
    own = Presentation()
    UGLY[name](own)
    stream = BytesIO()
    own.save(stream)
    return Source(f"{name}.pptx", stream.getvalue())


@pytest.fixture(scope="module")
def stories(quick: Any, rotherham: Any) -> dict[str, Story]:
    return {"demonstration": story(view_of(quick, "mitigated")),
            "published": story(view_of(rotherham, "published"))}  # fmt: skip


@pytest.fixture(scope="module", params=["own", *UGLY])
def made(request: pytest.FixtureRequest, stories: dict[str, Story]) -> Any:
    return Presentation(BytesIO(deck.to_bytes(stories["demonstration"], _template(request.param))))


def _frames(shape: Any) -> list[Any]:
    if shape.has_table:
        return [cell.text_frame for row in shape.table.rows for cell in row.cells]
    return [shape.text_frame] if shape.has_text_frame else []


def test_no_text_is_smaller_than_fourteen_points_and_every_size_is_stated(made: Any) -> None:
    for slide in made.slides:
        for shape in slide.shapes:
            if shape.has_chart:
                assert shape.chart.font.size >= Pt(14)
            for run in (run for frame in _frames(shape) for line in frame.paragraphs for run in line.runs):
                assert run.font.size is not None and run.font.size >= Pt(14), run.text
            for field in shape._element.iter("{*}fld"):
                assert int(field.find("{*}rPr").get("sz")) >= 1400


def test_every_shape_stands_inside_the_slide_and_none_over_another(made: Any) -> None:
    for slide in made.slides:
        boxes = [(s.shape_id, s.name, s.left, s.top, s.left + s.width, s.top + s.height) for s in slide.shapes]
        for _, name, left, top, right, bottom in boxes:
            assert left >= 0 and top >= 0 and right <= made.slide_width and bottom <= made.slide_height, name
        for one, other in combinations(boxes, 2):
            apart = one[4] <= other[2] or other[4] <= one[2] or one[5] <= other[3] or other[5] <= one[3]
            assert apart, (slide.shapes.title.text, one[1], other[1])


def test_a_template_gives_its_layouts_and_loses_its_slides(stories: dict[str, Story]) -> None:
    found = Presentation(BytesIO(deck.to_bytes(stories["published"], _template("dark"))))
    assert found.slide_width == Inches(10)
    assert len(found.slides) == len(stories["published"].scenes) + 1
    assert all(slide.shapes.title.text != "Old slide" for slide in found.slides)
    assert {slide.slide_layout.name for slide in found.slides} == {"RMBC 00 FINAL v3", "RMBC 01 FINAL v3"}


def test_what_is_not_a_template_is_refused(stories: dict[str, Story]) -> None:
    with pytest.raises(DatasetError, match="council.pptx: this is not a PowerPoint file; allowed: .pptx"):
        deck.to_bytes(stories["published"], Source("council.pptx", b"nothing"))


def _words(file: Path) -> list[tuple[float, float, list[tuple[float, ...]]]]:
    """Return width, height and the boxes of the words of each page of a PDF."""
    text = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, text=True, check=True).stdout
    pages = []
    for page in re.split(r"<page ", text)[1:]:
        size = re.match(r'width="([\d.]+)" height="([\d.]+)"', page)
        assert size is not None
        found = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">', page)
        pages.append((float(size[1]), float(size[2]), [tuple(map(float, box)) for box in found]))
    return pages


def _clash(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two words are printed over each other; boxes of lines may touch."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 2 and down > 0.45 * min(one[3] - one[1], other[3] - other[1])


@pytest.mark.skipif(OFFICE is None or shutil.which("pdftotext") is None, reason="LibreOffice or poppler is missing")
def test_as_printed_no_word_is_cut_off_or_over_another(stories: dict[str, Story], tmp_path: Path) -> None:
    files = {}
    for name, told in stories.items():
        for look in ("own", *(UGLY if name == "demonstration" else ())):
            (tmp_path / f"{name}_{look}.pptx").write_bytes(deck.to_bytes(told, _template(look)))
            files[f"{name}_{look}"] = len(told.scenes) + 1
        (tmp_path / f"{name}.docx").write_bytes(paper.to_bytes(told))
        files[name] = 2
    written = [str(file) for file in tmp_path.glob("*.???x")]
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run([str(OFFICE), "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path), *written],
                   check=True, capture_output=True, timeout=300)  # fmt: skip
    for name, count in files.items():
        pages = _words(tmp_path / f"{name}.pdf")
        assert len(pages) == count, name
        for number, (width, height, words) in enumerate(pages, 1):
            assert words, (name, number)
            outside = [box for box in words if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height]
            assert outside == [], (name, number)
            clashes = [pair for pair in combinations(words, 2) if _clash(*pair)]
            assert clashes == [], (name, number)
