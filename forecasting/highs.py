"""A linear programme set up in HiGHS itself: setting up a small one through scipy takes longer than solving it."""

from __future__ import annotations

import highspy
from scipy import sparse

from forecasting.values import Floats

PRIMAL = 4  # simplex strategy: goes on from a feasible point, such as nothing placed, or a solution when prices change
DUAL = 1  # simplex strategy: goes on from prices in order, such as a solution when bounds change
BEST = highspy.HighsModelStatus.kOptimal


def loaded(
    columns: sparse.csc_matrix | sparse.csc_array, cost: Floats, within: tuple[Floats, Floats],
    sums: tuple[Floats, Floats], strategy: int, *, presolve: bool = False,
) -> highspy.Highs:  # fmt: skip
    """Return HiGHS holding the least cost of x with low ≤ x ≤ high and least ≤ matrix × x ≤ most.

    Args:
        columns: row × column; the matrix.
        cost: column; in any unit.
        within: low and high of each column; infinite where nothing bounds it.
        sums: least and most of each row.
        strategy: `PRIMAL` or `DUAL`.
        presolve: make the programme smaller first; throws away where the last solution stood.
    """
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = columns.shape
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = within
    model.row_lower_, model.row_upper_ = sums
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = columns.indptr, columns.indices
    model.a_matrix_.value_ = columns.data
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("presolve", "on" if presolve else "off")
    solver.setOptionValue("parallel", "off")
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("simplex_strategy", strategy)
    solver.passModel(model)
    return solver


def ended(solver: highspy.Highs) -> RuntimeError:
    """Return the error of a solver that ended in a way that it should not."""
    return RuntimeError(f"a linear programme ended with: {solver.modelStatusToString(solver.getModelStatus())}")
