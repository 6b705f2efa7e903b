"""How long every download of a scenario takes, cold and protected: `python benchmarks/downloads.py [--runs 3]`.

Each download is made in a process of its own, as the app makes it once the run of the page is in hand: the run with
its draws and the baseline are there, then small numbers are protected by the default policy and the file is written.
Nothing else is remembered. Prints processor seconds (which other work on the machine does not change much) and seconds
by the clock, the least of some runs, and the size of the file; with `--parts` also how far the workbook is at each
report.

The target on the machine of the measurements in docs: working workbook 5 s, deck and paper 10 s by the clock, quiet.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from forecasting import export  # noqa: E402
from forecasting.inputs.load import load  # noqa: E402
from forecasting.model.run import run  # noqa: E402
from forecasting.outputs import workbook  # noqa: E402
from forecasting.outputs.briefing import deck, paper  # noqa: E402
from forecasting.outputs.briefing.story import story  # noqa: E402
from forecasting.outputs.disclosure import Policy  # noqa: E402
from forecasting.outputs.leaving import leaving  # noqa: E402
from forecasting.outputs.subjects import View  # noqa: E402
from forecasting.outputs.workbook import publication  # noqa: E402
from forecasting.scenario.from_dataset import dataset_scenarios  # noqa: E402

Tell = Callable[[float, str], None]
POLICY, DRAWS = Policy(), 300
MAKERS: dict[str, Callable[[View, Tell], bytes]] = {
    "working workbook": lambda view, tell: workbook.to_bytes(leaving(view, POLICY), progress=tell),
    "publication workbook": lambda view, tell: publication.to_bytes(view.run, POLICY),
    "forecast table": lambda view, tell: export.zip_bytes(view.forecast, POLICY),
    "deck": lambda view, tell: deck.to_bytes(story(leaving(view, POLICY))),
    "paper": lambda view, tell: paper.to_bytes(story(leaving(view, POLICY))),
}


def one(what: str, data: str, scenario: str, parts: bool) -> dict[str, float]:
    """Make one download; return processor seconds, seconds by the clock, kilobytes."""
    dataset = load([str(ROOT / "data" / data)])
    known = dataset_scenarios(dataset)
    view = View(run(dataset, known[scenario], draws=DRAWS), run(dataset, known["baseline"]))
    worked, began = time.process_time(), time.perf_counter()

    def tell(share: float, doing: str) -> None:
        if parts:
            spent = f"processor {time.process_time() - worked:6.2f} s  clock {time.perf_counter() - began:6.2f} s"
            print(f"    {spent}  {share:4.0%}  {doing}", file=sys.stderr)

    made = MAKERS[what](view, tell)
    return {"cpu": time.process_time() - worked, "clock": time.perf_counter() - began, "kb": len(made) / 1024}


def apart(what: str, data: str, scenario: str, parts: bool) -> dict[str, float]:
    """Make one download in a process of its own."""
    asked = [sys.executable, __file__, "--data", data, "--only", what, "--scenario", scenario]
    done = subprocess.run([*asked, *(["--parts"] if parts else [])], stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="demonstration")
    parser.add_argument("--scenario", help="baseline, mitigated …; both of these when not given")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--only", choices=MAKERS, help="make one, in this process, and print it as JSON")
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(one(asked.only, asked.data, asked.scenario or "baseline", asked.parts)))
        return
    for scenario in [asked.scenario] if asked.scenario else ["baseline", "mitigated"]:
        print(f"{asked.data}, {scenario}, {DRAWS} draws, {POLICY.sentence}")
        for what in MAKERS:
            found = [apart(what, asked.data, scenario, asked.parts) for _ in range(asked.runs)]
            least = {name: min(each[name] for each in found) for name in ("cpu", "clock", "kb")}
            times = f"processor {least['cpu']:5.1f} s   clock {least['clock']:5.1f} s"
            print(f"  {what:21s} {times}   {least['kb']:6.0f} KB", flush=True)


if __name__ == "__main__":
    main()
