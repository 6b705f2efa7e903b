"""Tables and headline figures as plain, accessible HTML: one element to send, readable by a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pandas as pd

from forecasting.outputs import words
from forecasting.outputs.briefing.story import Story
from forecasting.outputs.figure import Figure, Metric, Table
from forecasting.scenario.controls import Control, from_screen, in_time, in_words

_FORMATS: dict[str, Callable[[float], str]] = {
    "count": words.count,
    "gbp": words.gbp_plain,
    "million": lambda value: words.count(value, 2),
    "percent": lambda value: f"{words.count(value, 1)}%",
    "fraction": words.percent,
    "decimal": lambda value: words.count(value, 1),
    "mixed": lambda value: words.count(value) if abs(value) < 100_000 else words.gbp_plain(value),
}


LONG, SHORT = 60, 16  # letters: a cell that is wide, and one that stays on a line ("−£1,234 million")


def cell(value: object, kind: str) -> str:
    """Return one cell as shown; an unknown figure is blank, never zero."""
    if kind not in _FORMATS or isinstance(value, str):
        return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)
    number = float(str(value))
    return "" if pd.isna(number) else _FORMATS[kind](number)


def formatted(table: Table) -> pd.DataFrame:
    """Return the table's frame as text, as shown."""
    kinds = [table.formats.get(str(column), "text") for column in table.frame.columns]
    columns = {
        str(column): [cell(value, kind) for value in table.frame[column]]
        for column, kind in zip(table.frame.columns, kinds, strict=True)
    }
    return pd.DataFrame(columns)


def _style(column: pd.Series, kind: str) -> str:
    if kind in _FORMATS:
        return "num"
    longest = max((len(str(value)) for value in column), default=0)
    return "long" if longest > LONG else "short" if longest <= SHORT else ""


def table_html(table: Table) -> str:
    """Return an HTML table with caption and column headers; figures stand to the right."""
    kinds = [table.formats.get(str(column), "text") for column in table.frame.columns]
    style = [_style(table.frame[column], kind) for column, kind in zip(table.frame.columns, kinds, strict=True)]
    head = "".join(
        f'<th scope="col" class="{c}">{escape(str(n))}</th>' for c, n in zip(style, table.frame, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{c}">{escape(cell(value, kind))}</td>'
            for c, kind, value in zip(style, kinds, row, strict=True)
        )
        + "</tr>"
        for row in table.frame.itertuples(index=False, name=None)
    )
    caption = f"<caption><span>{escape(table.title)}</span></caption>"
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    region = f'<div class="scroll" role="region" aria-label="{escape(table.title)}" tabindex="0">'
    table_tag = f'<table class="figures">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"{region}{table_tag}</div>{note}"


def _joined(text: str) -> str:
    """Return text in which no line ends between a minus and its pound sign."""
    return escape(text).replace("−£", "−&NoBreak;£")


def metrics_html(metrics: tuple[Metric, ...]) -> str:
    """Return the headline figures as a description list: label, value, change, range, how it comes about."""
    cards = "".join(
        f"<div><dt>{escape(m.label)}</dt><dd><strong>{escape(m.value)}</strong>"
        f"<span>{escape(m.change)}</span>{f'<span>{_joined(m.interval)}</span>' if m.interval else ''}"
        f"<small>{escape(m.help)}</small></dd></div>"
        for m in metrics
    )
    return f'<dl class="metrics">{cards}</dl>'


def figure_head_html(figure: Figure) -> str:
    """Return what stands above a chart: title, subtitle, scenario and source, and its message to be read aloud."""
    note = f'<p class="note">{escape(figure.note)}</p><p class="aloud">{escape(figure.alt)}</p>'
    return f'<h3 class="fig">{escape(figure.title)}</h3><p class="sub">{escape(figure.subtitle)}</p>{note}'


def implications_html(sentences: tuple[str, ...]) -> str:
    """Return the box "Implications": numbered sentences."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<section class="implications"><h2>Implications</h2><ol>{items}</ol></section>'


def draws_html(draws: int, full: int) -> str:
    """Return how many draws the ranges rest on, and what the full number is."""
    more = "" if draws >= full else f", so that they follow the sliders; what you download rests on {full}"
    return f'<p class="note">Ranges on this page rest on {draws} draws{more}.</p>'


def notes_html(notes: tuple[str, ...]) -> str:
    """Return what was assumed, as small print."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<section class="notes"><h2>What this forecast assumes</h2><ul>{items}</ul></section>'


def answer_html(title: str, answer: str) -> str:
    """Return the page's heading and its answer; a screen reader hears the answer again when it changes."""
    return f'<h1>{escape(title)}</h1><p class="answer" role="status" aria-live="polite">{escape(answer)}</p>'


def lever_html(control: Control) -> str:
    """Return what a lever does, its value and source, and what is usual and allowed."""
    lever, ends = control.lever, ""
    if lever.kind in ("number", "optional"):
        usual, allowed = ((in_words(lever, from_screen(lever, one)) for one in pair)
                          for pair in ((control.low, control.high), (control.least, control.most)))  # fmt: skip
        ends = f"On the slider: {' to '.join(usual)}. Allowed, by typing: {' to '.join(allowed)}."
    texts = (lever.help, control.source, ends)
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text)


def remarks_html(control: Control) -> str:
    """Return why a lever is idle or cannot be moved, and a remark on a value out of the ordinary; "" for nothing."""
    told = "Set year by year: see More." if control.by_year else ""
    if not told and control.changes and control.lever.dated:
        when = in_time(control.changes[-1]).strip()
        told = f"{when[:1].upper()}{when[1:]}." if when else ""
    lines = [f"<p>{escape(text)}</p>" for text in (control.idle, told) if text]
    if control.remark and not control.idle:
        lines.append(f'<p class="unusual" role="status">⚠ {escape(control.remark)}</p>')
    return f'<div class="remarks">{"".join(lines)}</div>' if lines else ""


def marks_html(marks: dict[str, float | None]) -> str:
    """Return the style that marks the baseline on the track of each slider, by its style class; 0 to 1 of the track."""
    rules = "".join(
        f".{name} [data-testid=stSlider] [role=group]>div::before{{content:'';left:{mark:.2%}}}"
        for name, mark in marks.items() if mark is not None
    )  # fmt: skip
    return f"<style>{rules}</style>"


# What Streamlit offers on each chart would save its figures with small numbers shown; a download of ours stands below.
SAVING = ("Show data", "Download as PNG", "Copy Vega-Lite spec")
_HIDDEN = ",".join(f'[data-testid=stElementToolbarButton]:has([aria-label^="{name}"])' for name in SAVING)
STYLE = (
    f"<style>{_HIDDEN}{{display:none}}</style>"
    + """<style>
.block-container{padding-top:4rem;max-width:1180px}
h1{font-size:2rem;margin:0 0 .25rem}
.answer{font-size:1.3rem;line-height:1.45;margin:0 0 1rem;max-width:62rem}
dl.metrics{display:grid;padding:0;margin:.25rem 0 1rem;gap:.6rem;
grid-template-columns:repeat(auto-fit,minmax(126px,1fr));}
dl.metrics>div,dl.metrics dt,dl.metrics dd{margin-left:0}
dl.metrics>div{border:1px solid color-mix(in srgb,currentColor 22%,transparent);border-radius:6px;padding:.6rem .75rem}
dl.metrics dt{font-size:.9rem;font-weight:600}
dl.metrics dd{margin:0;display:flex;flex-direction:column}
dl.metrics strong{font-size:1.2rem;line-height:1.35}
dl.metrics span{font-size:.9rem}
dl.metrics small{font-size:.82rem;line-height:1.35;margin-top:.3rem;opacity:.85}
h2{font-size:1.4rem;margin:1.2rem 0 .3rem;padding:0}
h3.fig{font-size:1.15rem;margin:.6rem 0 0;padding:0}
p.sub{font-size:.95rem;margin:0 0 .5rem;opacity:.88}
p.aloud{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
p.note{font-size:.85rem;margin:.3rem 0 .6rem;opacity:.85;line-height:1.4}
.scroll{overflow-x:auto}
table.figures{border-collapse:collapse;width:100%;font-size:.93rem;line-height:1.4}
table.figures caption{text-align:left;font-weight:600;padding:.2rem 0 .4rem;caption-side:top}
table.figures caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 2rem)}
table.figures th,table.figures td{padding:.35rem .6rem;text-align:left;vertical-align:top;
border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent)}
table.figures th{border-bottom-width:2px;font-weight:600}
table.figures td{min-width:5.2rem}table.figures td.long{min-width:15rem}
table.figures .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
table.figures th.num{white-space:normal}
@media (min-width:641px){table.figures td.short{white-space:nowrap}}
.implications{border-left:6px solid #12436D;background:color-mix(in srgb,#5694CA 13%,transparent);
padding:.7rem 1.1rem .8rem;margin:1.3rem 0 .5rem;border-radius:0 6px 6px 0}
.implications h2{margin:0 0 .3rem;font-size:1.2rem}
.implications ol{margin:0;padding-left:1.2rem}.implications li{margin:.25rem 0}
.notes h2{font-size:1.05rem}.notes ul{margin:0;padding-left:1.2rem;font-size:.88rem}
.differs{font-size:.9rem;line-height:1.4}
.synthetic{background:#FFDD00;color:#0B0C0C;padding:.4rem .8rem;font-weight:600;border-radius:4px;margin-bottom:.6rem}
[data-testid=stSlider] [role=group]>div::before{position:absolute;top:.4rem;width:3px;
height:.6rem;margin-left:-1px;border-radius:1px;background:currentColor;opacity:.65}
[data-testid=stExpander] [data-testid=stWidgetLabel]{padding-right:2rem}
[class*=st-key-more-]{height:0;margin-bottom:-1rem;align-self:flex-end;z-index:2}
[class*=st-key-more-] button{min-height:24px;min-width:24px;padding:0 .2rem}
[class*=st-key-more-] button p{font-size:0;line-height:0}
[class*=st-key-more-] button>div>[aria-hidden=true]:last-child{display:none}
.remarks p{font-size:.85rem;line-height:1.35;margin:0 0 .3rem}
.remarks .unusual{font-weight:600}
[data-testid^=stBaseButton-primary]:not(:disabled){color:light-dark(#fff,#14181D)}
button:not(:disabled) kbd{color:inherit;opacity:1}
[data-testid=stMultiSelect] span[title]{color:light-dark(#fff,#14181D)}
[data-testid=stWidgetLabel]{color:inherit}
@media (prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
@media (max-width:640px){.block-container{padding-left:1rem;padding-right:1rem}h1{font-size:1.6rem}
.answer{font-size:1.1rem}table.figures td.long{min-width:9rem}
dl.metrics{grid-template-columns:1fr 1fr}dl.metrics strong{font-size:1.2rem;white-space:normal}}
</style>"""
)

# Filling the screen: no menus, no downloads, letters that can be read from the back of a room.
PRESENTING = """<style>
[data-testid=stSidebar],[data-testid=stHeader],[data-testid=stDownloadButton]{display:none}
[data-testid=stMainBlockContainer]{max-width:100%;padding:.7rem 2.5rem}
h1{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
h2{font-size:1.5rem;margin:.4rem 0 .2rem}
.scene .answer{font-size:1.7rem;line-height:1.35}
.scene ul{margin:0;padding-left:1.3rem}
.scene li{font-size:1.3rem;line-height:1.4;margin:.35rem 0}
h3.fig{font-size:1.4rem}p.sub{font-size:1.1rem}p.note{font-size:1rem}
dl.metrics{grid-template-columns:repeat(3,1fr)}
[data-testid=stMainBlockContainer] [data-testid=stVerticalBlock]{gap:.5rem}
dl.metrics strong{font-size:2rem}dl.metrics dt{font-size:1.2rem}
dl.metrics span{font-size:1.15rem}dl.metrics small{font-size:1.05rem}
table.figures{font-size:1.2rem}
[data-testid=stWidgetLabel] p,.remarks p{font-size:1.1rem}
@media (max-width:640px){[data-testid=stMainBlockContainer]{padding:.7rem 1rem}
.scene .answer{font-size:1.35rem}.scene li{font-size:1.1rem}
dl.metrics{grid-template-columns:1fr 1fr}
dl.metrics strong{font-size:1.4rem}dl.metrics dt{font-size:1rem}dl.metrics span,dl.metrics small{font-size:.95rem}
table.figures{font-size:.95rem}
table.figures th,table.figures td{padding:.3rem}table.figures td{min-width:4rem}}
</style>"""


def scene_html(story: Story, number: int) -> str:
    """Return a scene of a briefing, by its number from 0: heading, finding, sentences, headline figures."""
    scene = story.scenes[number]
    points = "".join(f"<li>{escape(text)}</li>" for text in scene.sentences)
    said = f'<p class="answer" role="status" aria-live="polite">{escape(scene.finding)}</p>'
    head = f'<p class="note">{number + 1} of {len(story.scenes)}</p><h2>{escape(scene.heading)}</h2>'
    metrics = metrics_html(scene.metrics) if scene.metrics else ""
    return f'<div class="scene">{head}{said}{f"<ul>{points}</ul>" if points else ""}</div>{metrics}'
