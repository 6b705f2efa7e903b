"""Presentation mode: one scene at a time, large type, arrow keys; and the downloads of the same story."""

import streamlit as st

from forecasting.errors import DatasetError
from forecasting.inputs.source import Source
from forecasting.outputs.briefing import deck, paper, pictures
from forecasting.outputs.briefing.story import Story
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.leaving import leaving
from forecasting.outputs.subjects import View
from forecasting.outputs.words import file_name
from pages.shared import engine, small_numbers

FULL = """<style>[data-testid=stSidebar], [data-testid=stHeader] {display: none}
[data-testid=stMainBlockContainer] {max-width: 100%; padding-top: 1rem}
.scene, .scene .answer {font-size: 1.7rem}</style>"""
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def controls(story: Story) -> tuple[bool, int]:
    """Draw the steps of the presentation; return whether it fills the screen, and the number of the scene."""
    st.session_state.setdefault("scene", 0)
    before, now, after = story.around(st.session_state.scene)
    back, forth, full = st.columns([1, 1, 2])
    back.button("Back", shortcut="Left", disabled=before == now, on_click=_go, args=(before,), width="stretch")
    forth.button("Next", shortcut="Right", disabled=after == now, on_click=_go, args=(after,), width="stretch",
                 type="primary")  # fmt: skip
    on = bool(st.session_state.get("presenting"))
    # A button, not a switch: a switch keeps the keyboard to itself, and the arrow keys would turn no page.
    full.button("Leave full screen" if on else "Fill the screen", key="fill", on_click=_fill, args=(not on,),
                help="Hides the menus. Arrow keys turn the pages.", width="stretch")  # fmt: skip
    if on:
        st.html(FULL)
    return on, now


def _fill(on: bool) -> None:
    st.session_state.presenting = on


def _go(number: int) -> None:
    st.session_state.scene = number


def downloads(view: View) -> None:
    """Draw the downloads: slides, paper, pictures."""
    st.html("<h2>Take it along</h2>")
    file = st.file_uploader("Your own PowerPoint template (.pptx), for slides on your own layouts", type=["pptx"])
    template = Source(file.name, file.getvalue()) if file else None
    first, second, third = st.columns(3)
    policy = small_numbers.policy()
    first.download_button("Slides (PowerPoint)", data=lambda: _slides(_fit(view, policy), template), mime=PPTX,
                          on_click="ignore", file_name=_name(view, "pptx"), width="stretch")  # fmt: skip
    second.download_button("Paper (Word)", data=lambda: paper.to_bytes(_fit(view, policy)), mime=DOCX,
                           on_click="ignore", file_name=_name(view, "docx"), width="stretch")  # fmt: skip
    third.download_button("Every chart (PNG and SVG)", data=lambda: pictures.of_all(leaving(view, policy)),
                          mime="application/zip", on_click="ignore", file_name=_name(view, "zip"),
                          width="stretch")  # fmt: skip


def _fit(view: View, policy: Policy) -> Story:
    """Return the story as it may leave the authority."""
    return engine.briefing(leaving(view, policy))


def _slides(story: Story, template: Source | None) -> bytes:
    try:
        return deck.to_bytes(story, template)
    except DatasetError as error:
        st.toast(f"{error.faults[0]} The slides have the built-in layout.")
        return deck.to_bytes(story)


def _name(view: View, ending: str) -> str:
    return file_name(view.name, f"briefing {view.run.scenario.name}", ending)
