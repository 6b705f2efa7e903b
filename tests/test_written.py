"""Results go where they are wanted, whole or not at all; what cannot be written is refused before the work."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from forecasting import written
from forecasting.errors import UsageError
from forecasting.written import destination, save


def test_where_nothing_can_be_written_is_found_out_before_the_work(tmp_path: Path) -> None:
    assert destination(tmp_path / "x.CSV", ".csv", ".json") == tmp_path / "x.CSV"
    (tmp_path / "folder.csv").mkdir()
    for path, told in (
        (tmp_path / "x.pdf", 'a file ending ".pdf" is not written; allowed: .csv, .json'),
        (tmp_path / "nowhere" / "x.csv", f'there is no folder "{tmp_path / "nowhere"}" to write x.csv in'),
        (tmp_path / "folder.csv", f'"{tmp_path / "folder.csv"}" is a folder; give the file to write another name'),
    ):
        with pytest.raises(UsageError) as refused:
            destination(path, ".csv", ".json")
        assert str(refused.value) == told


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights of folders are not enforced here")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="may not be written; name another folder"):
        destination(tmp_path / "x.csv", ".csv")
    tmp_path.chmod(0o700)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    save(path, b"first")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written.os, "fsync", full)
    with pytest.raises(UsageError, match="cannot be written .No space left on device.: close it where it is open"):
        save(path, b"second")
    assert path.read_bytes() == b"first" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
def test_a_link_and_the_mode_of_a_file_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "x.csv", tmp_path / "link.csv"
    save(path, b"first")
    path.chmod(0o640)
    link.symlink_to(path)
    save(link, b"second")
    assert link.is_symlink() and path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
