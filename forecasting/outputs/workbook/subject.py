"""One sheet a subject: title, answer, headline figures, tables with native charts beside them, implications."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.outputs.figure import Figure, Subject, Table
from forecasting.outputs.shapes import drawn, kind_of
from forecasting.outputs.subjects import View
from forecasting.outputs.workbook import native, printed
from forecasting.outputs.workbook.book import Sheet, widths
from forecasting.outputs.workbook.grid import Formula, Grid, of_table
from forecasting.outputs.workbook.links import Links

NOTHING = "Nothing to show."
FOLLOWS = (
    "Figures that are formulas follow the yellow cells. All others are values: ranges from simulation, other "
    "scenarios, what the software alone works out. Sentences and titles describe the figures as computed."
)
_FIRST, _OTHER = 48, 30


@dataclass(frozen=True, eq=False)
class _Block:
    """A table as it will be written, with the figure whose chart stands beside it."""

    table: Table
    grid: Grid
    figure: Figure | None


@dataclass(frozen=True)
class _Room:
    """Where charts stand, and how many characters a line of text may have."""

    chart: int
    text: float


def write(sheet: Sheet, view: View, subject: Subject, links: Links) -> None:
    """Write the sheet of a subject; figures that the calculation gives are formulas."""
    sections = [(section, [_block(view, subject, item, links) for item in section.items])
                for section in subject.sections]  # fmt: skip
    blocks = [block for _, found in sections for block in found]
    room = _lay_out(sheet, blocks)
    _head(sheet, view, subject, room)
    _metrics(sheet, subject, links)
    for section, found in sections:
        sheet.line(section.heading, "heading", room=room.text)
        if section.text:
            sheet.line(section.text, room=room.text)
        for block in found:
            _write_block(sheet, subject, block, room)
    _implications(sheet, subject, room)
    sheet.page.repeat_rows(0)


def _block(view: View, subject: Subject, item: Figure | Table, links: Links) -> _Block:
    table = item.table if isinstance(item, Figure) else item
    figure = item if isinstance(item, Figure) else None
    if table.key == "published":
        return _Block(table, printed.with_numbers(view, table), None)
    grid = of_table(table)
    if figure is not None and kind_of(figure) == "timeline":
        grid = native.with_days(figure, grid)
    elif figure is not None and not drawn(figure):
        figure = None  # a grid of shades: Excel has no such chart, and its table says the same
    grid = links.grid(subject.key, grid)
    return _Block(table, grid, figure)


def _lay_out(sheet: Sheet, blocks: list[_Block]) -> _Room:
    charted = [len(block.grid.columns) for block in blocks if block.figure]
    grids = [block.grid for block in blocks]
    found = widths(grids, first=_FIRST, other=_OTHER) if charted else widths(grids, first=24, other=50)
    at = max(charted, default=0)
    found = [max(found[0] if found else 0.0, 34.0), *found[1:]]
    found += [8.43] * (at - len(found))
    sheet.set_widths(found)
    reach = sum(found[:at]) + native.WIDTH / 7 if charted else sum(found)
    return _Room(at, max(reach, 110.0))


def _head(sheet: Sheet, view: View, subject: Subject, room: _Room) -> None:
    sheet.line(subject.title, "title")
    sheet.marks()
    sheet.line(subject.answer, "answer", room=room.text / 1.2)
    scenario = view.run.scenario.name
    sheet.line(f"{view.name}. Scenario: {scenario}. Base year {view.first}, forecast to {view.last}.", "note")
    sheet.line(FOLLOWS, "note", room=room.text * 1.15)
    sheet.link(sheet.row, 0, "Cover", "Back to the contents")
    sheet.row += 2


def _metrics(sheet: Sheet, subject: Subject, links: Links) -> None:
    if not subject.metrics:
        return
    sheet.put(sheet.row, 0, "Headline figure", "caption")
    sheet.put(sheet.row, 1, "Value", "caption_number")
    sheet.put(sheet.row, 2, "Change, and how it comes about", "caption_aside")
    sheet.row += 1
    for metric in subject.metrics:
        sheet.put(sheet.row, 0, metric.label, "text")
        if metric.number is None:
            sheet.put(sheet.row, 1, metric.value, "text")
        else:
            number = links.metric(metric)
            sheet.put(sheet.row, 1, None if number != number else number, metric.unit)
        change = f"{metric.change[:1].upper()}{metric.change[1:]}. " if metric.change else ""
        sheet.put(sheet.row, 2, change + metric.help, "aside")
        sheet.row += 1
    sheet.row += 1


def _write_block(sheet: Sheet, subject: Subject, block: _Block, room: _Room) -> None:
    figure, grid = block.figure, block.grid
    live = _live(grid)
    sheet.line(f"{block.table.title}{live}", "caption", room=room.text)
    if figure is not None:
        timeline = kind_of(figure) == "timeline"
        sheet.line(native.TIMELINE if timeline else figure.subtitle, room=room.text)
    if not grid.rows:
        sheet.line(NOTHING)
    else:
        top = sheet.row
        figures = sheet.table(grid, subject.key)
        if figure is not None:
            high = native.insert(sheet, (top, room.chart), figure, grid, figures)
            sheet.row = max(sheet.row, sheet.rows_for(top, high))
    if block.table.note:
        sheet.line(block.table.note, "note", room=room.text * 1.15)
    sheet.row += 1


def _live(grid: Grid) -> str:
    """Return which columns of a table hold formulas, in brackets for its caption; "" when none does."""
    names = [column.header for column in grid.columns if any(isinstance(cell, Formula) for cell in column.cells)]
    return f" (formulas: {', '.join(names)})" if names else ""


def _implications(sheet: Sheet, subject: Subject, room: _Room) -> None:
    if not subject.implications:
        return
    sheet.line("Implications", "heading")
    for number, sentence in enumerate(subject.implications, 1):
        sheet.line(f"{number}. {sentence}", room=room.text)
