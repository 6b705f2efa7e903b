"""Time a pupil-level workbook of 50,000 rows and 25 columns. Run: python benchmarks/pupil_level.py.

The yardstick is what the fastest maintained Excel reader needs merely to read the cells: fastexcel, which guesses types
and so loses cells, and python-calamine, which we read with. Ours reads, checks and adds up. Aim: within 3 times, under
1 GiB. Each is timed in a process of its own, in CPU seconds, because a busy machine stretches the clock on the wall.
fastexcel is no requirement of the product: `pip install fastexcel pyarrow` first, or its line says that it is missing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS, COLUMNS = 50_000, 25
_READERS = {
    "fastexcel": """
import fastexcel
start = clock()
fastexcel.read_excel(content).load_sheet(0)
""",
    "python-calamine": """
from io import BytesIO
from python_calamine import CalamineWorkbook
start = clock()
CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
""",
}
_OURS = """
from forecasting.inputs.load import examine
from forecasting.inputs.source import Source
start = clock()
dataset, faults = examine([Source("School Census January 2025.xlsx", content)])
assert dataset.table("pupils")["pupils"].sum() == {rows}, faults
"""
_FRAME = """
import sys, time, resource
from pathlib import Path
sys.path.insert(0, {root!r})
content, clock = Path({path!r}).read_bytes(), time.process_time
{job}
print(clock() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def timed(job: str, path: Path, times: int = 5) -> tuple[float, float]:
    """Return the median CPU seconds of a job and its greatest memory in GiB, each time in a new process."""
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
        merely = {name: timed(job, path)[0] for name, job in _READERS.items() if find_spec(name.replace("-", "_"))}
        ours, peak = timed(_OURS.format(rows=ROWS), path)
    for name in _READERS:
        told = f"{merely[name]:6.2f} s" if name in merely else "not installed, not compared with"
        print(f"merely read by {name:16} {told}")
    times = ours / min(merely.values())
    print(f"read, checked and added up    {ours:6.2f} s   {times:.2f} times the fastest (aim 3)   peak {peak:.2f} GiB")


if __name__ == "__main__":
    main()
