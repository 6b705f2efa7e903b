"""Tables about places and money: providers, costs, budget, transport, projects, capital."""

# ruff: noqa: E501 - rows of tables, one a line

from __future__ import annotations

import numpy as np
import pandas as pd
from children import Children
from plans import SOURCE

FY, BEFORE, PRICES = "2024-25", "2023-24", "2024-25"
_SPECIAL = (
    ("Heronswood School", "SLD|PMLD|PD", 2, 19), ("Oakmere School", "MLD|ASC|SLCN", 5, 16),
    ("The Beacon School", "SEMH", 7, 16), ("Larkfield School", "ASC|SLCN", 4, 19),
    ("Willow Bank School", "SLD|ASC", 4, 16), ("Ferncliffe School", "MLD|SEMH", 11, 16),
    ("Rowan Park School", "ASC|SEMH", 7, 18))  # fmt: skip
_BASES = ("Ashdown Primary", "Beckside Primary", "Castle Hill Primary", "Dale End Primary", "Eastgate Primary",
          "Fairfield Academy", "Grange Park Academy", "Highfield School", "Inglewood School", "Kingsway Academy")  # fmt: skip
_UNITS = ("Marsh Lane Primary", "Northgate Academy", "Orchard Primary", "Priory School")
_OUTSIDE = ("Abbotsleigh House", "Birchcroft Hall", "Cedars House School", "Dovecote School", "Elmtree House",
            "Foxhollow School", "Greystone Hall", "Hazel Grove House")  # fmt: skip
_NON_MAINTAINED = ("St Aidan's Trust School", "The Meadowbank Trust School", "Wharfside Trust School")
COST = {"special_state": 24_500, "resourced_provision": 14_000, "sen_unit": 13_000, "ap_pru": 21_000,
        "special_independent": 61_000, "special_non_maintained": 52_000, "specialist_post16": 38_000, "hospital": 30_000,
        "fe": 7_500, "mainstream": 6_200}  # fmt: skip


def providers(rng: np.random.Generator, children: Children) -> pd.DataFrame:
    """Return about forty providers, whose rolls add up to the children followed."""
    frame = children.frame()
    count = frame.groupby(["setting", "place"]).size()
    rows: list[dict[str, object]] = []

    def add(names: tuple[str, ...], setting: str, place: str, detail: tuple[tuple[str, int, int], ...]) -> None:
        rolls = _shared(rng, int(count.get((setting, place), 0)), len(names))
        for i, (name, roll) in enumerate(zip(names, rolls, strict=True)):
            needs, low, high = detail[i % len(detail)]
            rows.append(_provider(rng, name, setting, place, needs, low, high, roll))

    add(tuple(s[0] for s in _SPECIAL), "special_state", "in_borough", tuple(s[1:] for s in _SPECIAL))
    add(_BASES, "resourced_provision", "in_borough", (("ASC", 4, 11), ("SLCN", 4, 11), ("HI", 4, 11), ("MLD", 11, 16)))
    add(_UNITS, "sen_unit", "in_borough", (("ASC|SLCN", 4, 11), ("ASC", 11, 16)))
    add(("Bridge Centre", "Compass Centre"), "ap_pru", "in_borough", (("SEMH", 5, 11), ("SEMH", 11, 16)))
    add(("Hospital and Home School",), "hospital", "in_borough", (("", 5, 16),))
    add(("Tideford College", "Market Street Sixth Form"), "fe", "in_borough", (("", 16, 25), ("", 16, 19)))
    add(
        ("Harbour Skills College", "Stepping Stones College"), "specialist_post16", "in_borough", (("SLD|ASC", 16, 25),)
    )
    add(
        ("Lyndhurst School", "Moorcroft School"), "special_independent", "in_borough", (("ASC", 7, 16), ("SEMH", 7, 16))
    )
    add(_OUTSIDE, "special_independent", "out_of_borough", (("SEMH", 7, 18), ("ASC|SEMH", 5, 19), ("ASC", 5, 19)))
    add(_NON_MAINTAINED, "special_non_maintained", "out_of_borough", (("HI|VI|MSI", 3, 19), ("PD|PMLD", 3, 19)))
    add(("Riverside School (neighbour)", "Hilltop School (neighbour)"), "special_state", "out_of_borough",
        (("SLD|ASC", 2, 19),))  # fmt: skip
    return pd.DataFrame(rows).assign(source=SOURCE)


def _shared(rng: np.random.Generator, whole: int, parts: int) -> list[int]:
    """Return a number split into uneven whole parts that add up to it."""
    weights = 0.6 + 0.8 * rng.random(parts)
    ends = np.round(np.cumsum(weights) / weights.sum() * whole).astype(int)
    return [int(n) for n in np.diff(np.concatenate([[0], ends]))]


def _provider(
    rng: np.random.Generator, name: str, setting: str, place: str, needs: str, low: int, high: int, roll: int
) -> dict[str, object]:
    here = place == "in_borough"
    capacity = int(np.ceil(roll * (1.0 + 0.1 * rng.random()))) + 1 if here else None
    return {
        "provider": name, "setting": setting, "place": place, "area": "", "needs": needs, "min_age": low,
        "max_age": high, "capacity": capacity, "commissioned": capacity if here else roll, "on_roll": roll,
        "on_roll_other_authorities": round(roll * 0.05) if here else None,
        "over_capacity_share": 0.05 if here else None, "opens": "", "closes": "", "ramp_years": None,
        "as_at": "2025-01-16",
    }  # fmt: skip


def unit_costs(table: pd.DataFrame) -> pd.DataFrame:
    """Return place funding and top-up bands by provider, fees by setting."""
    rows: list[tuple[object, ...]] = []
    bands = {"core": 8_500, "enhanced": 14_500, "intensive": 23_000}
    for row in table.loc[table["setting"].isin(["special_state", "sen_unit", "resourced_provision"])].to_dict(
        "records"
    ):
        base = 10_000 if row["setting"] == "special_state" else 6_000
        rows.append((row["provider"], row["setting"], "", "", "no", "place", base))
        share = 1.0 if row["setting"] == "special_state" else 0.6
        rows += [
            (row["provider"], row["setting"], "", b, "no", "top_up", round(v * share, -1)) for b, v in bands.items()
        ]
    for setting in ("special_independent", "special_non_maintained"):
        rows.append(("", setting, "", "", "no", "fee_day", COST[setting] - 9_000))
        rows.append(("", setting, "", "", "no", "fee_residential", COST[setting] + 95_000))
    rows += [
        ("", "special_independent", need, "", "no", "fee_day", gbp) for need, gbp in (("ASC", 55_000), ("SEMH", 53_500))
    ]
    rows += [("", setting, "", "", "yes", "top_up", COST[setting]) for setting in ("fe", "specialist_post16")]
    rows += [("", setting, "", "", "no", "place", COST[setting]) for setting in ("ap_pru", "hospital")]
    columns = ["provider", "setting", "need", "band", "post16", "kind", "gbp_per_place_year"]
    return pd.DataFrame(rows, columns=columns).assign(price_base=PRICES, source=SOURCE)


LINES = {
    "State special schools": ("special_state",), "Resourced provision": ("resourced_provision",),
    "SEN units": ("sen_unit",), "Alternative provision": ("ap_pru",),
    "Independent special schools": ("special_independent",), "Non-maintained special schools": ("special_non_maintained",),
    "Specialist post-16 institutions": ("specialist_post16",), "Further education top-up": ("fe",),
}  # fmt: skip
OTHER_LINES = {"Top-up in mainstream schools": "mainstream", "Central SEND services": "", "Therapies and equipment": ""}
PARENT = "Specialist provision"
ROLES = {"Dedicated Schools Grant": "dedicated_schools_grant", "High needs block": "high_needs_block",
         "Transfer from the schools block": "block_transfer", PARENT: "specialist_provision"}  # fmt: skip


def budget(children: Children) -> pd.DataFrame:
    """Return the high needs account of a year: what was paid for the children followed, and the year's plan after it."""
    count = children.frame().groupby("setting").size()
    paid = {line: round(sum(int(count.get(s, 0)) * COST[s] for s in kinds), -3) for line, kinds in LINES.items()}
    rest = {"Top-up in mainstream schools": round(int(count.get("mainstream", 0)) * COST["mainstream"], -3),
            "Central SEND services": 3_100_000, "Therapies and equipment": 1_250_000}  # fmt: skip
    rows: list[tuple[object, ...]] = [(BEFORE, "Cumulative balance of the high needs block", "", "balance", -6_800_000)]
    for year, rise in ((FY, 1.0), ("2025-26", 1.055)):
        rows += _account(year, {k: round(v * rise, -3) for k, v in paid.items()},
                         {k: round(v * rise, -3) for k, v in rest.items()}, rise)  # fmt: skip
    return pd.DataFrame(rows, columns=["financial_year", "line", "parent", "kind", "gbp"]).assign(source=SOURCE)


def _account(year: str, paid: dict[str, float], rest: dict[str, float], rise: float) -> list[tuple[object, ...]]:
    block = round(0.93 * (sum(paid.values()) + sum(rest.values())), -4)
    rows: list[tuple[object, ...]] = [
        (year, "Dedicated Schools Grant", "", "income", round(block * 5.6, -4)),
        (year, "High needs block", "Dedicated Schools Grant", "income", block),
        (year, "Transfer from the schools block", "", "transfer", round(1_100_000 * rise, -3)),
        (year, PARENT, "", "expenditure", sum(paid.values())),
    ]
    rows += [(year, line, PARENT, "expenditure", gbp) for line, gbp in paid.items()]
    return rows + [(year, line, "", "expenditure", gbp) for line, gbp in rest.items()]


def transport(children: Children) -> pd.DataFrame:
    """Return children carried by setting, place and distance."""
    count = children.frame().groupby(["setting", "place"]).size()
    shares = {"special_state": 0.7, "special_independent": 0.85, "special_non_maintained": 0.8, "resourced_provision": 0.4,
              "sen_unit": 0.4, "specialist_post16": 0.6, "ap_pru": 0.3, "fe": 0.25}  # fmt: skip
    classes = {"in_borough": (("under 3 miles", 0.45, 4_200), ("3 to 8 miles", 0.55, 6_900)),
               "out_of_borough": (("8 to 20 miles", 0.6, 12_500), ("over 20 miles", 0.4, 23_800))}  # fmt: skip
    rows = [
        (setting, place, name, round(count[setting, place] * shares[setting] * part), gbp)
        for setting, place in count.index if setting in shares for name, part, gbp in classes[place]
    ]  # fmt: skip
    columns = ["setting", "place", "distance_class", "children", "gbp_per_child_year"]
    return pd.DataFrame(rows, columns=columns).assign(source=SOURCE)


_PROJECTS = """\
P1|Larkfield School|40|0|ASC|secondary|11|19|special_state|2026-09|2|1300000|High||6400000
P2|Beckside Primary|12|0|ASC|primary|4|11|resourced_provision|2026-09|1|300000|High||650000
P3|Kingsway Academy|15|0|SEMH|secondary|11|16|resourced_provision|2027-01|1|380000|High||900000
P4|New special school|120|30|Complex needs||4|16|special_state|2028-09|3|3900000|High|site of the former depot|21000000
P5|Priory School|10|0|SLCN|secondary|11|16|sen_unit|2026-09|1|210000|Medium||420000
P6|Heronswood School|16|8|PMLD|primary|2|11|special_state|2027-09|1|260000|Medium|P4|2700000
P7|Compass Centre|20|0|SEMH|secondary|11|16|ap_pru|2027-09|1|450000|Medium||1500000
P8|Tideford College|24|0|SLD|post_16|16|25|fe_specialist|2026-09|1|520000|Medium||800000
P9|Children's centre, South|10|0||early_years|2|4|early_years|2026-09|0||Low||250000
P10|Eastgate Primary|10|0|MLD|primary|4|11|resourced_provision||1|150000|Low|lease|500000
"""
_PROJECT_COLUMNS = ("project provider places replaces_places need phase min_age max_age setting opens ramp_years "
                    "saving_gbp_per_year priority depends_on capital").split()  # fmt: skip


def _project_rows() -> list[dict[str, str]]:
    rows = [line.split("|") for line in _PROJECTS.splitlines()]
    return [dict(zip(_PROJECT_COLUMNS, row, strict=True)) for row in rows]


def projects() -> pd.DataFrame:
    """Return the projects that the authority is thinking of; one has no date yet."""
    return pd.DataFrame(_project_rows()).drop(columns="capital").assign(source=SOURCE)


def project_capital() -> pd.DataFrame:
    """Return capital by financial year: the larger projects are paid for over three years."""
    rows = []
    for row in _project_rows():
        end, gbp = int((row["opens"] or "2028-09")[:4]), int(row["capital"])
        parts = (0.2, 0.5, 0.3) if gbp > 5_000_000 else (1.0,)
        for back, part in zip(range(len(parts) - 1, -1, -1), parts, strict=True):
            rows.append((row["project"], f"{end - back - 1}-{(end - back) % 100:02d}", round(gbp * part, -2)))
    table = pd.DataFrame(rows, columns=["project", "financial_year", "gbp"])
    return table.assign(source=SOURCE)


def capital_funding() -> pd.DataFrame:
    """Return capital funding by financial year and who pays."""
    high_needs = {"2025-26": 5_200_000, "2026-27": 6_900_000, "2027-28": 5_500_000}
    rows = [(year, "High needs provision capital", gbp) for year, gbp in high_needs.items()]
    rows += [("2026-27", "Developer contributions", 1_100_000), ("2027-28", "Council borrowing", 6_000_000),
             ("2028-29", "Developer contributions", 900_000)]  # fmt: skip
    return pd.DataFrame(rows, columns=["financial_year", "source", "gbp"]).assign(note=SOURCE)


_INTERVENTIONS = """\
Early help|early_help|new_plan_rate||2027||2|-0.06|350000|Head of early help
Inclusion in mainstream schools|mainstream_inclusion|inclusion_shift||2027||3|0.15|420000|Principal educational psychologist
Resourced bases|resourced_bases|project_on|P2||||1||Head of school organisation
Resourced bases|resourced_bases|project_on|P3||||1||Head of school organisation
Resourced bases|resourced_bases|project_on|P5||||1||Head of school organisation
Annual reviews|annual_review|cease_rate||2027||2|0.05|180000|SEND service manager
Fee negotiation|fee_negotiation|fee_change||2027||2|-0.03|60000|Head of commissioning
Fee negotiation|fee_negotiation|out_of_borough_price_change||2027|||0.035||Head of commissioning
"""
_INTERVENTION_COLUMNS = ("intervention kind lever project from_year to_year ramp_years value cost_gbp_per_year "
                         "owner").split()  # fmt: skip


def interventions() -> pd.DataFrame:
    """Return what the authority means to do besides building, with what it costs and who answers for it."""
    rows = [line.split("|") for line in _INTERVENTIONS.splitlines()]
    return pd.DataFrame(rows, columns=_INTERVENTION_COLUMNS).assign(status="judgement", source=SOURCE)


def bases() -> tuple[str, ...]:
    """Return the projects that an intervention builds."""
    rows = interventions()
    return tuple(rows.loc[rows["lever"] == "project_on", "project"])
