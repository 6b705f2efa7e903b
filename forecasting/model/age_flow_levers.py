"""Policy levers on requests, assessments, new plans and ceasing by age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.values import Floats


@dataclass(frozen=True)
class AgeLevers:
    """Policy levers as arrays by forecast year (axis 0); a missing lever changes nothing.

    Attributes:
        requests: multiplies requests, axis (year).
        assessed: multiplies the share of requests assessed, axis (year); the share stays at most 1.
        converted: multiplies the share of assessments that lead to a plan, axis (year); at most 1.
        finished: multiplies the share of work finished within the year, axis (year); at most 1.
        arrivals: multiplies new plans by age, axes (year, n): new-plan rates by phase, early-years
            identification, a policy shock.
        cease: multiplies the cease hazard, axes (year, n): cease rates, post-16 retention.
    """

    requests: Floats | None = None
    assessed: Floats | None = None
    converted: Floats | None = None
    finished: Floats | None = None
    arrivals: Floats | None = None
    cease: Floats | None = None


def age_lever_arrays(levers: AgeLevers | None, n_years: int, n: int) -> dict[str, Floats]:
    """Return levers at full size, by name, axes as in `AgeLevers`; 1 where none is given."""
    levers = levers or AgeLevers()
    shapes: dict[str, tuple[int, ...]] = {
        "requests": (n_years,),
        "assessed": (n_years,),
        "converted": (n_years,),
        "finished": (n_years,),
        "arrivals": (n_years, n),
        "cease": (n_years, n),
    }
    given = {name: getattr(levers, name) for name in shapes}

    def full(lever: Floats | None, shape: tuple[int, ...]) -> Floats:
        return np.ones(shape) if lever is None else np.broadcast_to(np.asarray(lever, float), shape)

    return {name: full(given[name], shape) for name, shape in shapes.items()}
