"""Formulas that know their own value: every cell is written with what it amounts to now.

A Term is the text of an Excel formula and the number that it gives; a Path is one Term a year. Arithmetic on them
writes the formula and works out its value in one go, so that the two cannot differ.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Union

_COMPARE, _SUM, _PRODUCT, _ATOM = range(4)
_REFERENCE = re.compile(r"^(?:'(?P<sheet>[^']+)'!)?\$?(?P<column>[A-Z]+)\$?(?P<row>\d+)$")

Number = Union[float, "Term"]
Operand = Union[float, "Term", "Path"]


@dataclass(frozen=True)
class Term:
    """One formula.

    Attributes:
        text: the formula without its equals sign.
        value: what it gives now; NaN for an empty text ("").
        level: how tightly its outermost operator binds; decides where brackets are needed.
    """

    text: str
    value: float
    level: int = _ATOM

    def __add__(self, other: Number) -> Term:
        """Return a sum."""
        return _join(self, "+", term(other), _SUM, lambda a, b: a + b)

    def __sub__(self, other: Number) -> Term:
        """Return a difference."""
        return _join(self, "-", term(other), _SUM, lambda a, b: a - b)

    def __mul__(self, other: Number) -> Term:
        """Return a product."""
        return _join(self, "*", term(other), _PRODUCT, lambda a, b: a * b)

    def __truediv__(self, other: Number) -> Term:
        """Return a quotient; a division by nothing is for the caller to rule out."""
        return _join(self, "/", term(other), _PRODUCT, lambda a, b: a / b)

    def compare(self, sign: str, other: Number) -> Term:
        """Return a condition, 1 where it holds; signs: = <> < > <= >=."""
        tests: dict[str, Callable[[float, float], bool]] = {
            "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
            "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
        }  # fmt: skip
        return _join(self, sign, term(other), _COMPARE, lambda a, b: float(tests[sign](a, b)))


def _join(left: Term, sign: str, right: Term, level: int, work: Callable[[float, float], float]) -> Term:
    first = left.text if left.level >= level and level != _COMPARE else _bracketed(left, level)
    follows = level + 1 if sign in "-/" or level == _COMPARE else level
    second = right.text if right.level >= follows else f"({right.text})"
    return Term(f"{first}{sign}{second}", work(left.value, right.value), level)


def _bracketed(item: Term, level: int) -> str:
    return item.text if item.level > level else f"({item.text})"


def term(value: Number) -> Term:
    """Return a number as a formula; a Term as it is."""
    if isinstance(value, Term):
        return value
    text = repr(int(value)) if float(value).is_integer() else repr(float(value))
    return Term(text, float(value), _ATOM if value >= 0 else _SUM)


def call(name: str, work: Callable[..., float], *parts: Number) -> Term:
    """Return a call of an Excel function and its value."""
    terms = [term(part) for part in parts]
    return Term(f"{name}({','.join(part.text for part in terms)})", float(work(*(part.value for part in terms))))


def word_is(cell: Term, word: str, now: str) -> Term:
    """Return a condition that a cell of text holds a word; `now` is what it holds."""
    quoted = word.replace('"', '""')
    return Term(f'{cell.text}="{quoted}"', float(now == word), _COMPARE)


@dataclass(frozen=True)
class Path:
    """One formula a year.

    Attributes:
        years: the years along it.
        terms: the formula of each year.
    """

    years: tuple[int, ...]
    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if len(self.years) != len(self.terms):
            raise ValueError(f"{len(self.terms)} formulas for {len(self.years)} years")

    @property
    def values(self) -> tuple[float, ...]:
        """Return what the formulas give now."""
        return tuple(item.value for item in self.terms)

    def at(self, year: int) -> Term:
        """Return the formula of a year."""
        return self.terms[self.years.index(year)]

    def over(self, years: Sequence[int]) -> Path:
        """Return the path of some of its years; years before it take its first formula, years after it its last."""
        held = [min(max(year, self.years[0]), self.years[-1]) for year in years]
        return Path(tuple(years), tuple(self.at(year) for year in held))

    def __add__(self, other: Operand) -> Path:
        """Return a sum year by year."""
        return each(lambda a, b: a + b, self, other)

    def __sub__(self, other: Operand) -> Path:
        """Return a difference year by year."""
        return each(lambda a, b: a - b, self, other)

    def __mul__(self, other: Operand) -> Path:
        """Return a product year by year."""
        return each(lambda a, b: a * b, self, other)

    def __truediv__(self, other: Operand) -> Path:
        """Return a quotient year by year."""
        return each(lambda a, b: a / b, self, other)

    def compare(self, sign: str, other: Operand) -> Path:
        """Return a condition year by year."""
        return each(lambda a, b: a.compare(sign, b), self, other)


def each(work: Callable[..., Term], *parts: Operand) -> Path:
    """Return a path made year by year from paths of the same years and from single formulas or numbers."""
    years = next(part.years for part in parts if isinstance(part, Path))
    if any(part.years != years for part in parts if isinstance(part, Path)):
        raise ValueError("paths of different years cannot be joined")
    columns = [part.terms if isinstance(part, Path) else (term(part),) * len(years) for part in parts]
    return Path(years, tuple(work(*row) for row in zip(*columns, strict=True)))


def figures(years: Sequence[int], values: Sequence[float]) -> Path:
    """Return plain numbers along years."""
    return Path(tuple(years), tuple(term(float(value)) for value in values))


def smallest(first: Operand, second: Operand) -> Path:
    """Return the smaller of two, year by year."""
    return each(lambda a, b: call("MIN", min, a, b), first, second)


def largest(first: Operand, second: Operand) -> Path:
    """Return the larger of two, year by year."""
    return each(lambda a, b: call("MAX", max, a, b), first, second)


def when(condition: Operand, then: Operand, otherwise: Operand) -> Path:
    """Return one of two, year by year, as a condition holds or not."""
    return each(choose, condition, then, otherwise)


def choose(condition: Number, then: Number, otherwise: Number) -> Term:
    """Return IF(condition, then, otherwise)."""
    return call("IF", lambda c, a, b: a if c else b, condition, then, otherwise)


def known_or(first: Operand, second: Operand) -> Path:
    """Return the first where it is a number, else the second, year by year."""
    return each(stated_or, first, second)


def stated_or(first: Number, second: Number) -> Term:
    """Return a figure where its cell holds a number, else another."""
    a, b = term(first), term(second)
    return Term(f"IF(ISNUMBER({a.text}),{a.text},{b.text})", b.value if math.isnan(a.value) else a.value)


def share(part: Operand, whole: Operand) -> Path:
    """Return part ÷ whole, year by year; 0 where the whole is nothing."""
    return each(ratio, part, whole)


def ratio(part: Number, whole: Number) -> Term:
    """Return part ÷ whole; 0 where the whole is nothing."""
    a, b = term(part), term(whole)
    divided = a / (b if b.value else Term(b.text, math.inf, b.level))
    return Term(f"IF({b.text}=0,0,{divided.text})", divided.value if b.value else 0.0)


def running(start: Number, steps: Path, work: Callable[[Term, Term], Term]) -> Callable[[Sequence[Term]], Path]:
    """Return what builds a path in which each year follows from the year before.

    The first year is `start`; year t is work(cell of year t − 1, step of year t). The cells are known only once the
    row has its place, so the path is made from them.
    """

    def build(cells: Sequence[Term]) -> Path:
        made = [term(start)]
        for at in range(1, len(steps.years)):
            before = Term(cells[at - 1].text, made[-1].value)
            made.append(work(before, steps.terms[at]))
        return Path(steps.years, tuple(made))

    return build


def total(paths: Sequence[Path]) -> Path:
    """Return the sum of rows, as SUM(first:last) where they stand below each other, else as a sum of cells."""
    if not paths:
        raise ValueError("nothing to add up")
    return each(lambda *row: _sum(row), *paths)


def total_of(terms: Sequence[Term]) -> Term:
    """Return the sum of cells; see `total`."""
    return _sum(tuple(terms))


def _sum(row: Sequence[Term]) -> Term:
    value = math.fsum(item.value for item in row)
    found = [_REFERENCE.match(item.text) for item in row]
    rows = [int(match["row"]) for match in found if match]
    alike = len({(match["sheet"], match["column"]) for match in found if match}) == 1
    if len(rows) == len(row) > 1 and alike and rows == list(range(rows[0], rows[0] + len(rows))):
        last = row[-1].text.split("!")[-1]
        return Term(f"SUM({row[0].text}:{last})", value)
    text = "+".join(item.text if item.level >= _SUM else f"({item.text})" for item in row)
    return Term(text, value, _SUM if len(row) > 1 else row[0].level)
