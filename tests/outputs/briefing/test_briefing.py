"""The briefing: slides, paper and pictures of one story, readable by everyone."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document
from pptx import Presentation

from forecasting.inputs.dataset import Dataset
from forecasting.outputs.briefing import deck, paper, pictures
from forecasting.outputs.briefing.story import ENTITLEMENT, TO_FILL, story
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.figure import Figure
from forecasting.outputs.leaving import leaving
from tests.support import view_of


@pytest.fixture(scope="module")
def told(quick):
    return story(view_of(quick, "mitigated"))


@pytest.fixture(scope="module")
def slides(told):
    return Presentation(BytesIO(deck.to_bytes(told)))


def test_the_story_has_every_part_in_order(told):
    parts = "answer need plans where money programme options ranges assumptions record recommendations"
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


def test_chart_figures_are_those_of_the_forecast(told, slides):
    figure = next(scene.shown for scene in told.scenes if scene.key == "plans")
    chart = next(s.chart for slide in slides.slides for s in slide.shapes
                 if s.has_chart and s._element.nvGraphicFramePr.cNvPr.get("name") == figure.title)  # fmt: skip
    assert list(chart.plots[0].series[0].values) == pytest.approx(figure.table.frame.iloc[:, 1].tolist())
    assert [series.name for series in chart.plots[0].series][1:] == ["Low: 1 in 10 below", "High: 1 in 10 above"]


def test_synthetic_is_said_on_every_slide(slides):
    for slide in slides.slides:
        assert any("Synthetic" in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


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


def test_the_published_assessment_is_told_without_ranges(rotherham):
    told = story(view_of(rotherham, "published"))
    words = {scene.key: scene for scene in told.scenes}
    assert "no ranges" in words["ranges"].finding
    assert list(words["ranges"].shown.frame.columns) == ["In 2021", "Figure"]  # not three equal columns
    assert words["answer"].finding.startswith("Rotherham needs 126 more specialist places by 2021")


def test_a_gap_in_a_line_is_said_to_be_withheld(rotherham):
    """In 2019, 105 places are built beside 105.6 needed (75 + 51 × 3/5): what is short is small, and could be told."""
    view = view_of(rotherham, "published")
    shared = next(scene for scene in story(leaving(view, Policy())).scenes if scene.key == "need")
    frame = shared.shown.table.frame
    assert frame.loc[frame["Net-new places built"].isna(), frame.columns[0]].tolist() == [2019]
    assert shared.sentences[0] == (
        "Withheld to protect small numbers, so the line has a gap: Net-new places built in 2019."
    )
    inside = next(scene for scene in story(view).scenes if scene.key == "need")
    assert not any("Withheld" in text for text in inside.sentences)


def test_options_are_no_action_the_scenario_and_places_a_year_later(rotherham):
    told = story(view_of(rotherham, "published"))
    options = next(scene for scene in told.scenes if scene.key == "options")
    assert options.shown.frame["Option"].tolist() == [
        "No action (baseline)", "Scenario published", "The same, places 1 year later"
    ]  # fmt: skip
    # Nothing built leaves all 128 short (71.5 + 56.3); 115 net-new places leave 11 of the printed 126. The one project
    # of September 2020, with 10 places, opens after January 2021 if it comes a year later: 21.
    assert options.shown.frame["Places short"].tolist() == ["128", "11", "21"]
    assert "117 fewer places short" in options.finding


def test_what_the_data_do_not_hold_is_said_and_no_slide_is_empty(quick):
    bare = {name: quick.tables[name] for name in ("about", "ehc_plans")}
    told = story(view_of(Dataset(bare), "baseline"))
    missing = next(scene for scene in told.scenes if scene.key == "missing")
    assert "What it costs: add the table budget." in missing.sentences
    assert not {"money", "programme"} & {scene.key for scene in told.scenes}
    slides = Presentation(BytesIO(deck.to_bytes(told))).slides
    assert 8 <= len(slides) <= 12
    assert all(len([shape for shape in slide.shapes if shape.has_text_frame]) >= 2 for slide in slides)


def test_progress_is_told_to_the_end(rotherham):
    heard = []
    told = story(view_of(rotherham, "published"), lambda done, _: heard.append(done))
    assert heard == sorted(heard) and heard[-1] == 1.0
    slides = []
    deck.to_bytes(told, tell=lambda done, heading: slides.append(heading))
    assert slides == [scene.heading for scene in told.scenes]


def test_every_slide_says_how_its_figures_are_made_again(slides):
    notes = [slide.notes_slide.notes_text_frame.text for slide in slides.slides]
    for name in ("version", "dataset", "scenario", "draws", "seed", "made"):
        assert all(f"{name} " in text.split("Made from: ")[-1] for text in notes)
