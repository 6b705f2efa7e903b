"""All plans in expected children: the exact recursion where nothing is uncertain, the draws' own rates where it is."""

import dataclasses

import numpy as np
import pytest

from forecasting.analysis.synthetic_moves import synthetic_authority
from forecasting.model import moves, moves_draws, moves_rates
from forecasting.model.moves_levers import Levers
from forecasting.model.moves_mean import last_totals
from forecasting.model.moves_rates import Recording, Variation

YEARS = list(range(2016, 2021))
STEADY = Variation(
    dataclasses.replace(Variation().joiners, year_sd=0.0, drift_sd=0.0),
    **dict.fromkeys(("mix_drift_sd", "nc_year_sd", "leaver_year_sd", "leaver_drift_sd"), 0.0),
)


@pytest.fixture(scope="module")
def authority():
    return synthetic_authority(np.random.default_rng(7), n_needs=3, n_settings=4, cohort=1200)


@pytest.fixture(scope="module")
def rates(authority):
    found = moves_rates.estimate(authority.moves, authority.residents, variation=STEADY)
    return dataclasses.replace(found, recording=Recording(0.0, 0.0, 0.0))


def certain(rates):
    """The same rates, known exactly."""
    tables = {name: getattr(rates, name) for name in ("joining", "leaving", "moving")}
    known = {name: dataclasses.replace(table, root=table.root * 0, variance=table.variance * 0)
             for name, table in tables.items()}  # fmt: skip
    still = dataclasses.replace(rates.trend, covariance=rates.trend.covariance * 0)
    counts = {name: getattr(rates, name) * 0 + 1e13 for name in ("move_counts", "need_counts")}
    return dataclasses.replace(rates, **known, **counts, trend=still)


def test_rates_known_exactly_give_the_central_run(authority, rates):
    rng = np.random.default_rng(2)
    n, d, s = authority.stock.shape
    levers = Levers(
        joiners=rng.uniform(0.7, 1.4, (5, n, d)), leavers=rng.uniform(0.5, 2.0, (5, n, 1)),
        movers=rng.uniform(0.5, 2.0, (5, s)), destinations=rng.uniform(0.5, 2.0, (5, s)),
    )  # fmt: skip
    cases = [(certain(rates), None), (certain(rates), Levers(joiners=levers.joiners)), (certain(rates), levers)]
    found = last_totals(authority.stock, cases, authority.residents, YEARS, 3, 1)
    for (known, lever), totals in zip(cases, found, strict=True):
        central = moves.expected(authority.stock, known, authority.residents, YEARS, lever).stock[-1].sum()
        assert totals == pytest.approx([central] * 3, rel=1e-5)


def test_each_draw_has_the_rates_of_the_draw_of_children(authority, rates):
    """Without yearly shocks what is left between the two is the chance of some 330 children: below √330 = 18."""
    mean = last_totals(authority.stock, [(rates, None)], authority.residents, YEARS, 200, 3)[0]
    drawn = moves_draws.simulate(authority.stock, rates, authority.residents, YEARS, 200, 3, margins=())
    gap = drawn.margins["total"][:, -1] - mean
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(200)
    assert 0.5 * np.sqrt(mean.mean()) < gap.std() < np.sqrt(mean.mean())
    assert mean.std() > 1.5 * gap.std()


def test_the_same_shocks_in_every_case(authority, rates):
    shaken = dataclasses.replace(rates, variation=Variation())
    more = Levers(joiners=np.full((5, 1, 1), 1.1))
    plain, again, raised = last_totals(
        authority.stock, [(shaken, None), (shaken, Levers()), (shaken, more)], authority.residents, YEARS, 40, 3
    )
    assert (plain == again).all() and (raised > plain).all()
