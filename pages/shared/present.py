"""Presentation mode: one scene at a time, large type, arrow keys, live sliders; and the downloads of the same story."""

import streamlit as st

from forecasting.errors import DatasetError
from forecasting.inputs.source import Source
from forecasting.outputs.briefing import deck, paper, pictures
from forecasting.outputs.briefing.story import Story
from forecasting.outputs.briefing.template import opened
from forecasting.outputs.disclosure import Policy
from forecasting.outputs.html import PRESENTING, scene_html
from forecasting.outputs.leaving import leaving
from forecasting.outputs.subjects import View
from forecasting.outputs.words import file_name
from pages.shared import engine, sidebar, small_numbers
from pages.shared.show import draw_shown

LIVE = ("project_delay", "new_plan_rate", "pupil_growth")  # "what if we cannot expand as quickly?"
HELP = "Hides the menus. Arrow keys turn the pages, Esc leaves."
WHAT_IF = "What if? Move a lever and see every scene change"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def controls(story: Story) -> tuple[bool, int]:
    """Draw the steps of the presentation; return whether it fills the screen, and the number of the scene."""
    st.session_state.setdefault("scene", 0)
    before, now, after = story.around(st.session_state.scene)
    on = bool(st.session_state.get("presenting"))
    with st.container(horizontal=True, gap="small"):
        st.button("Back", shortcut="Left", disabled=before == now, on_click=_go, args=(before,), width="stretch")
        st.button("Next", shortcut="Right", disabled=after == now, on_click=_go, args=(after,), width="stretch",
                  type="primary")  # fmt: skip
        # A button, not a switch: a switch keeps the keyboard to itself, and the arrow keys would turn no page.
        st.button("Leave" if on else "Fill the screen", key="fill", on_click=_fill, args=(not on,), help=HELP,
                  shortcut="Esc" if on else None, width="stretch")  # fmt: skip
    if on:
        st.html(PRESENTING)
    return on, now


def stage(story: Story, number: int, view: View, *, full: bool) -> None:
    """Draw a scene and the live levers; filling the screen, words beside the chart and levers beside each other."""
    shown = story.scenes[number].shown
    left, right = st.columns([2, 3], gap="medium") if full and shown else (st.container(), st.container())
    with left:
        st.html(scene_html(story, number))
    with right:
        draw_shown(shown, view, large=full)
    if full:
        sidebar.live(view, LIVE, WHAT_IF)
        return
    with st.expander(WHAT_IF):
        sidebar.live(view, LIVE)


def _fill(on: bool) -> None:
    st.session_state.presenting = on


def _go(number: int) -> None:
    st.session_state.scene = number


def downloads(view: View) -> None:
    """Draw the downloads: slides, paper, pictures."""
    st.html("<h2>Take it along</h2>")
    file = st.file_uploader("Your own PowerPoint template (.pptx), for slides on your own layouts", type=["pptx"])
    template = _template(Source(file.name, file.getvalue())) if file else None
    first, second, third = st.columns(3)
    policy = small_numbers.policy()
    first.download_button("Slides (PowerPoint)", data=lambda: deck.to_bytes(_fit(view, policy), template), mime=PPTX,
                          on_click="ignore", file_name=_name(view, "pptx"), width="stretch")  # fmt: skip
    second.download_button("Paper (Word)", data=lambda: paper.to_bytes(_fit(view, policy)), mime=DOCX,
                           on_click="ignore", file_name=_name(view, "docx"), width="stretch")  # fmt: skip
    third.download_button("Every chart (PNG and SVG)", data=lambda: pictures.of_all(leaving(view, policy)),
                          mime="application/zip", on_click="ignore", file_name=_name(view, "zip"),
                          width="stretch")  # fmt: skip


def _fit(view: View, policy: Policy) -> Story:
    """Return the story as it may leave the authority."""
    return engine.briefing(leaving(view, policy))


def _template(file: Source) -> Source | None:
    """Return the template if it can be used, with its remarks drawn; else say why not."""
    try:
        for remark in opened(file).remarks:
            st.warning(remark)
    except DatasetError as error:
        st.error(f"{error.faults[0]} The slides have the built-in layout.")
        return None
    return file


def _name(view: View, ending: str) -> str:
    return file_name(view.name, f"briefing {view.run.scenario.name}", ending)
