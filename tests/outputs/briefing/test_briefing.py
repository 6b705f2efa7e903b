"""The briefing: slides, paper and pictures of one story, readable by everyone."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from pptx import Presentation
from pptx.util import Pt

from forecasting.errors import DatasetError
from forecasting.inputs.load import load
from forecasting.inputs.source import Source
from forecasting.model.run import baseline_of, run
from forecasting.outputs.briefing import deck, paper, pictures
from forecasting.outputs.briefing.story import ENTITLEMENT, TO_FILL, story
from forecasting.outputs.figure import Figure
from forecasting.outputs.subjects import View
from forecasting.scenario.from_dataset import dataset_scenarios

ROOT = Path(__file__).resolve().parents[3]
OFFICE = shutil.which("soffice")


def _view(folder, scenario):
    data = load([ROOT / "data" / folder])
    held = run(data, dataset_scenarios(data)[scenario], draws=20)
    return View(held, baseline_of(held))


@pytest.fixture(scope="module")
def told():
    return story(_view("demonstration", "mitigated"))


@pytest.fixture(scope="module")
def slides(told):
    return Presentation(BytesIO(deck.to_bytes(told)))


def test_the_story_has_every_part_in_order(told):
    parts = "answer need plans where money programme ranges assumptions record recommendations"
    assert [scene.key for scene in told.scenes] == parts.split()


def test_wording_respects_the_entitlement(told):
    words = " ".join(text for scene in told.scenes for text in (scene.finding, *scene.sentences))
    assert ENTITLEMENT in words
    assert TO_FILL in words  # decisions are left to the council


def test_eight_to_twelve_slides_with_titles_and_notes(slides, told):
    assert 8 <= len(slides.slides) <= 12
    for slide in list(slides.slides)[1:]:
        assert slide.shapes.title.text
        assert slide.notes_slide.notes_text_frame.text
    titles = [slide.shapes.title.text for slide in slides.slides]
    assert len(set(titles)) == len(titles)


def test_charts_can_be_edited_and_are_described(slides):
    charts = [shape for slide in slides.slides for shape in slide.shapes if shape.has_chart]
    tables = [shape for slide in slides.slides for shape in slide.shapes if shape.has_table]
    assert len(charts) >= 4 and len(tables) >= 3
    for shape in charts:
        assert ZipFile(BytesIO(shape.chart.part.chart_workbook.xlsx_part.blob)).namelist()
    for shape in (*charts, *tables):
        assert len(shape._element.nvGraphicFramePr.cNvPr.get("descr")) > 20


def test_no_text_is_smaller_than_fourteen_points(slides):
    for slide in slides.slides:
        for shape in slide.shapes:
            frames = [shape.text_frame] if shape.has_text_frame else []
            if shape.has_table:
                frames = [cell.text_frame for row in shape.table.rows for cell in row.cells]
            if shape.has_chart:
                assert shape.chart.font.size >= Pt(14)
            sizes = [run.font.size for frame in frames for p in frame.paragraphs for run in p.runs if run.font.size]
            assert all(size >= Pt(14) for size in sizes)


def test_nothing_stands_outside_a_slide_or_over_the_title(slides):
    for slide in list(slides.slides)[1:]:
        foot = slide.shapes.title.top + slide.shapes.title.height
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= slides.slide_width
            assert shape.top + shape.height <= slides.slide_height
            assert shape is slide.shapes.title or shape.shape_id == slide.shapes.title.shape_id or shape.top >= foot


def test_chart_figures_are_those_of_the_forecast(told, slides):
    figure = next(scene.shown for scene in told.scenes if scene.key == "plans")
    chart = next(s.chart for slide in slides.slides for s in slide.shapes
                 if s.has_chart and s._element.nvGraphicFramePr.cNvPr.get("name") == figure.title)  # fmt: skip
    assert list(chart.plots[0].series[0].values) == pytest.approx(figure.table.frame.iloc[:, 1].tolist())
    assert [series.name for series in chart.plots[0].series][1:] == ["Low: 1 in 10 below", "High: 1 in 10 above"]


def test_synthetic_is_said_on_every_slide(slides):
    for slide in slides.slides:
        assert any("Synthetic" in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def _corporate():
    own = Presentation()
    own.slide_width, own.slide_height = Pt(960), Pt(540)
    for layout in own.slide_layouts:
        for box in layout.placeholders:
            box.left, box.width = box.left, box.width
    own.slides.add_slide(own.slide_layouts[0]).shapes.title.text = "Old slide"
    own.slide_layouts[1].name = "Council content"
    stream = BytesIO()
    own.save(stream)
    return Source("council.pptx", stream.getvalue())


def test_the_councils_own_template_is_used(told):
    made = Presentation(BytesIO(deck.to_bytes(told, _corporate())))
    assert made.slide_width == Pt(960)
    assert all(slide.shapes.title.text != "Old slide" for slide in made.slides)
    assert "Council content" in {slide.slide_layout.name for slide in made.slides}


def test_what_is_not_a_template_is_refused(told):
    with pytest.raises(DatasetError):
        deck.to_bytes(told, Source("council.pptx", b"nothing"))


def test_the_paper_has_the_parts_of_a_committee_report(told):
    made = Document(BytesIO(paper.to_bytes(told)))
    headings = [p.text for p in made.paragraphs if p.style.name == "Heading 1"]
    assert headings == ["Summary", "Key issues", "Options", "Financial implications", "Risks", "Recommendations"]
    assert all(shape._inline.docPr.get("descr") for shape in made.inline_shapes)
    assert any("Synthetic" in p.text for p in made.paragraphs)


def test_pictures_carry_title_source_and_words(told):
    figure = next(scene.shown for scene in told.scenes if isinstance(scene.shown, Figure))
    drawn = pictures.svg(figure)
    assert f"<title>{figure.title}" in drawn and "<desc>" in drawn and "Source" in drawn
    assert pictures.png(figure).startswith(b"\x89PNG")
    names = ZipFile(BytesIO(pictures.archive([figure]))).namelist()
    assert names == [f"{figure.key}.png", f"{figure.key}.svg", "alternative texts.txt"]


def test_the_published_assessment_is_told_without_ranges():
    told = story(_view("rotherham_2017", "published"))
    words = {scene.key: scene for scene in told.scenes}
    assert "no ranges" in words["ranges"].finding
    assert len(Presentation(BytesIO(deck.to_bytes(told))).slides) == len(told.scenes) + 1


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_slides_and_paper_open_in_libreoffice(told, tmp_path):
    (tmp_path / "deck.pptx").write_bytes(deck.to_bytes(told))
    (tmp_path / "paper.docx").write_bytes(paper.to_bytes(told))
    subprocess.run([OFFICE, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf",
                    "--outdir", str(tmp_path), str(tmp_path / "deck.pptx"), str(tmp_path / "paper.docx")],
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    assert (tmp_path / "deck.pdf").read_bytes().count(b"/Type/Page/") == len(told.scenes) + 1
    assert (tmp_path / "paper.pdf").read_bytes().count(b"/Type/Page/") <= 3
