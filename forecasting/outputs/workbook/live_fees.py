"""Fees of independent and non-maintained places, as formulas, and what health and social care pay of them."""

from __future__ import annotations

from collections.abc import Sequence

from forecasting.outputs.workbook.live_costs import Ground, add_up, rate_of, together
from forecasting.outputs.workbook.terms import Path, figures, largest, total
from forecasting.values import Floats

_FEW = 1e-9


def fees(found: Ground) -> dict[str, Path]:
    """Write fees by setting, and what health and social care pay of them; docs/method_costs.md, section 4."""
    work, years = found.work, found.years
    stay = work.inputs.path("residential_share", years)
    shared = {name: work.inputs.path(f"joint_{name}_share", years) for name in ("health", "care")}
    work.board.open("Fees of independent and non-maintained places", years, found.heads)
    rows, joint = {}, dict[str, list[Path]](health=[], care=[])
    for at, setting in enumerate(found.allocation.settings):
        if not found.base.rates.fee_day[:, at].any() and not found.base.rates.fee_residential[:, at].any():
            continue
        parts = [
            _fee(found, at, name, rates, children, stay, shared) for name, rates, children in _fee_groups(found, at)
        ]
        factor = found.factor(found.base.calibration.variable, at)
        rows[setting] = together(found, f"{found.label(at)}: fees", [net for net, _ in parts], at)
        for name, share in shared.items():
            away = total([away for _, away in parts]) * share
            joint[name].append(
                found.put(
                    f"{found.label(at)}: paid by {name}",
                    away if factor is None else away * factor,
                    "Residential fees × share paid",
                )
            )
    add_up(found, "fee", rows)
    sums = [_joint(found, name, paths) for name, paths in joint.items()]
    work.live.add("joint_funding_gbp", found.put("Paid by partners", total(sums), "Health + social care"))
    work.board.close()
    return rows


def _joint(found: Ground, name: str, paths: list[Path]) -> Path:
    path = total(paths) if paths else figures(found.years, [0.0] * len(found.years))
    label = "Health" if name == "health" else "Social care"
    return found.work.live.add("joint_funding_gbp", found.put(f"{label} pays", path, "Sum"), name)


def _fee_groups(found: Ground, at: int) -> list[tuple[str, tuple[float, float], Floats]]:
    """Return name, day and residential fee, and children of each need; needs with the same fees together."""
    rate, children = found.base.rates, found.base.volumes.by_need[0]
    groups: dict[tuple[float, float], list[int]] = {}
    for n in range(len(found.allocation.needs)):
        groups.setdefault((float(rate.fee_day[n, at]), float(rate.fee_residential[n, at])), []).append(n)
    named = [
        (
            found.label(at) if len(groups) == 1 else f"{found.label(at)}, {_needs(found, needs)}",
            fee,
            children[:, needs, at].sum(axis=1),
        )
        for fee, needs in groups.items()
    ]
    return [group for group in named if group[2].max() > _FEW] or named[:1]


def _needs(found: Ground, at: Sequence[int]) -> str:
    return " and ".join(found.work.run.dataset.needs.label(found.allocation.needs[n]) for n in at)


def _fee(
    found: Ground, at: int, name: str, fee: tuple[float, float], children: Floats, stay: Path, shared: dict[str, Path]
) -> tuple[Path, Path]:
    """Write what education pays for a group of children; return it, and the whole of their residential fees."""
    data, index = found.work.data, found.index["fee"]
    day, away = (
        data.cell(f"{name}: {words} fee", value, "gbp", "£ a child and year, the whole fee")
        for words, value in zip(("day", "residential"), fee, strict=True)
    )
    count = found.many(f"{name}: children", children)
    here = found.put(
        f"{name}: day fee a child", (stay * -1.0 + 1.0) * day * index, "Day fee × share who are not residential"
    )
    whole = found.put(f"{name}: residential fee a child", stay * away * index, "Residential fee × residential share")
    partners = shared["health"] + shared["care"]
    paid = here + whole * (partners * -1.0 + 1.0)
    how = "Day + residential less the share of partners"
    department = found.base.rates.department[at]
    if department.any():
        paid = largest(paid - rate_of(found, f"{name}: place paid by the Department", department), 0.0)
        how = f"{how}, less the place that the Department pays"
    each_child = found.put(f"{name}: education pays a child", paid, how)
    return (
        found.put(f"{name}: fees before the budget", count * each_child, "Children × fee"),
        found.put(f"{name}: residential fees", count * whole, "Children × residential fee"),
    )
