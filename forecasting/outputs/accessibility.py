"""The accessibility statement: what was checked, what fails, and what to do instead.

The list of what axe-core finds in parts that the framework draws is the one that the test of all pages leaves out, so
that the statement cannot say less than the test knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from forecasting.outputs import words
from forecasting.outputs.figure import Section, Subject, Table


@dataclass(frozen=True)
class Known:
    """A violation that axe-core finds in what Streamlit draws by itself and leaves us no way to change.

    Attributes:
        rule: axe's identifier of the rule.
        part: part of the element's HTML by which it is known.
        criterion: the criterion of WCAG 2.2.
        what: what it means to a visitor, and what to do instead.
    """

    rule: str
    part: str
    criterion: str
    what: str


STREAMLIT: tuple[Known, ...] = ()  # Streamlit 1.67, light and dark, 1280 and 320 pixels wide

_LIMITS = (
    ("2.1.4 Character key shortcuts (A)", "Streamlit",
     "The key R runs the page again when no field has the focus, and cannot be switched off or changed. Nothing is "
     "lost by it: levers stay where they are."),
    ("2.1.1 Keyboard (A)", "charts",
     "The points of a chart show their figures to a mouse alone. Every chart has a text and, below it, a table with "
     "the same figures."),
    ("1.4.10 Reflow (AA)", "Streamlit and tables",
     "At 400% the menu lies over the page until it is closed, and wide tables move sideways in a box of their own, "
     "which the arrow keys move too."),
    ("4.1.3 Status messages (AA)", "Streamlit",
     "The answer is read out when it changes. That a calculation is under way is shown and not read out."),
    ("2.4.3 Focus order (A)", "Streamlit",
     "After some choices the page is drawn again and the focus goes back to its start."),
    ("PDF and Office files", "files you upload",
     "A PowerPoint template that you upload keeps its own order. Its layouts are checked for room and for the "
     "contrast of their text; on a picture or a pattern contrast cannot be worked out, and the page says so."),
)  # fmt: skip
_CHECKED = (
    ("By machine, with every change", "axe-core in Chromium: every page, light and dark, 1280 and 320 pixels wide, "
     "rules of WCAG 2.2 A and AA. A machine finds about a third of what can be wrong."),
    ("By machine, with every change", "Keyboard alone: open, move a lever, read the new answer, save a scenario, "
     "download."),
    ("By machine, with every change", "Slides and Word paper: alternative texts, text of at least 14 points on slides, "
     "nothing cut off or overlapping when printed, header rows of tables marked."),
    ("By machine, with every change", "Contrast of our colours: text at least 4.5:1 and lines at least 3:1, on light "
     "and on dark."),
    ("Not checked", "Screen readers (JAWS, NVDA, VoiceOver), speech input and people with disabilities at work. "
     "The council has to do this before it publishes the software."),
)  # fmt: skip


def statement() -> Subject:
    """Return the statement as a subject: the answer first, then what fails and what was checked."""
    axe = [(known.criterion, f"Streamlit, axe rule {known.rule}", known.what) for known in STREAMLIT]
    fails = pd.DataFrame([*axe, *_LIMITS], columns=["Criterion", "Where", "What fails, and what to do instead"])
    checked = pd.DataFrame(_CHECKED, columns=["How", "What"])
    kinds = words.things(len(axe), "kind") if axe else "no kind"
    found = f"axe-core finds {kinds} of violation that Streamlit leaves us no way to mend."
    answer = (
        "This software meets WCAG 2.2 AA in part: it can be used with a keyboard, at 400% and without seeing charts or "
        "colours; what fails is listed below."
    )
    return Subject("accessibility", "Accessibility", answer, (), (
        Section("What fails", (Table("fails", "Known failures", fails, {}, ""),), found),
        Section("What was checked", (Table("checked", "Checks", checked, {}, ""),)),
        Section("In your browser", (), _BROWSER),
    ), (
        "A council that puts this before the public publishes its own statement under the Public Sector Bodies "
        "(Websites and Mobile Applications) Accessibility Regulations 2018, with a way to complain.",
    ))  # fmt: skip


_BROWSER = (
    "Light or dark follows your system. With reduced motion set in your system nothing moves by itself. Levers can be "
    "typed as numbers: switch on “Type numbers instead of moving sliders” in the sidebar. In presentation mode the "
    "left and right arrow keys turn the scenes, unless a slider has the focus and moves with them, and Esc leaves."
)
