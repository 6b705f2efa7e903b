"""NC years gathered into age bands and phases, and the flows of plans by both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forecasting import axes
from forecasting.axes import Vocabulary
from forecasting.model.job import Job
from forecasting.values import Floats

FLOWS = ("new_plans", "ceased_plans")


def place_of(nc_years: Sequence[int] | npt.NDArray[np.int64], vocabulary: Vocabulary) -> npt.NDArray[np.int64]:
    """Return the place of each NC year among age bands or phases, axis (n); NC years beyond belong to the outer ones.

    Args:
        nc_years: NC years, axis (n).
        vocabulary: codes in order, each with its `first_nc_year`.
    """
    first = np.array([int(code["first_nc_year"]) for code in vocabulary.codes])
    return np.clip(np.searchsorted(first, np.asarray(nc_years), side="right") - 1, 0, None)


def gathered(nc_years: Sequence[int], vocabulary: Vocabulary) -> Floats:
    """Return NC year × age band (or phase): 1 where the NC year belongs to it."""
    return np.eye(len(vocabulary.codes))[place_of(nc_years, vocabulary)]


def emit_flows(job: Job) -> None:
    """Add new and ceased plans by age band and by phase: new plans by age on arrival, ceased by age before."""
    for measure in FLOWS:
        if measure not in job.out.by_nc_year:
            continue
        years, nc_years, runs = job.out.by_nc_year[measure]
        for axis, vocabulary in (("age_band", axes.AGE_BANDS), ("phase", axes.PHASES)):
            groups = gathered([int(n) for n in nc_years], vocabulary)
            job.out.add(measure, years, runs @ groups, "count", by=((axis, vocabulary.names),))
