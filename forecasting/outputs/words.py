"""Numbers in words, the same everywhere: "1,235", "£1.2 million", "2.5%", "12 more"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

NOT_KNOWN = "–"  # in a cell of words
METHODS = {
    "published_rate": "the share of pupils with a plan stays as it is (published_rate)",
    "cohort": "pupils by year group, at the present share of pupils with a plan (cohort)",
    "trend": "the number of plans goes on from its own past and that of England (trend)",
    "age_flow": "children join and leave plans by age, as in the past years (age_flow)",
    "moves": "each child's moves by year group, need and setting, as in the past years (moves)",
}  # in plain words, for readers who do not know the names


def count(value: float, decimals: int = 0) -> str:
    """Return a count: 44,627."""
    if math.isnan(value):
        return "not known"
    rounded = _zero(round(value, decimals))
    return f"{'−' if rounded < 0 else ''}{abs(rounded):,.{decimals}f}"


def cell(value: float) -> str:
    """Return a count for a cell of words: 44,627, or a dash where it is not known."""
    return NOT_KNOWN if math.isnan(value) else count(value)


def _zero(value: float) -> float:
    return 0.0 if value == 0 else value


def gbp(value: float) -> str:
    """Return pounds: £17,500, £1.24 million, −£5.9 million."""
    if math.isnan(value):
        return "not known"
    sign, size = ("−" if value < 0 else ""), abs(value)
    if size >= 999_500:
        return f"{sign}£{size / 1e6:,.{1 if size >= 1e7 else 2}f} million"
    return f"{sign if round(size) else ''}£{size:,.0f}"


def balance(value: float) -> str:
    """Return a balance in words, so that no sign can be lost: a deficit of £5.9 million, a surplus of £17,500."""
    return f"a {'deficit' if value < 0 else 'surplus'} of {gbp(abs(value))}"


def percent(fraction: float, decimals: int = 1) -> str:
    """Return a fraction as a percentage: 0.163 is 16.3%."""
    if math.isnan(fraction):
        return "not known"
    text = f"{fraction * 100:.{decimals}f}"
    return f"{'−' + text[1:] if text.startswith('-') else text}%"


def shown(value: float, unit: str) -> str:
    """Return a figure by its unit: count, gbp or fraction."""
    if unit == "gbp":
        return gbp(value)
    return percent(value) if unit == "fraction" else count(value)


def change(value: float, unit: str, since: str) -> str:
    """Return a change with its sign: "+2,231 since 2016"; "no change since 2016" for nothing."""
    text = shown(abs(value), unit)
    if text in (shown(0.0, unit), "not known"):
        return f"no change since {since}" if not math.isnan(value) else ""
    return f"{'+' if value > 0 else '−'}{text} since {since}"


def things(number: float, one: str, many: str = "") -> str:
    """Return a number of things: "1 assumption", "8 assumptions"; `many` where the plural is not one with s."""
    return f"{count(number)} {one if count(number) == '1' else many or f'{one}s'}"


def join(items: Sequence[str], joint: str = "and") -> str:
    """Return a list as English: "a, b and c"; "a, b or c" with another joint."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {joint} {items[-1]}" if items else ""


def short_or_spare(places: float) -> str:
    """Return "13 places short" or "5 places to spare", never a negative number of places."""
    if math.isnan(places):
        return "a number of places that is not known"
    size = round(abs(places))
    if not size:
        return "neither short of places nor with places to spare"
    return f"{things(size, 'place')} {'short' if places > 0 else 'to spare'}"


def gbp_plain(value: float) -> str:
    """Return pounds in full, for tables: £1,312,500."""
    rounded = round(value)
    return f"{'−' if rounded < 0 else ''}£{abs(rounded):,}"


def file_name(authority: str, what: str, ending: str) -> str:
    """Return a file name such as rotherham-published.xlsx."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{authority} {what}".lower()).strip("-")
    return f"{plain}.{ending}"
