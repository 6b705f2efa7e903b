"""The command line: the same engine without a browser. Results go to stdout or a file, everything else to stderr.

Exit codes: 0 done, 1 faults in the data (listed, one a line), 2 wrong usage (one sentence).
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from forecasting import export
from forecasting.analysis.backtest import backtest as rolling
from forecasting.analysis.backtest import check_request, whole_numbers
from forecasting.analysis.choice import COST
from forecasting.analysis.programme import as_table, best
from forecasting.errors import Fault, UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import examine, sources
from forecasting.inputs.panel import read_panel
from forecasting.inputs.source import Source
from forecasting.inputs.template import blank, write_dataset_workbook
from forecasting.model.run import AUTO, Run, last_year, reach, run
from forecasting.outputs.disclosure import INTERNAL, Policy
from forecasting.outputs.policy import changed as replace_policy
from forecasting.outputs.policy import keep as keep_policy
from forecasting.outputs.policy import kept as kept_policy
from forecasting.outputs.returns import ages
from forecasting.outputs.returns.checks import checks
from forecasting.outputs.returns.fill import fill
from forecasting.outputs.returns.layout import Layout, layout
from forecasting.outputs.returns.sheet import to_bytes
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.lookup import find
from forecasting.scenario.scenario import BASELINE, MITIGATED
from forecasting.scenarios_command import scenarios
from forecasting.shell import Authority, Datasets, ScenarioName, exits, read, say, there
from forecasting.written import destination, save

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Plan places for children with SEND: check data, forecast, compare scenarios.",
)  # fmt: skip
app.add_typer(scenarios, name="scenarios")

ToYear = Annotated[int | None, typer.Option("--to", metavar="YEAR", help="Last January census year to forecast.")]
Method = Annotated[str, typer.Option(metavar="auto|NAME", help="Forecasting method.")]
Draws = Annotated[int, typer.Option(min=0, help="Number of draws, for methods that have them.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the draws.")]
Shared = Annotated[
    bool, typer.Option("--shared", help="To be shared outside the authority: small numbers are withheld or rounded.")
]
Publication = Annotated[
    bool, typer.Option("--publication", help="Write the publication workbook: accessible tables, to be shared.")
]
SlideTemplate = Annotated[
    Path | None, typer.Option("--template", metavar="FILE.pptx", help="For slides: the council's own template.")
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File ending .csv, .parquet, .json, .xlsx, .pptx or .docx; else stdout (CSV)."),
]


@app.command(epilog="Example: python -m forecasting check data/rotherham_2017")
def check(dataset: Datasets, authority: Authority = None) -> None:
    """Print every fault of every table, one a line, with file, sheet and row."""
    with exits():
        _, faults = examine(sources(there(dataset)), authority)
    for fault in faults:
        typer.echo(f"{fault.grade}: {fault}")
    say(_counted(faults))
    if any(fault.grade == "error" for fault in faults):
        raise typer.Exit(1)


def _counted(faults: tuple[Fault, ...]) -> str:
    grades = [fault.grade for fault in faults]
    return ", ".join(f"{grade}s: {grades.count(grade)}" for grade in ("error", "warning", "note"))


@app.command(
    epilog="Example: python -m forecasting forecast data/rotherham_2017 --scenario published --out forecast.csv"
)
def forecast(
    dataset: Datasets, authority: Authority = None, scenario: ScenarioName = BASELINE, to: ToYear = None,
    method: Method = AUTO, draws: Draws = 1000, seed: Seed = 0, out: Out = None, shared: Shared = False,
    publication: Publication = False, template: SlideTemplate = None,
) -> None:  # fmt: skip
    """Forecast children, places and money; the forecast table goes to stdout or to a file."""
    with exits():
        policy = _policy(shared or publication)
        if publication and out is None:
            raise UsageError(export.PUBLICATION)
        if template and out is None:
            raise UsageError(f"--template is for slides: name the file to write with --out {template.stem} slides.pptx")
        slides = _slides(template) if template else None
        to_file = export.writer(out, policy, publication=publication, template=slides) if out else None
        write = to_file or partial(_to_stdout, policy=policy)
        found = read(dataset, authority)
        done = run(found, find(found, scenario), to=to, method=method, draws=draws, seed=seed)
        _explain(done, draws, seed)
        write(done)
    if out:
        say(f"Wrote {out}: {len(done.forecast.table)} rows. {policy.sentence}")


def _slides(template: Path) -> Source:
    """Return the council's template, after saying what its colours fail."""
    source, remarks = export.template_of(there([template])[0])
    for remark in remarks:
        say(f"warning: {remark}")
    return source


def _policy(shared: bool) -> Policy:
    return kept_policy() if shared else INTERNAL


def _explain(done: Run, draws: int, seed: int) -> None:
    told = done.forecast
    say(f"Scenario {told.scenario}, method {told.method} ({told.why_method}), {told.years[0]} to {told.years[-1]}")
    for fault in done.dataset.notes:
        say(f"{fault.grade}: {fault}")
    for warning in told.warnings:
        say(f"note: {warning}")
    if told.draws == 0 and (draws or seed):
        say(f"note: the method {told.method} has no draws, so --draws and --seed change nothing.")


@app.command(
    epilog="Example: python -m forecasting backtest data/national/plans_panel.csv --method all --origins 2017:2022"
)
def backtest(
    panel: Annotated[Path, typer.Argument(metavar="PANEL.csv", help="Columns unit, year, series, value (and region).")],
    method: Annotated[str, typer.Option(metavar="auto|all|NAME", help="Method, or all with the comparators.")] = AUTO,
    origins: Annotated[
        str, typer.Option(metavar="YEARS", help="Januaries to forecast from: 2017:2024 or 2017,2020.")
    ] = "2017:2024",
    horizons: Annotated[str, typer.Option(metavar="YEARS", help="Years ahead: 1:5 or 1,3,5.")] = "1:5",
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="File to write; else stdout.")] = None,
) -> None:
    """Forecast every authority of a panel from past Januaries, each knowing only what was known then."""
    with exits():
        _csv_only(out)
        known = read_panel(there([panel])[0])
        starts, steps = whole_numbers(origins, "--origins"), whole_numbers(horizons, "--horizons")
        check_request(known, method, starts, steps)
        with typer.progressbar(starts, label="Origins", file=sys.stderr) as bar:
            found = pd.concat([rolling(known, method, [origin], steps) for origin in bar], ignore_index=True)
        _write_csv(found, out)


def _csv_only(out: Path | None) -> None:
    if out is not None:
        destination(out, ".csv")


def _write_csv(frame: pd.DataFrame, out: Path | None) -> None:
    data = frame.to_csv(index=False, lineterminator="\n").encode()
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    save(out, data)
    say(f"Wrote {out}: {len(frame)} rows.")


def _to_stdout(done: Run, policy: Policy) -> None:
    sys.stdout.buffer.write(export.csv_bytes(done.forecast, policy, export.beside(done, policy)))
    sys.stdout.buffer.flush()


@app.command(epilog="Example: python -m forecasting template data/rotherham_2017 --out dataset.xlsx")
def template(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The workbook to write, ending .xlsx.")],
    dataset: Annotated[
        Path | None, typer.Argument(metavar="DATASET", help="A folder of CSV files; none = empty.", show_default=False)
    ] = None,
) -> None:
    """Write an empty workbook to fill in (name no DATASET), or a dataset folder as one workbook."""
    with exits():
        if dataset is None:
            save(destination(out, ".xlsx"), blank())
            say(f"Wrote {out}: an empty workbook to fill in.")
            return
        names = write_dataset_workbook(there([dataset])[0], out)
    say(f"Wrote {out}: {', '.join(names)}.")


@app.command(epilog="Example: python -m forecasting programme data/demonstration --capital 12000000")
def programme(
    dataset: Datasets, authority: Authority = None, scenario: ScenarioName = BASELINE, to: ToYear = None,
    capital: Annotated[
        float | None, typer.Option(metavar="GBP", min=0, help="Most capital over all years; none = no limit.")] = None,
    objective: Annotated[str, typer.Option(metavar="cost|short", help="Least cost, or fewest places short.")] = COST,
    as_funded: Annotated[
        bool,
        typer.Option("--as-funded", help="Spend no more by the end of a year than has come by then (capital_funding)."),
    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="File to write; else stdout.")] = None,
) -> None:  # fmt: skip
    """Choose which projects to build, and when, within the capital there is; the reasons are in the last column."""
    with exits():
        _csv_only(out)
        found = read(dataset, authority)
        here = run(found, find(found, scenario), to=to)
        plan = best(here, objective, float("inf") if capital is None else capital, as_funded=as_funded)
        _write_csv(as_table(plan), out)
    for text in plan.choice.relax:
        say(f"relax: {text}")
    say(f"Net present value £{plan.net_present_value:,.0f} at a capital of £{plan.choice.capital.sum():,.0f}.")


@app.command(epilog="Example: python -m forecasting returns data/demonstration --return lsrp --out lsrp.xlsx")
def returns(
    dataset: Datasets, code: Annotated[str, typer.Option("--return", metavar="lsrp|scap|dsg", help="Which return.")],
    out: Annotated[Path, typer.Option(metavar="FILE.xlsx", help="The workbook to write.")], authority: Authority = None,
    scenario: Annotated[str, typer.Option(
        metavar="NAME|FILE", help="The mitigated side; none = the scenario mitigated, where there is one.")] = "",
    age: Annotated[str, typer.Option(
        metavar="|".join(ages.AGES),
        help="The age that age groups go by; none = as chosen on the page Returns, else on_31_august.")] = "",
    allocate_unknown: Annotated[
        bool, typer.Option(help="Share children whose need is not recorded over the other needs.")] = False,
    shared: Shared = False,
) -> None:  # fmt: skip
    """Fill a national return: the baseline beside the scenario; what is missing or to be explained goes to stderr."""
    with exits():
        destination(out, ".xlsx")
        wanted = layout(code, age=age or ages.kept())
        found = read(dataset, authority)
        name = scenario or (MITIGATED if MITIGATED in dataset_scenarios(found) else BASELINE)
        both = [run(found, find(found, each), to=_reaching(found, wanted)) for each in (BASELINE, name)]
        filled = fill(wanted, both, allocate_unknown=allocate_unknown, policy=_policy(shared))
        if filled.nothing:
            raise UsageError(filled.nothing)
        save(out, to_bytes(filled, both[-1]))
    for grade, texts in (("missing", filled.missing), ("assumed", filled.assumed), ("explain", checks(filled))):
        for text in texts:
            say(f"{grade}: {text}")
    say(f"Wrote {out}: {wanted.title}, {len(filled.tables)} tables. {filled.policy.sentence}")


def _reaching(found: Dataset, wanted: Layout) -> int | None:
    """Return the last year to forecast so that a return can be filled; None where the usual one will do."""
    last = wanted.years(found.base_year)[-1]
    return last if last_year(found) < last <= reach(found)[1] else None


@app.command("small-numbers", epilog="Example: python -m forecasting small-numbers --threshold 6 --confirm")
def small_numbers(
    form: Annotated[str | None, typer.Option(metavar="withhold|round", help="What is done.")] = None,
    threshold: Annotated[int | None, typer.Option(help="Counts from 1 to one below this are small.")] = None,
    zeros: Annotated[bool | None, typer.Option(help="Whether a zero counts as small.")] = None,
    base: Annotated[int | None, typer.Option(help="Round to multiples of this.")] = None,
    secondary: Annotated[bool | None, typer.Option(help="Withhold what gives others away by subtraction.")] = None,
    symbol: Annotated[str | None, typer.Option(help="What stands for a withheld figure.")] = None,
    confirm: Annotated[bool, typer.Option(help="Confirm the policy as the council's own.")] = False,
) -> None:
    """Show the council's policy on small numbers, or set it; it is applied to whatever is shared outside."""
    asked = {"form": form, "threshold": threshold, "zeros": zeros, "base": base, "secondary": secondary,
             "symbol": symbol}  # fmt: skip
    changes = {name: value for name, value in asked.items() if value is not None}
    with exits():
        mine = replace_policy(kept_policy(), confirmed=confirm, **changes) if changes or confirm else kept_policy()
        if changes or confirm:
            keep_policy(mine)
    typer.echo(mine.sentence)


if __name__ == "__main__":
    app(prog_name="python -m forecasting")
