"""From the files as given to the files as loaded: the user's choices of columns and words put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forecasting.errors import Fault
from forecasting.inputs.column_mapping import Guess, apply, as_source
from forecasting.inputs.intake import Survey
from forecasting.inputs.local_words import UnknownWord, mapping_rows, with_mappings
from forecasting.inputs.source import Source

Place = tuple[str, str]  # file and sheet


def with_columns(files: Sequence[Source], survey: Survey, chosen: Mapping[Place, Guess]) -> list[Source]:
    """Return the files and, for each sheet whose columns were chosen, the dataset table that it becomes.

    Raises:
        DatasetError: a mapping lacks a required column, or names a header that is not there.
    """
    mapped = [as_source(apply(s, chosen[s.file, s.name])) for s in survey.strays if (s.file, s.name) in chosen]
    return [*files, *mapped]


def with_words(files: Sequence[Source], chosen: Mapping[UnknownWord, str]) -> list[Source]:
    """Return the files and the table `mappings` with what the user says that local words mean."""
    rows = mapping_rows(chosen)
    return with_mappings(files, rows) if rows else list(files)


def without_mapped(faults: Sequence[Fault], chosen: Mapping[Place, Guess]) -> tuple[Fault, ...]:
    """Return the faults without the notes that a sheet was left out, where it was used under chosen columns."""
    return tuple(f for f in faults if f.grade != "note" or f.row or (f.file, f.sheet) not in chosen)
