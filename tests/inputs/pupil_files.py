"""Made-up children as the files that a council has: School Census extracts and modules of the SEN2 return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.inputs.pupil_level.children import census_day
from forecasting.inputs.source import Source

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
# code or word in the file (and indicators) → our setting
SETTINGS = {
    "EHE": "elective_home_education", "OLA": "eotas", "NEET": "not_in_education", "EYP": "early_years",
    "Community special school": "special_state", "Other independent special school": "special_independent",
}  # fmt: skip
NEEDS = {"ASD": "ASC", "SEMH": "SEMH", "SLCN": "SLCN", "MLD": "MLD"}


@dataclass(frozen=True)
class Child:
    """One made-up child: when born, and its position (need, word of the setting) each January; None = no plan."""

    number: int
    born: pd.Timestamp
    positions: tuple[tuple[str, str] | None, ...]
    transfer_at: int = -1  # place of the January in whose year it moved in from another authority with a plan
    second: bool = False  # whether it has a second placement, of a lower rank

    @property
    def upn(self) -> str:
        """Return a UPN with a right check letter."""
        return upn_of(self.number)

    def nc_year(self, year: int) -> int:
        """Return age on 31 August before the January, less 4, worked out the long way."""
        age = year - 1 - self.born.year
        if (self.born.month, self.born.day) > (8, 31):
            age -= 1
        return age - 4


def upn_of(number: int) -> str:
    """Return the UPN of a made-up child."""
    digits = f"{373000000000 + number:012d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(2, 14), strict=True))
    return LETTERS[total % 23] + digits


def known_moves(children: Sequence[Child], years: Sequence[int]) -> pd.DataFrame:
    """Return the moves of the children, counted one by one."""
    rows: dict[tuple[object, ...], int] = {}
    for child in children:
        for at, year in enumerate(years[:-1]):
            before, after = child.positions[at], child.positions[at + 1]
            if before is None and after is None:
                continue
            nc = child.nc_year(year)
            first = (NEEDS[before[0]], SETTINGS[before[1]]) if before else ("", "")
            then = (nc + 1, NEEDS[after[0]], SETTINGS[after[1]]) if after else (None, "", "")
            key = (year, nc, *first, *then)
            rows[key] = rows.get(key, 0) + 1
    columns = ["census_year", "nc_year", "need", "setting", "next_nc_year", "next_need", "next_setting"]
    return pd.DataFrame([(*key, n) for key, n in rows.items()], columns=[*columns, "people"])


def known_flows(children: Sequence[Child], years: Sequence[int]) -> pd.DataFrame:
    """Return new and ceased plans of the calendar year before each January but the first."""
    rows = []
    for at, year in enumerate(years[1:], start=1):
        joined = [c for c in children if c.positions[at - 1] is None and c.positions[at] is not None]
        new = sum(c.transfer_at != at for c in joined)
        ceased = sum(c.positions[at - 1] is not None and c.positions[at] is None for c in children)
        rows.append((year - 1, float(new), float(ceased)))
    return pd.DataFrame(rows, columns=["calendar_year", "new_plans", "ceased"])


def sen2_files(children: Sequence[Child], years: Sequence[int], day_first: bool = True) -> list[Source]:
    """Return the modules of the returns of some Januaries as CSV files."""
    return [
        Source(f"{name} {year}.csv", frame.to_csv(index=False).encode())
        for at, year in enumerate(years) for name, frame in _modules(children, at, year, day_first).items()
    ]  # fmt: skip


def _modules(children: Sequence[Child], at: int, year: int, day_first: bool) -> dict[str, pd.DataFrame]:
    day = pd.Timestamp(census_day(year))
    shape = "%d/%m/%Y" if day_first else "%Y-%m-%d"
    persons, requests, assessments, plans, active, placements, needs = ([] for _ in range(7))
    for child in children:
        now = child.positions[at]
        before = child.positions[at - 1] if at else now
        if now is None and before is None:
            continue
        number = f"p{child.number}y{year}"
        person = (number, child.upn, f"Sur{child.number}", f"Fore{child.number}", child.born.strftime(shape))
        persons.append(person)
        requests.append((f"r{number}", number, (day - pd.Timedelta(days=400)).strftime(shape), "Y"))
        assessments.append((f"a{number}", f"r{number}", (day - pd.Timedelta(days=380)).strftime(shape)))
        began = day - pd.Timedelta(days=60 if at and before is None else 1000)
        ceased = "" if now is not None else (day - pd.Timedelta(days=45)).strftime(shape)
        plans.append((f"n{number}", f"a{number}", began.strftime(shape), ceased))
        if now is None:
            continue
        active.append((f"v{number}", f"r{number}", "373" if child.transfer_at == at else ""))
        placements.append((f"v{number}", now[1], 1, (day - pd.Timedelta(days=100)).strftime(shape), ""))
        placements.append((f"v{number}", "OPA", 1, (day - pd.Timedelta(days=900)).strftime(shape),
                           (day - pd.Timedelta(days=100)).strftime(shape)))  # fmt: skip
        if child.second:
            placements.append((f"v{number}", "OPA", 2, (day - pd.Timedelta(days=50)).strftime(shape), ""))
        needs.append((f"v{number}", "MSI", 2))
        needs.append((f"v{number}", now[0], 1))
    named = {
        "person": (persons, ["PersonTableID", "UPN", "Surname", "Forename", "PersonBirthDate"]),
        "requests": (requests, ["RequestsTableID", "PersonTableID", "ReceivedDate", "RequestOutcome"]),
        "assessment": (assessments, ["AssessmentTableID", "RequestsTableID", "AssessmentOutcomeDate"]),
        "named plan": (plans, ["NamedPlanTableID", "AssessmentTableID", "StartDate", "CeaseDate"]),
        "active plans": (active, ["ActivePlansTableID", "RequestsTableID", "TransferLA"]),
        "placement detail": (placements, ["ActivePlansTableID", "SENSetting", "PlacementRank", "EntryDate",
                                          "LeavingDate"]),
        "sen need": (needs, ["ActivePlansTableID", "SENtype", "SENtypeRank"]),
    }  # fmt: skip
    return {name: pd.DataFrame(rows, columns=columns, dtype=object) for name, (rows, columns) in named.items()}


def census_frame(pupils: int, year: int, seed: int = 0, columns: int = 25) -> pd.DataFrame:
    """Return a School Census extract of made-up pupils, as wide as real ones."""
    rng = np.random.default_rng(seed)
    nc = rng.integers(-2, 14, pupils)
    born = pd.to_datetime({"year": year - 1 - nc - 5, "month": 9, "day": 1}) + pd.to_timedelta(
        rng.integers(0, 364, pupils), unit="D"
    )
    words = {-2: "N1", -1: "N2", 0: "R"}
    provision = rng.choice(["N", "K", "E"], pupils, p=[0.8, 0.15, 0.05])
    need = np.where(provision == "N", "", rng.choice(list(NEEDS), pupils))
    frame = pd.DataFrame({
        "UPN": [upn_of(seed * 1_000_000 + at) for at in range(pupils)], "Surname": [f"Sur{at}" for at in range(pupils)],
        "Forename": [f"Fore{at}" for at in range(pupils)], "DOB": born.dt.date,
        "NCyearActual": [words.get(int(year_group), str(year_group)) for year_group in nc],
        "SENprovision": provision, "SENtype1": need, "EnrolStatus": "C", "URN": rng.integers(100000, 150000, pupils),
    })  # fmt: skip
    for extra in range(columns - frame.shape[1]):
        frame[f"Field{extra + 1}"] = rng.integers(0, 1000, pupils)
    return frame
