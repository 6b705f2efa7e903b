"""Colours and chart settings for light and dark screens; text at least 4.5:1 and lines at least 3:1 on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """Colours of one mode; the categories follow the Government Analysis Function's accessible palette."""

    categories: tuple[str, ...]
    quiet: str
    text: str
    grid: str
    background: str


PALETTES: dict[Mode, Palette] = {
    "light": Palette(("#12436D", "#C7520A", "#1A7D75", "#801650"), "#707B85", "#262B30", "#E3E6E8", "#FFFFFF"),
    "dark": Palette(("#7FB2E5", "#F0975C", "#4FC4B8", "#E39AC0"), "#9AA5AF", "#E8EBEE", "#343A42", "#14181D"),
}
FONT = "Source Sans, Source Sans 3, Source Sans Pro, Arial, sans-serif"


SIZE, LARGE = 13, 18  # pixels of the letters of a chart; LARGE can be read from the back of a room


def config(mode: Mode, size: int = SIZE) -> dict[str, Any]:
    """Return the Vega-Lite configuration of a mode: horizontal text, quiet grid, readable sizes.

    Args:
        mode: light or dark.
        size: pixels of the letters.
    """
    palette = PALETTES[mode]
    axis = {
        "labelColor": palette.text, "titleColor": palette.text, "labelFontSize": size, "titleFontSize": size,
        "titleFontWeight": "normal", "gridColor": palette.grid, "domainColor": palette.quiet,
        "tickColor": palette.quiet, "labelAngle": 0, "labelOverlap": "parity", "labelLimit": 260,
    }  # fmt: skip
    return {
        "background": "transparent", "font": FONT, "axis": axis, "view": {"stroke": None},
        "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleBaseline": "bottom",
                  "titleX": 0, "titleY": -10},
        "legend": {"labelColor": palette.text, "titleColor": palette.text, "labelFontSize": size, "orient": "top",
                   "direction": "horizontal", "title": None, "labelLimit": 400, "symbolSize": 120,
                   "columns": 1, "offset": size + 15},
        "text": {"color": palette.text, "fontSize": size},
    }  # fmt: skip
