"""How long a planner waits after letting go of a slider: `python benchmarks/slider.py [--moves 40] [--page overview]`.

With `--data demonstration` the same for the demonstration authority.

Measured in a real Chromium, for the page of the product and, move by move in turn, for a bare Streamlit page that
redraws the same charts (same specifications) and the same HTML tables from constant data (benchmarks/bare/app.py).

One move: the thumb of a slider is focused ("Pupil growth" for Rotherham, "New plans" for the demonstration authority,
where the method is `moves` and everything is worked out), one arrow key is pressed and released. The clock starts at
the release of the key (keyup, seen by a listener in the capturing phase, where Streamlit sends its message) and stops
at the last of these: the answer sentence has its new text; the last change in the DOM inside any chart, up to 150 ms
after the script has ended. Both are seen by one MutationObserver, and both clocks are the browser's own
(performance.now). Charts that do not change with every move are found in the warm-up moves and not waited for; a
sentence that stays the same (its figures are rounded) is not waited for either. Every
move is one step up from the slider's lower end, at most 80 of them before the upper one, to a value that no earlier
move had, so that the product computes every forecast anew instead of taking it from its cache.

"answer" is the central run. On a page with ranges the rest waits for the draws, so that there the median is the time to
the range.

Prints median and 95th percentile of both and the ratio of the medians. The target on the machine of the measurements
in docs is a median of at most 1.5 times the bare page's and 150 ms, and a 95th percentile of at most 300 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402
from playwright.sync_api import TimeoutError as PlaywrightTimeout  # noqa: E402

from forecasting.inputs.load import load  # noqa: E402
from forecasting.model.run import run  # noqa: E402
from forecasting.outputs import html  # noqa: E402
from forecasting.outputs.figure import Figure  # noqa: E402
from forecasting.outputs.subjects import SUBJECTS, Subject, View  # noqa: E402
from forecasting.scenario.from_dataset import dataset_scenarios  # noqa: E402
from tests.browser.harness import FLAGS, Screen, executable, screen, server  # noqa: E402

SLIDERS = {"rotherham_2017": "Pupil growth, % a year", "demonstration": "New plans, %"}
PAGES = ("overview", "population", "send", "placements")  # pages that have one of these sliders
WARM_UP = 4
LIMIT = 60_000  # milliseconds after which a move counts as lost

WATCH = """() => {
  const charts = () => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')];
  const answer = () => document.querySelector('p.answer')?.textContent;
  window.move = {start: null};
  document.addEventListener('keyup', () => {
    if (window.move.start === null) Object.assign(window.move, {
      start: performance.now(), answer: answer(), answered: null, drawn: new Map(charts().map((_, i) => [i, null]))});
  }, true);
  new MutationObserver(changes => {
    const m = window.move;
    if (m.start === null) return;
    const now = performance.now();
    if (answer() !== undefined && answer() !== m.answer) m.answered = m.answered ?? now;
    charts().forEach((chart, i) => {
      if (changes.some(c => chart.contains(c.target))) m.drawn.set(i, now);
    });
  }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
}"""
DONE = """waited => {
  const m = window.move;
  const drawn = [...m.drawn.values()].some(at => at !== null);
  return waited.length ? waited.every(i => m.drawn.get(i) !== null) : drawn || m.answered !== null;
}"""
LOST = "JSON.stringify({move: window.move.drawn && [...window.move.drawn], focus: document.activeElement.innerText})"
QUIET = """() => document.querySelector('[data-test-script-state=notRunning]') !== null"""
TIMES = """() => {
  const m = window.move;
  const drawn = [...m.drawn].filter(([, at]) => at !== null).map(([i, at]) => [i, at - m.start]);
  return {answered: m.answered && m.answered - m.start, drawn};
}"""


def subject(page: str, data: str) -> Subject:
    """Return the subject of a page at the baseline."""
    dataset = load([ROOT / "data" / data])
    baseline = run(dataset, dataset_scenarios(dataset)["baseline"])
    return SUBJECTS[page](View(baseline, baseline))


def bare_page(found: Subject) -> dict[str, Any]:
    """Return the charts and tables of a subject as constants."""
    tables = [html.metrics_html(found.metrics), html.implications_html(found.implications)]
    tables += [html.table_html(item) for part in found.sections for item in part.items if not isinstance(item, Figure)]
    tables += [html.figure_head_html(figure) for figure in found.figures]
    return {"charts": [_constant(figure) for figure in found.figures], "tables": tables}


def _constant(figure: Figure) -> dict[str, Any]:
    data = figure.data
    scaled = [name for name in ("value", "low", "high", "at") if name in data]
    return {"spec": figure.spec("light"), "columns": json.loads(data.to_json(orient="columns", date_format="iso")),
            "scaled": scaled}  # fmt: skip


def moved(screen: Screen, slider: str, waited: list[int]) -> dict[str, Any]:
    """Move the slider one step and return how long the answer and each chart took, in milliseconds."""
    page: Page = screen.page
    page.wait_for_function(QUIET)
    screen.slider(slider).focus()
    page.evaluate("() => { window.move.start = null; window.move.answered = null; }")
    page.keyboard.press("ArrowRight")
    try:
        page.wait_for_function(DONE, arg=waited, timeout=LIMIT)
    except PlaywrightTimeout as lost:
        raise SystemExit(f"A move was lost at {page.url}: {page.evaluate(LOST)}") from lost
    page.wait_for_function(QUIET)
    page.wait_for_timeout(150)  # whatever is still drawn after the script has ended belongs to this move
    return page.evaluate(TIMES)


def prepare(screen: Screen, slider: str) -> list[int]:
    """Watch a page, warm it up from the slider's lower end, and return which charts change with every move."""
    screen.slider(slider).focus()
    screen.page.keyboard.press("Home")
    screen.page.wait_for_timeout(2_000)
    screen.page.evaluate(WATCH)
    found = [moved(screen, slider, []) for _ in range(WARM_UP)]
    return sorted(set.intersection(*({index for index, _ in times["drawn"]} for times in found[1:])))


def waiting(times: dict[str, Any]) -> float:
    """Return the time of a move: the answer or the last chart, whichever came last."""
    return max([times["answered"] or 0.0, *(at for _, at in times["drawn"])])


def measure(page: str, moves: int, data: str) -> dict[str, list[dict[str, Any]]]:
    """Return the times of every move, of the product and of the bare page, taken in turn."""
    folder = tempfile.mkdtemp()
    constants = Path(folder, "page.json")
    constants.write_text(json.dumps(bare_page(subject(page, data))), encoding="utf-8")
    os.environ["BARE_PAGE"] = str(constants)
    folder_of_data = str(ROOT / "data" / data)
    with (
        server(dataset=folder_of_data) as ours,
        server("benchmarks/bare/app.py") as bare,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        with screen(browser, ours) as one, screen(browser, bare) as other:
            sides = {"product": one.open(page), "bare": other.open("")}
            one.page.reload()  # the first visit of a fresh server warms it up
            one.settled()
            sliders = {"product": SLIDERS[data], "bare": SLIDERS["rotherham_2017"]}
            waited = {name: prepare(side, sliders[name]) for name, side in sides.items()}
            found: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
            for _ in range(moves):
                for name, side in sides.items():
                    found[name].append(moved(side, sliders[name], waited[name]))
        browser.close()
    return found


def report(page: str, found: dict[str, list[dict[str, Any]]]) -> str:
    """Return the figures in words."""
    lines = [f"Slider to updated page, {page}, {len(found['product'])} moves each, taken in turn:"]
    middles = {}
    for name, times in found.items():
        waits = [waiting(one) for one in times]
        middles[name] = median(waits)
        last = quantiles(waits, n=20)[-1]
        charts = median(len(one["drawn"]) for one in times)
        answered = median([one["answered"] for one in times if one["answered"]] or [0.0])
        lines.append(f"  {name:8s} median {middles[name]:5.0f} ms   p95 {last:5.0f} ms   least {min(waits):5.0f} ms   "
                     f"answer {answered:5.0f} ms   charts redrawn {charts:.0f}")  # fmt: skip
    lines.append(f"  ratio of the medians {middles['product'] / middles['bare']:.2f}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=40, choices=range(2, 77), metavar="2…76")
    parser.add_argument("--page", choices=PAGES, default="overview")
    parser.add_argument("--data", choices=SLIDERS, default="rotherham_2017")
    asked = parser.parse_args()
    print(report(f"{asked.page} of {asked.data}", measure(asked.page, asked.moves, asked.data)))


if __name__ == "__main__":
    main()
