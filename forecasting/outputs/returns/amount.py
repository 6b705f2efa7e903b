"""What a line of money in a return adds up: figures of the account, written as text in the file of the return."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecasting import axes
from forecasting.errors import Fault

EACH = "*"  # every setting, one by one
_TEXT = re.compile(
    r"(?P<sign>-?)(?P<maybe>\??)(?P<measure>[a-z_]+)(?::(?P<component>[^:@]*))?(?::(?P<setting>[^@]+))?"
    r"(?:@(?P<first>-?\d*)\.\.(?P<last>-?\d*))?"
)
_NO_END = (-99, 99)  # beyond every NC year


@dataclass(frozen=True)
class Money:
    """One figure of the account that a line of money adds up.

    Attributes:
        sign: 1, or −1 where it is taken off.
        measure: the measure of the forecast.
        component: part of it; "" = the whole.
        setting: kind of setting; "" = all together, "*" = each of them, one by one.
        needed: whether the line stays blank where the forecast has no such figure; else it is left out.
        nc_years: the part of those from one NC year to another, by where the plans are; None = everybody.
    """

    sign: float
    measure: str
    component: str = ""
    setting: str = ""
    needed: bool = True
    nc_years: tuple[int, int] | None = None


def money(text: str) -> Money:
    """Return a figure from its text, such as `-?cost_gbp:top_up:mainstream@..6`; checked by `money_faults` before."""
    found = _TEXT.fullmatch(text)
    assert found
    ends = None
    if found["first"] is not None:
        ends = (int(found["first"] or _NO_END[0]), int(found["last"] or _NO_END[1]))
    return Money(-1.0 if found["sign"] else 1.0, found["measure"], found["component"] or "", found["setting"] or "",
                 not found["maybe"], ends)  # fmt: skip


def money_faults(file: str, where: str, lines: Sequence[Mapping[str, Any]], line: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with the figures of a line, and with the labels of its table that it names."""
    faults = []
    for text in line.get("figures", ()):
        found = _TEXT.fullmatch(text)
        if found is None or found["measure"] not in axes.MEASURES.names:
            faults.append(Fault(file, where, found=f'figure "{text}"', allowed=", ".join(axes.MEASURES.names),
                                todo="write measure:component:setting, then @6..11 for year groups"))  # fmt: skip
        elif found["first"] is not None and not found["setting"]:
            faults.append(Fault(file, where, found=f'figure "{text}"', allowed="year groups of a setting, or of *",
                                todo="name the setting before the @"))  # fmt: skip
    labels = [str(other["label"]) for other in lines]
    faults += [Fault(file, where, found=f'adds "{text}"', allowed=", ".join(labels), todo="name a line of the table")
               for text in (*line.get("adds", ()), *filter(None, [line.get("after")]))
               if text.removeprefix("-") not in labels]  # fmt: skip
    return faults
