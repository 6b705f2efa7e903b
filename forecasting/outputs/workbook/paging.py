"""Page breaks between the tables of a sheet, so that none is cut in two."""

from __future__ import annotations

from collections.abc import Sequence

from forecasting.outputs.workbook.book import Sheet

_WIDE, _HIGH = 1045.0, 669.0  # of an A4 page on its side within the margins, in pixels at full size
_CHARACTER, _EDGE = 7.0, 5.0  # of a column, in pixels
_SPARE = 0.97


def keep_together(sheet: Sheet, starts: Sequence[int]) -> None:
    """Put a page break before each block of a sheet, printed one page wide, that would be cut.

    Args:
        sheet: the sheet, with everything written; each block ends with an empty row.
        starts: the first row of each block, the first of them that of the sheet.
    """
    scale = min(1.0, _WIDE / sum(_CHARACTER * width + _EDGE for width in sheet.widths))
    room, top, breaks = _SPARE * _HIGH / scale, 0, []
    for start, end in zip(starts, [*starts[1:], sheet.row], strict=True):
        if start > top and sheet.pixels(top, end - 1) > room:
            breaks.append(start)
            top = start
    sheet.page.set_h_pagebreaks(breaks)
