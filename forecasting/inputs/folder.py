"""A folder as a dataset: its CSV files; what else in it looks like a table is named, not passed over."""

from __future__ import annotations

from pathlib import Path

from forecasting.errors import Fault
from forecasting.inputs.filetypes import BOOKS
from forecasting.inputs.headers import table_name
from forecasting.inputs.schema import BY_NAME

_NAMED = 5


def in_folder(folder: Path) -> tuple[list[Path], list[Fault]]:
    """Return the CSV files of a folder, and the faults of a folder that does not hold a dataset as CSV files.

    The files of its folder `data` are taken (as in an unpacked release) when it has none itself. A workbook beside
    them is a fault where its name is that of a table: it was meant to be read.
    """
    files = _csv_files(folder) or _csv_files(folder / "data")
    books = sorted(path.name for path in folder.glob("*") if path.suffix.lower() in BOOKS and path.is_file())
    if files:
        return files, [Fault(str(folder / name), found="a workbook with the name of a table in a folder of CSV files",
                             allowed="of a folder, its CSV files are read",
                             todo="save it as CSV, or give the workbook itself after the folder")
                       for name in books if table_name(Path(name).stem) in BY_NAME]  # fmt: skip
    more = "" if len(books) <= _NAMED else f" and {len(books) - _NAMED} more"
    todo = f"give the workbook itself: {', '.join(books[:_NAMED])}{more}" if books else "check the path"
    return [], [Fault(str(folder), found="the folder has no CSV files", todo=todo)]


def _csv_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() == ".csv")


def unreadable(path: Path, error: OSError) -> Fault:
    """Return the fault of a file that the system does not let us read."""
    if path.is_dir():
        return Fault(str(path), found="a folder, where a CSV file is expected", todo="rename it, or take it out")
    if not path.exists():
        if path.is_symlink():
            return Fault(str(path), found="a link to a file that is not there", todo="mend the link, or take it out")
        return Fault(str(path), found="there is no such file or folder", todo="check the path")
    return Fault(str(path), found=f"the file cannot be read ({error.strerror or error})",
                 todo="close it where it is open, or ask for the right to read it")  # fmt: skip
