"""Random scenarios, for tests of what is kept and what is sent."""

from __future__ import annotations

from hypothesis import strategies as st

from forecasting.scenario.catalogue import LEVERS
from forecasting.scenario.lever import Lever
from forecasting.scenario.scenario import Change, Scenario

TEXTS = st.text(max_size=40)  # any character that UTF-8 can hold: newlines, quotation marks, control characters
YEARS = st.none() | st.integers(2000, 2060)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """A change that its lever allows."""
    lever: Lever = draw(st.sampled_from(LEVERS))
    value = draw(
        st.sampled_from([word for word, _ in lever.choices])
        if lever.kind == "choice"
        else st.none() | st.floats(lever.low, lever.high)
    )
    start, end = sorted((draw(YEARS), draw(YEARS)), key=lambda year: (year is not None, year or 0))
    ramp = draw(st.floats(0, 30) | st.just(0.0))
    return Change(
        lever.name, value, draw(TEXTS) if lever.key else "", start, end, ramp, draw(TEXTS), draw(TEXTS)
    )  # fmt: skip


@st.composite
def scenarios(draw: st.DrawFn, newer: bool = True) -> Scenario:
    """A scenario; from a newer version of the software too, with a lever that this one does not know."""
    unknown: tuple[Change, ...] = ()
    software = ""
    if newer and draw(st.booleans()):
        unknown = (Change("lever_of_the_future", draw(st.floats(0, 1)), draw(TEXTS), why=draw(TEXTS)),)
        software = "99.1.0"
    return Scenario(
        draw(TEXTS.filter(bool)), tuple(draw(st.lists(changes(), max_size=6))), draw(TEXTS), draw(TEXTS), draw(TEXTS),
        draw(TEXTS), unknown, software,
    )  # fmt: skip
