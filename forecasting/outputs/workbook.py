"""The Excel workbook of a scenario (stub until written)."""

from __future__ import annotations

from forecasting.outputs.subjects import View


def to_bytes(view: View) -> bytes:
    """Return the workbook."""
    return b""
