"""The scenes about children: the answer, need against places, plans, where children go."""

from __future__ import annotations

from forecasting.model.run import PUBLISHED
from forecasting.outputs import words
from forecasting.outputs.briefing.scene import ENTITLEMENT, Scene, cut, notes
from forecasting.outputs.figure import Figure, Metric, Subject
from forecasting.outputs.subjects import SUBJECTS, View, send_plans
from forecasting.outputs.subjects.common import by_label
from forecasting.scenario.controls import differences

_CARDS = 6
_FEW = 3  # with fewer headline figures than this, the figures of the page SEND stand beside them


def changed(view: View) -> tuple[str, ...]:
    """Return what the scenario changes of the baseline, one phrase a lever."""
    return differences(view.run.dataset, view.run.assumptions, view.baseline.assumptions)


def answer(view: View, overview: Subject) -> Scene:
    """Return the answer with the headline figures."""
    found = changed(view)
    differs = "This is the baseline: no assumption is changed."
    if found:
        differs = f"The scenario {view.run.scenario.name} changes {words.things(len(found), 'assumption')}."
    cards = _cards(view, overview.metrics)
    said = notes(None, overview.answer, *(f"{m.label}: {m.value}. {m.change}. {m.help}" for m in cards), *found)
    return Scene("answer", "The answer", overview.answer, (differs,), cards, None, said)


def _cards(view: View, found: tuple[Metric, ...]) -> tuple[Metric, ...]:
    if len(found) < _FEW:
        known = {metric.label for metric in found}
        found = (*found, *(metric for metric in SUBJECTS["send"](view).metrics if metric.label not in known))
        found = (*found, *_beside(view))
    return found[:_CARDS]


def _beside(view: View) -> tuple[Metric, ...]:
    """Return what else is known where only plans are: their range and their growth."""
    if not view.has("ehc_plans"):
        return ()
    low, high = (words.count(view.at("ehc_plans", view.last, statistic=name)) for name in ("p10", "p90"))
    first, start = send_plans.known(view)
    rate = (view.at("ehc_plans", view.last) / start) ** (1 / (view.last - first)) - 1 if start else float("nan")
    ranged = (Metric(f"80% range, {view.last}", f"{low} to {high}", "8 of 10 outcomes", "From the draws."),)
    grown = Metric("Growth a year", words.percent(rate), f"{first} to {view.last}", "On average.")
    return (*(ranged if view.forecast.draws else ()), grown)


def need(view: View, overview: Subject) -> Scene | None:
    """Return need against places; None where the data say nothing of places."""
    figure = next((one for one in overview.figures if one.key == "need_against_places"), None)
    if figure is None:
        return None
    said = cut((figure.alt, *(text for text in overview.implications if "£" not in text)), 3)
    return Scene("need", "Need against places", said[0], said[1:], (), figure, notes(figure, *said))


def plans(view: View) -> Scene:
    """Return children with SEND: how many plans there will be, and of what kind."""
    if view.forecast.method == PUBLISHED or not view.has("ehc_plans"):
        send = SUBJECTS["send"](view)
        finding, told, figure = send.answer, list(send.implications), next(iter(send.figures), None)
    else:
        finding, told, figure = send_plans.answer(view), _growing(view), send_plans.plans_figure(view)
    said = cut((ENTITLEMENT, *(text for text in told if "entitlement" not in text)))
    return Scene("plans", "Children with SEND", finding, said, (), figure, notes(figure, finding, *said))


def _growing(view: View) -> list[str]:
    """Return which need and which setting grow most, where the forecast knows."""
    told = []
    labels = (("need", view.run.dataset.needs.label), ("setting", view.run.dataset.settings.label))
    for axis, label in labels:
        if view.has("ehc_plans", axis):
            first = int(view.forecast.margin("ehc_plans", axis).labels[0][0])
            before, after = (by_label(view, "ehc_plans", axis, year, label) for year in (first, view.last))
            gain = (after["value"] - before["value"]).set_axis(after["name"])
            if gain.max() > 0.5:
                told.append(f"By {axis}, the most are added in: {gain.idxmax()}, "
                            f"{words.change(float(gain.max()), 'count', str(first))}.")  # fmt: skip
    first, start = send_plans.known(view)
    years = view.last - first
    if start > 0 and years > 0:
        rate = (view.at("ehc_plans", view.last) / start) ** (1 / years) - 1
        told.append(f"That is {words.percent(rate)} a year on average.")
    return told


def where(view: View) -> Scene | None:
    """Return where children go; None where the data do not say."""
    found = SUBJECTS["placements"](view)
    if not found.sections:
        return None
    figure: Figure | None = next(iter(found.figures), None)
    said = cut((text for text in found.implications if not text.startswith(f"In {view.last}")), 3)
    return Scene("where", "Where children go", found.answer, said, (), figure, notes(figure, found.answer, *said))
