"""Known truth: do the stated intervals hold the true ratios, migration and yields of 500 authorities?"""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.analysis.synthetic_pupils import MOBILITY, synthetic_authorities
from forecasting.analysis.synthetic_pupils_seen import inputs_at
from forecasting.analysis.synthetic_world import KNOWN_TRUTH, REALISTIC
from forecasting.model.population_estimate import estimate_ratios
from forecasting.model.population_ratios import RatioSettings

ORIGIN, AUTHORITIES = 2022, 500
WORLD = replace(KNOWN_TRUTH, migration_ar=REALISTIC.migration_ar)


@pytest.fixture(scope="module")
def misses() -> dict[str, np.ndarray]:
    """Standardised misses, (authority, quantity): how many standard errors the truth lies away."""
    settings = RatioSettings(mobility=tuple(MOBILITY), damped=False)
    found: dict[str, list[np.ndarray]] = {"ratios": [], "migration": [], "yields": []}
    for authority in synthetic_authorities(AUTHORITIES, 500, WORLD):
        now, truth = ORIGIN - int(authority.years[0]), authority.truth
        ratios = estimate_ratios(inputs_at(authority, ORIGIN), settings)
        sd = np.sqrt(np.diag(ratios.covariance))
        level_sd, yield_sd = ratios.reference * sd[: len(ratios.nc_years)], sd[2 * len(ratios.nc_years) + 1 :]
        found["ratios"].append((truth.ratios[now] - ratios.level) / level_sd)
        found["migration"].append((truth.migration[: now + 1] - ratios.shared) / ratios.shared_sd)
        found["yields"].append((truth.yield_factor - ratios.yield_factor) / yield_sd)
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("name", ["ratios", "migration", "yields"])
def test_95_per_cent_intervals_hold_93_to_97_per_cent(misses: dict[str, np.ndarray], name: str) -> None:
    assert 0.93 <= np.mean(np.abs(misses[name]) < 1.96) <= 0.97


@pytest.mark.parametrize("name", ["ratios", "migration", "yields"])
def test_estimates_are_not_off_to_one_side(misses: dict[str, np.ndarray], name: str) -> None:
    assert np.abs(misses[name].mean(axis=0)).max() < 0.2
