"""What all commands share: arguments, messages on stderr, errors of the engine as exit codes, reading a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from forecasting.errors import DatasetError, SufficiencyError, UsageError
from forecasting.inputs.dataset import Dataset
from forecasting.inputs.load import load, require_authority

Datasets = Annotated[
    list[Path],
    typer.Argument(metavar="DATASET", help="Folders of CSV files or workbooks; later ones win.", show_default=False),
]
Authority = Annotated[
    str | None, typer.Option(metavar="CODE", help="Code of the authority, where a file holds several.")
]
ScenarioName = Annotated[
    str,
    typer.Option("--scenario", metavar="NAME|FILE", help="A scenario, a saved one too, or a .toml file."),
]


def say(text: str) -> None:
    """Write a message to stderr."""
    typer.echo(text, err=True)


@contextmanager
def exits() -> Iterator[None]:
    """Turn the errors of the engine into messages and exit codes."""
    try:
        yield
    except DatasetError as error:
        for fault in error.faults:
            say(str(fault))
        raise typer.Exit(1) from error
    except SufficiencyError as error:
        say(f"{str(error).rstrip('.')}.")
        raise typer.Exit(2) from error
    except OSError as error:
        say(f"{error.filename or 'the file'}: {error.strerror or error}.")
        raise typer.Exit(2) from error


def there(paths: list[Path]) -> list[Path]:
    """Return the paths.

    Raises:
        UsageError: one of them is not there.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"there is no file or folder {', '.join(missing)}")
    return paths


def read(paths: list[Path], authority: str | None = None) -> Dataset:
    """Return the dataset of files, which must be of the authority named."""
    say(f"Reading {', '.join(map(str, paths))}")
    found = load(there(paths), authority)
    require_authority(found, authority)
    return found
