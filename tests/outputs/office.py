"""LibreOffice without a window: workbooks recalculated from their formulas, and an input cell changed in the file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""  # 0: always work formulas out anew when a file is opened


def need_office() -> None:
    """Skip where LibreOffice is missing; fail where the gate says that it must be there."""
    if SOFFICE is None and os.environ.get("SUFFICIENCY_REQUIRE_OFFICE"):
        pytest.fail("LibreOffice (soffice) is missing, and this run must have it")
    if SOFFICE is None:
        pytest.skip("LibreOffice (soffice) is not installed")


def recalculated(files: Sequence[Path], to: Path) -> dict[str, Any]:
    """Return name → workbook with the values that LibreOffice works out, all files in one start of it."""
    profile = to / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS, encoding="utf-8")
    out = to / "out"
    command = [str(SOFFICE), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx",
               "--outdir", str(out), *map(str, files)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    with warnings.catch_warnings():
        # openpyxl cannot read some charts as LibreOffice saves them; only cells are compared here.
        warnings.filterwarnings("ignore", "Unable to read chart", UserWarning)
        return {file.stem: openpyxl.load_workbook(out / file.name, data_only=True) for file in files}


def with_inputs(source: Path, target: Path, sheet: str, values: Mapping[str, float | str]) -> Path:
    """Copy a workbook with other values in some cells of a sheet; everything else stays as it is, byte for byte."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        part = _part(old, sheet)
        for item in old.infolist():
            content = old.read(item)
            if item.filename == part:
                text = content.decode()
                for cell, value in values.items():
                    text = _set(text, cell, value)
                content = text.encode()
            new.writestr(item, content)
    return target


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    book = archive.read("xl/workbook.xml").decode()
    names = re.findall(r'<sheet name="([^"]*)"', book)
    return f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"


def _set(text: str, cell: str, value: float | str) -> str:
    found = re.search(rf'<c r="{cell}"( s="\d+")?[^>]*?(/>|>.*?</c>)', text)
    assert found, cell
    style = found[1] or ""
    if isinstance(value, str):
        made = f'<c r="{cell}"{style} t="inlineStr"><is><t>{value}</t></is></c>'
    else:
        made = f'<c r="{cell}"{style}><v>{value!r}</v></c>'
    return text.replace(found[0], made, 1)
