"""Time a pupil-level workbook of 50,000 rows and 25 columns. Run: python benchmarks/pupil_level.py.

The yardstick is what python-calamine, the fastest maintained Excel reader at hand, needs merely to read the cells. Ours
reads, checks and adds up. Aim: within 3 times, under 1 GiB. Each is timed in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS, COLUMNS = 50_000, 25
_MERELY = """
from python_calamine import CalamineWorkbook
book = CalamineWorkbook.from_filelike(__import__("io").BytesIO(content))
book.get_sheet_by_index(0).to_python()
"""
_OURS = """
from forecasting.inputs.load import examine
from forecasting.inputs.source import Source
dataset, faults = examine([Source("School Census January 2025.xlsx", content)])
assert dataset.table("pupils")["pupils"].sum() == {rows}, faults
"""
_FRAME = """
import sys, time, resource
from pathlib import Path
sys.path.insert(0, {root!r})
import pandas, forecasting.inputs.load, python_calamine
content = Path({path!r}).read_bytes()
start = time.perf_counter()
{job}
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def timed(job: str, path: Path, times: int = 5) -> tuple[float, float]:
    """Return the median seconds of a job and its greatest memory in GiB, each time in a new process."""
    found = []
    for _ in range(times):
        code = _FRAME.format(root=str(ROOT), path=str(path), job=job)
        told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
        found.append((float(told[0]), float(told[1])))
    return sorted(seconds for seconds, _ in found)[times // 2], max(peak for _, peak in found)


def main() -> None:
    """Make the workbook, time both, print the table."""
    sys.path.insert(0, str(ROOT))
    from tests.inputs.pupil_files import census_frame

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "census.xlsx"
        census_frame(ROWS, 2025, columns=COLUMNS).to_excel(path, index=False)
        print(f"{ROWS:,} rows x {COLUMNS} columns, {path.stat().st_size / 2**20:.1f} MiB")
        merely, _ = timed(_MERELY, path)
        ours, peak = timed(_OURS.format(rows=ROWS), path)
    print(f"merely read     {merely:6.2f} s")
    print(
        f"read, checked and added up  {ours:6.2f} s   {ours / merely:.2f} times (aim 3)   peak {peak:.2f} GiB (aim 1)"
    )


if __name__ == "__main__":
    main()
