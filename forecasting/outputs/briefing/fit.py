"""How much room words take, so that nothing is clipped: estimated on the wide side, in points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

SMALLEST = 14  # points; nothing on a slide is smaller
_LETTER = 0.54  # average width of a letter over its size; templates bring wider fonts than ours
_LINE = 1.22  # height of a line over the size
WIDE_LETTER = 0.64  # of a bold or wide font: a single word must not be broken
_BETWEEN = 0.5  # space after a paragraph over the size


def lines(text: str, width: float, size: float, letter: float = _LETTER) -> int:
    """Return how many lines a text takes, broken between words.

    Args:
        text: the words.
        width: points across.
        size: points of the letters.
        letter: average width of a letter over its size.
    """
    across = max(4.0, width / (letter * size))
    used, count = 0.0, 1
    for word in text.split(" "):
        longer = used + len(word) + (1 if used else 0)
        if longer <= across:
            used = longer
        else:
            extra = int(len(word) // across)
            count += 1 + extra if used else extra
            used = len(word) % across if extra else len(word)
    return count


def height(texts: Sequence[str], width: float, size: float, letter: float = _LETTER) -> float:
    """Return the height in points of paragraphs at a size."""
    return float(sum(lines(text, width, size, letter) * size * _LINE + size * _BETWEEN for text in texts))


def fitted(texts: Sequence[str], width: float, high: float, sizes: Sequence[int]) -> tuple[int, int]:
    """Return the largest of some sizes at which paragraphs fit, and how many of them fit at the smallest."""
    longest = max(len(word) for text in texts for word in text.split(" "))
    size = next((s for s in sizes if height(texts, width, s) <= high and longest * s * WIDE_LETTER <= width), sizes[-1])
    tall = accumulate(height([text], width, size) for text in texts)
    return size, max(1, sum(so_far <= high for so_far in tall))
