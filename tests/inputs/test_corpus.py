"""Every file of the corpus gives its own message or loads rightly, soon, and never anything but our errors."""

from __future__ import annotations

import time

import pytest

from forecasting.inputs.load import examine
from tests.inputs.corpus import CASES


def test_the_corpus_is_large_enough():
    assert len(CASES) >= 40


@pytest.mark.parametrize("name", CASES)
def test_case(name: str):
    case = CASES[name]()
    start = time.process_time()
    dataset, faults = examine(case.files)
    assert time.process_time() - start < 10
    described = "\n".join(f"{fault.grade}: {fault}" for fault in faults)
    if case.says:
        assert any(case.says in str(fault) and fault.grade == case.grade for fault in faults), described
    assert (dataset is not None) == case.loads or (case.grade == "note" and not case.loads), described
    if dataset is not None:
        assert case.holds(dataset)
        assert dataset.base_year
    else:
        assert any(fault.grade == "error" for fault in faults)
    names = {source.name for source in case.files}
    for fault in faults:
        assert fault.found
        assert any(fault.file.startswith(given) for given in names), fault
