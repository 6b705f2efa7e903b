"""Figures that can only change together, taken as one: a cell and the line that prints it, two sums of the same cells.

Linked tables print the same children many times. Taken as one, half of the figures and rules are left, so that what
protects them is found in half the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from forecasting.values import Floats, Whole

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Together:
    """Figures by group.

    Attributes:
        group: along figures; the number of the group of each.
        rules: rule × group; the rules between the groups, those within a group left out.
    """

    group: Whole
    rules: sparse.csr_matrix

    @property
    def size(self) -> int:
        """Return the number of groups."""
        return int(self.rules.shape[1])

    def any(self, mask: Mask) -> Mask:
        """Return along groups: whether it holds of any of its figures."""
        found = np.zeros(self.size, dtype=bool)
        found[self.group[mask]] = True
        return found

    def all(self, mask: Mask) -> Mask:
        """Return along groups: whether it holds of all its figures."""
        return ~self.any(~mask)

    def least(self, values: Floats) -> Floats:
        """Return along groups the least value of its figures."""
        found = np.full(self.size, np.inf)
        np.minimum.at(found, self.group, values)
        return found

    def added(self, values: Floats) -> Floats:
        """Return along groups the sum of its figures."""
        return np.asarray(np.bincount(self.group, values, self.size), dtype=np.float64)


def together(rules: sparse.csr_matrix) -> Together:
    """Return the figures of a system of sums by which of them can only change together.

    Args:
        rules: rule × figure; the rule says that the sum of its entries × changes of figures is 0.
    """
    group = np.arange(rules.shape[1])
    rules = _plain(sparse.csr_matrix(rules))
    while True:
        ends = np.array(list(_same(rules)), dtype=np.int64).reshape(-1, 2)
        if not len(ends):
            return Together(group, rules)
        size = rules.shape[1]
        links = sparse.coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
        count, label = sparse.csgraph.connected_components(links, directed=False)
        group = label[group]
        joined = sparse.csr_matrix((np.ones(size), (np.arange(size), label)), shape=(size, count))
        rules = _plain(sparse.csr_matrix(rules @ joined))


def _plain(rules: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return rules without those that are empty or said twice."""
    rules.eliminate_zeros()
    rules.sort_indices()
    rows = {(columns.tobytes(), entries.tobytes()): at for at, columns, entries in _rows(rules) if len(columns)}
    return rules[sorted(rows.values())]


def _rows(rules: sparse.csr_matrix) -> Iterator[tuple[int, Whole, Floats]]:
    for at, (start, end) in enumerate(zip(rules.indptr[:-1], rules.indptr[1:], strict=True)):
        yield at, rules.indices[start:end], rules.data[start:end]


def _same(rules: sparse.csr_matrix) -> Iterator[tuple[int, int]]:
    """Yield pairs of figures of which one is the other, or which are both the sum of the same figures."""
    sums: dict[tuple[bytes, bytes], int] = {}
    for _, columns, entries in _rows(rules):
        total = columns[entries == -1.0]
        if len(columns) == 2 and entries.sum() == 0:
            yield int(columns[0]), int(columns[1])
        elif len(total) == 1:
            parts = entries != -1.0
            first = sums.setdefault((columns[parts].tobytes(), entries[parts].tobytes()), int(total[0]))
            if first != total[0]:
                yield first, int(total[0])
