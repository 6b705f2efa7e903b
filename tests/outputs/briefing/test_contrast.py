"""Contrast of a council's template: from layout, master and theme; what cannot be read is changed and said."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Inches

from forecasting.inputs.source import Source
from forecasting.outputs.briefing import deck
from forecasting.outputs.briefing.contrast import ratio
from forecasting.outputs.briefing.scene import Scene, Story
from forecasting.outputs.briefing.template import opened

NAVY = RGBColor(0x0B, 0x1F, 0x3A)
STORY = Story(
    "Places", "Testshire", "", (Scene("answer", "The answer", "It needs 126 places.", ("And more.",)),), "made"
)


def _source(own: Any) -> Source:
    stream = BytesIO()
    own.save(stream)
    return Source("council.pptx", stream.getvalue())


def _plain() -> Any:
    """Black on white, subtitle and slide number too, which python-pptx has in grey."""
    own = Presentation()
    for tint in [tint for page in (own.slide_master, *own.slide_layouts) for tint in page._element.iter("{*}tint")]:
        tint.getparent().remove(tint)
    return own


def _navy() -> Any:
    own = _plain()
    own.slide_master.background.fill.solid()
    own.slide_master.background.fill.fore_color.rgb = NAVY
    return own


def test_the_ratio_is_that_of_the_guidelines() -> None:
    assert ratio("000000", "FFFFFF") == pytest.approx(21)  # (1 + 0.05) / (0 + 0.05)
    assert ratio("777777", "777777") == 1
    assert ratio("FFFFFF", "767676") == pytest.approx(4.54, abs=0.005)  # the palest grey that passes on white


def test_our_own_template_needs_no_remark() -> None:
    assert opened(None).remarks == ()
    assert opened(_source(_plain())).remarks == ()
    grey = " ".join(opened(_source(Presentation())).remarks)
    # Black with a tint of 75% is light 0.25: (1 + 0.05) / (0.25 + 0.05) = 3.5
    assert "slide number: text #898989 on #FFFFFF has a contrast of 3.5:1" in grey


def test_black_on_navy_is_said_and_written_in_the_templates_white() -> None:
    source = _source(_navy())
    found = opened(source)
    assert any(
        "title, text, slide number: text #000000 on #0B1F3A has a contrast of 1.3:1" in text for text in found.remarks
    )
    assert all("council.pptx, layout" in text and "have #FFFFFF instead (16.5:1)" in text for text in found.remarks)
    made = Presentation(BytesIO(deck.to_bytes(STORY, source)))
    for slide in made.slides:
        runs = [run for box in slide.placeholders if box.placeholder_format.type != 13
                for line in box.text_frame.paragraphs for run in line.runs]  # fmt: skip
        assert runs and {str(run.font.color.rgb) for run in runs} == {"FFFFFF"}


def test_white_on_white_is_written_in_the_templates_black() -> None:
    own = _plain()
    for page in (own.slide_master, *own.slide_layouts):
        for colour in page._element.iter("{*}schemeClr"):
            colour.set("val", "bg1" if colour.get("val") == "tx1" else str(colour.get("val")))
    found = opened(_source(own))
    assert found.inks["content"]["title"] == found.inks["content"]["text"] == "000000"
    assert any("text #FFFFFF on #FFFFFF has a contrast of 1.0:1" in text for text in found.remarks)


def test_what_stands_on_a_block_is_held_against_the_block() -> None:
    own = _plain()
    layout = own.slide_layouts[1]
    bar = layout.shapes._spTree.add_autoshape(90, "Bar", "rect", 0, 0, own.slide_width, Inches(1.6))
    layout.shapes[-1].fill.solid()
    layout.shapes[-1].fill.fore_color.rgb = NAVY
    layout.shapes._spTree.remove(bar)
    layout.shapes._spTree.insert(2, bar)
    assert opened(_source(own)).inks == {"front": {}, "content": {"title": "FFFFFF"}}  # the text below stands on white


def test_a_ground_without_one_colour_is_left_alone_and_said() -> None:
    own = _plain()
    own.slide_master.background.fill.gradient()
    found = opened(_source(own))
    assert found.inks == {"front": {}, "content": {}}
    assert found.remarks and all("cannot be worked out" in text for text in found.remarks)
