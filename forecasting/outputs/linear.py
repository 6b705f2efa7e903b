"""One linear programme solved again and again with small changes, without being set up afresh.

Protecting the figures of one year takes some hundred programmes that differ in one bound or in prices. Where prices
change, HiGHS goes on from where the last solution stood. Where one bound changes it starts from nothing: that takes a
third fewer steps than undoing what another bound had asked for.
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy import sparse

from forecasting.values import Floats, Whole

_PRIMAL = 4  # simplex strategy: changed prices leave a solution feasible, so the primal method goes on from it
_DUAL = 1  # columns that cost and that nothing asks for are in order for the dual method, which meets what is asked
_BEST = highspy.HighsModelStatus.kOptimal
_ENDLESS = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)


class LinearProgramme:
    """The least cost of columns between bounds, such that each row of `rules` × columns equals what is given."""

    def __init__(
        self, rules: sparse.spmatrix, given: Floats, cost: Floats, low: Floats, high: Floats, *, prices_change: bool
    ) -> None:
        """Set the programme up.

        Args:
            rules: row × column.
            given: along rows; what the rule comes to.
            cost: along columns.
            low: along columns.
            high: along columns; infinite where nothing bounds it.
            prices_change: whether it is the costs that will change, more than the bounds.
        """
        matrix = sparse.csc_matrix(rules)
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = matrix.shape
        model.col_cost_, model.col_lower_, model.col_upper_ = cost, low, high
        model.row_lower_, model.row_upper_ = given, given
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("presolve", "off")  # it would throw away where the last solution stood
        self._solver.setOptionValue("use_warm_start", prices_change)
        self._solver.setOptionValue("parallel", "off")
        self._solver.setOptionValue("simplex_strategy", _PRIMAL if prices_change else _DUAL)
        self._solver.passModel(model)

    def add(self, rules: sparse.spmatrix, cost: Floats, low: Floats, high: Floats) -> None:
        """Add columns; arguments as when setting up."""
        matrix = sparse.csc_matrix(rules)
        parts = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data
        self._solver.addCols(matrix.shape[1], cost, low, high, matrix.nnz, *parts)

    def bound(self, columns: Whole, low: Floats, high: Floats) -> None:
        """Change the bounds of some columns."""
        self._solver.changeColsBounds(len(columns), columns.astype(np.int32), low, high)

    def charge(self, columns: Whole, cost: Floats) -> None:
        """Change the costs of some columns."""
        self._solver.changeColsCost(len(columns), columns.astype(np.int32), cost)

    def solve(self) -> Floats | None:
        """Return the columns of least cost; None where the bounds and the rules leave none.

        Raises:
            RuntimeError: the solver ended in a way that it should not.
        """
        self._solver.run()
        status = self._solver.getModelStatus()
        if status == _BEST:
            return np.asarray(self._solver.getSolution().col_value, dtype=np.float64)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        raise RuntimeError(f"a linear programme ended with: {self._solver.modelStatusToString(status)}")

    def prices(self) -> Floats:
        """Return along columns how much the cost of the last solution grows with each; 0 where it stands between."""
        return np.asarray(self._solver.getSolution().col_dual, dtype=np.float64)

    def least(self) -> float:
        """Return the least cost; minus infinity where nothing bounds it.

        Raises:
            RuntimeError: the solver ended in a way that it should not.
        """
        self._solver.run()
        status = self._solver.getModelStatus()
        if status in _ENDLESS:
            return -np.inf
        if status != _BEST:
            raise RuntimeError(f"a linear programme ended with: {self._solver.modelStatusToString(status)}")
        return float(self._solver.getInfo().objective_function_value)
