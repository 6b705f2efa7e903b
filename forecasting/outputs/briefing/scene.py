"""What a briefing is made of: scenes with a finding, sentences, a chart or table, and the figures behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecasting.outputs.figure import Figure, Metric, Table

ENTITLEMENT = "An EHC plan is a legal entitlement: fewer plans is not by itself an improvement."
TO_FILL = "[to be completed]"
MOST_SENTENCES = 4
MOST_ROWS = 7


@dataclass(frozen=True, eq=False)
class Scene:
    """One slide, one section of the paper, one screen of the presentation.

    Attributes:
        key: stable name.
        heading: what it is about, in a few words.
        finding: what it says, in one sentence.
        sentences: what follows or stands behind it.
        metrics: headline figures.
        shown: a chart or a table.
        notes: figures and sources for the speaker.
    """

    key: str
    heading: str
    finding: str
    sentences: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    shown: Figure | Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Story:
    """A briefing before it takes a form.

    Attributes:
        title: what it is.
        subtitle: authority, scenario and years.
        caution: what must be said on every page; "" = nothing.
        scenes: scenes in order.
        stamp: what is needed to make the figures again.
    """

    title: str
    subtitle: str
    caution: str
    scenes: tuple[Scene, ...]
    stamp: str

    def around(self, number: int) -> tuple[int, int, int]:
        """Return the numbers of the scene before, of the scene itself and of the one after, all within the story."""
        last = len(self.scenes) - 1
        return max(0, min(number, last) - 1), max(0, min(number, last)), min(last, number + 1)


def cut(sentences: Iterable[str], most: int = MOST_SENTENCES) -> tuple[str, ...]:
    """Return the first sentences that say something."""
    return tuple(text for text in sentences if text)[:most]


def notes(shown: Figure | Table | None, *sentences: str) -> tuple[str, ...]:
    """Return what a speaker needs: the sentences, and every figure of the chart with its source."""
    table = shown.table if isinstance(shown, Figure) else shown
    said = tuple(filter(None, sentences))
    if table is None:
        return said
    return (*said, table.title, table.frame.to_csv(index=False, sep="\t").strip(), table.note)
