"""The command `scenarios`: those of a dataset and those saved, listed, shown, written to a file, taken from one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from forecasting.model.run import run
from forecasting.scenario.files import ENDING, read_file, to_toml
from forecasting.scenario.from_dataset import dataset_scenarios
from forecasting.scenario.lookup import find
from forecasting.scenario.scenario import Change
from forecasting.scenario.store import open_store
from forecasting.scenario.store.records import day
from forecasting.shell import Datasets, exits, read, say
from forecasting.written import destination, save

scenarios = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Scenarios of a dataset, and those saved for its authority."
)
DRAWS = 1000  # behind the ranges of the forecast that is kept with a scenario, to be scored later
Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A scenario of the dataset or a saved one, or a file.")]
File = Annotated[Path, typer.Argument(metavar="FILE.toml", help="A scenario file.", show_default=False)]
Out = Annotated[Path | None, typer.Option(metavar="FILE.toml", help="File to write; else stdout.")]


@scenarios.command("list", epilog="Example: python -m forecasting scenarios list data/rotherham_2017")
def list_scenarios(dataset: Datasets) -> None:
    """Print the scenarios: name, changes, the method where it is fixed; of saved ones version and author."""
    with exits():
        data = read(dataset)
        found = dataset_scenarios(data)
        store = open_store()
        saved = [(entry, store.open(entry.id).scenario) for entry in store.listing(data.name)]
    for name, item in found.items():
        typer.echo(f"{name}: {_counted(item.changes)}{f', method {item.method}' if item.method else ''}")
    for entry, item in saved:
        by = f" by {entry.author}" if entry.author else ""
        typer.echo(f"{entry.name}: {_counted(item.changes)}, saved ({entry.status}), version {entry.number}, "
                   f"{day(entry.saved)}{by}")  # fmt: skip


def _counted(changes: tuple[Change, ...]) -> str:
    return f"{len(changes)} changes"


@scenarios.command("show", epilog="Example: python -m forecasting scenarios show published data/rotherham_2017")
def show_scenario(name: Name, dataset: Datasets) -> None:
    """Print every change of a scenario, one a line, with its reason."""
    with exits():
        found = find(read(dataset), name)
    typer.echo(f"{found.name}{f' ({found.method})' if found.method else ''}")
    for change in found.changes:
        typer.echo(_described(change))


def _described(change: Change) -> str:
    which = f" [{change.key}]" if change.key else ""
    since = f" from {change.from_year}" if change.from_year is not None else ""
    until = f" to {change.to_year}" if change.to_year is not None else ""
    ramp = f" over {change.ramp_years:g} years" if change.ramp_years else ""
    value = "blank" if change.value is None else change.value
    return f"{change.lever}{which} = {value}{since}{until}{ramp}: {change.why or 'no reason given'}"


@scenarios.command(
    "export",
    epilog="Example: python -m forecasting scenarios export mitigated data/rotherham_2017 --out m.toml",
)
def export_scenario(name: Name, dataset: Datasets, out: Out = None) -> None:
    """Write a scenario as a file to read, edit and e-mail; importing it gives the same scenario."""
    with exits():
        if out is not None:
            destination(out, ENDING)
        data = read(dataset)
        found = find(data, name)
        text = to_toml(found, data.name, data.content_hash)
        if out is None:
            typer.echo(text, nl=False)
            return
        save(out, text.encode())
    say(f"Wrote {out}: {found.name}, {_counted(found.changes)}.")


@scenarios.command(
    "import", epilog="Example: python -m forecasting scenarios import mitigated.toml data/rotherham_2017 --author AB"
)
def import_scenario(
    file: File, dataset: Datasets,
    author: Annotated[str, typer.Option(metavar="NAME", help="Who saves it; else the author in the file.")] = "",
    name: Annotated[str, typer.Option(metavar="NAME", help="What to call it; else its name in the file.")] = "",
) -> None:  # fmt: skip
    """Save the scenario of a file in the store, as a new one or as the next version of the one with its name."""
    with exits():
        held = read_file(file)
        data = read(dataset)
        scenario = replace(held.scenario, name=name or held.scenario.name, author=author or held.scenario.author)
        # A scenario that this dataset cannot run is refused before saving.
        table = run(data, scenario, draws=DRAWS).forecast.table
        store = open_store()
        entry = next((e for e in store.listing(data.name) if e.name == scenario.name.strip()), None)
        how = f"imported from {file.name}"
        if entry is None:
            version = store.create(scenario, data.name, data.content_hash, table, how)
        else:
            version = store.save(entry.id, scenario, entry.number, data.content_hash, table, how)
    for note in held.notes:
        say(f"note: {note}")
    say(f'Saved "{scenario.name}" as version {version.number}.')
