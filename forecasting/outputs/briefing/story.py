"""The story of a briefing: scenes in order, told as slides, as a paper and on the screen.

Deck, paper and presentation mode tell the same story; every sentence is computed from the forecast. It reads what the
forecast already holds, and makes no more than two further central runs, so that a briefing is ready in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from forecasting.analysis.options import Option, options
from forecasting.outputs import words
from forecasting.outputs.briefing import children, money, trust
from forecasting.outputs.briefing.scene import ENTITLEMENT, TO_FILL, Scene, Story
from forecasting.outputs.figure import Figure
from forecasting.outputs.leaving import leaving
from forecasting.outputs.subjects import SUBJECTS, View

__all__ = ["ENTITLEMENT", "TO_FILL", "Scene", "Story", "story"]

Tell = Callable[[float, str], None]
SYNTHETIC = "Synthetic data: a made-up authority, not a real one."
_PARTS = 11


def story(view: View, tell: Tell | None = None, made: datetime | None = None) -> Story:
    """Return the story of a run beside its baseline.

    Args:
        view: the run, with draws where ranges are to be shown, and its baseline.
        tell: told how far it is (0 to 1) and what comes next.
        made: date and time of the stamp; now when not given.
    """
    scenes: list[Scene] = []
    for number, (heading, scene) in enumerate(_scenes(view)):
        if scene is not None:
            scenes.append(_gaps_told(view, scene))
        if tell:
            tell(min(1.0, (number + 1) / _PARTS), heading)
    gaps = trust.missing(view, {scene.key for scene in scenes})
    held = (*scenes, *([gaps] if gaps else []), trust.recommendations(view))
    about = f"{view.name}. Scenario: {view.run.scenario.name}. January {view.first} to {view.last}."
    when = made or datetime.now()
    stamp = "; ".join([*(f"{name} {text}" for name, text in view.forecast.stamp), f"made {when:%Y-%m-%d %H:%M}"])
    caution = SYNTHETIC if view.run.dataset.synthetic else ""
    last = f"{view.policy.sentence}\nMade from: {stamp}"
    told = tuple(_stamped(scene, last) for scene in held)
    return Story("Places for children with SEND", about, caution, told, stamp)


def _scenes(view: View) -> Iterator[tuple[str, Scene | None]]:
    overview = SUBJECTS["overview"](view)
    yield "Need against places", children.answer(view, overview)
    yield "Children with SEND", children.need(view, overview)
    yield "Where children go", children.plans(view)
    yield "Options", children.where(view)
    told = [_leaving(view, option) for option in options(view.run, view.baseline)]
    yield "What it costs", None
    yield "The programme", money.money(view, told)
    yield "Options", money.projects(view, told)
    yield "Risks and ranges", money.options(view, told)
    yield "What is assumed", trust.ranges(view)
    yield "Track record", trust.assumptions(view)
    yield "Recommendations", trust.record(view)


def _leaving(view: View, option: Option) -> Option:
    """Return an option whose figures are protected as those of the view are."""
    known = option.run is view.run or option.run is view.baseline
    return option if known else replace(option, run=leaving(View(option.run, option.run), view.policy).run)


def _gaps_told(view: View, scene: Scene) -> Scene:
    """Return a scene that says which years its chart lacks because they are withheld, first of its sentences.

    A forecast has every year from the first that is known; what is blank after it was taken out by the policy. The
    track record is of past forecasts, which have other years, and is not touched by the policy.
    """
    if view.policy.form != "withhold" or scene.key == "record" or not isinstance(scene.shown, Figure):
        return scene
    frame = scene.shown.table.frame
    blank = frame.iloc[:, 1:].isna()
    lost = blank & (~blank).cummax()
    gaps = [f"{name} in {words.join([str(year) for year in frame.iloc[:, 0][lost[name]]])}"
            for name in lost.columns[lost.any()]]  # fmt: skip
    if not gaps:
        return scene
    told = f"Withheld to protect small numbers, so the line has a gap: {'; '.join(gaps)}."
    return replace(scene, sentences=(told, *scene.sentences), notes=(told, *scene.notes))


def _stamped(scene: Scene, last: str) -> Scene:
    """Return a scene whose notes end with what is needed to make the figures again."""
    return Scene(scene.key, scene.heading, scene.finding, scene.sentences, scene.metrics, scene.shown,
                 (*scene.notes, last))  # fmt: skip
