"""Zips are read in memory within limits; headers that lie are caught while reading."""

from __future__ import annotations

import pytest

from forecasting.errors import DatasetError
from forecasting.inputs import archive
from forecasting.inputs.source import Source
from tests.inputs import corpus


def test_members_carry_the_name_of_the_archive() -> None:
    (found,) = archive.members(corpus.zipped({"a/pupils.csv": b"year,pupils\n"}, "x.zip"))
    assert (found.name, found.own_name, found.stem, found.content) == (
        "x.zip: a/pupils.csv", "a/pupils.csv", "pupils", b"year,pupils\n")  # fmt: skip


def test_a_header_that_declares_too_little_is_caught() -> None:
    good = corpus.zipped({"a.csv": b"0123456789" * 100})
    size = (1000).to_bytes(4, "little")
    lying = Source("x.zip", good.content.replace(size, (10).to_bytes(4, "little")))
    assert lying.content != good.content
    with pytest.raises(DatasetError, match="damaged"):
        archive.members(lying)


def test_too_many_files_are_refused() -> None:
    many = corpus.zipped({f"{i}.csv": b"x" for i in range(archive.MAX_MEMBERS + 1)})
    with pytest.raises(DatasetError, match="holds 1,001 files"):
        archive.members(many)
