"""What every output bears: what it was made from, so that it can be made again, and what must not be overlooked."""

from __future__ import annotations

from datetime import UTC, datetime

from forecasting.model.run import Run
from forecasting.outputs.disclosure import INTERNAL, Policy

SYNTHETIC = "Synthetic data: made up, of no real authority. Not to be used for decisions."
_LABELS = {
    "version": "Software version", "dataset": "Data hash", "scenario": "Scenario hash",
    "assumptions": "Assumption hash", "method": "Method", "to": "Last year", "draws": "Draws", "seed": "Seed",
}  # fmt: skip


def now() -> datetime:
    """Return the time of making, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)


def stamp(run: Run, made: datetime) -> tuple[tuple[str, str], ...]:
    """Return label and text of everything that is needed to make an output of a run again, and when it was made."""
    held = tuple((_LABELS.get(name, name), text) for name, text in run.forecast.stamp)
    return (*held, ("Made (UTC)", f"{made:%Y-%m-%d %H:%M:%S}"), ("To make it again", again(run)))


def again(run: Run) -> str:
    """Return the command that makes the forecast of a run again; DATASET stands for the tables read."""
    held = dict(run.forecast.stamp)
    return (
        f'python -m forecasting forecast DATASET --scenario "{run.scenario.name}" --to {held["to"]} '
        f"--method {held['method']} --draws {held['draws']} --seed {held['seed']}"
    )


def marks(run: Run, policy: Policy = INTERNAL) -> tuple[str, ...]:
    """Return the sentences that every sheet of an output bears: synthetic data, what is done to small numbers."""
    return (*((SYNTHETIC,) if run.dataset.synthetic else ()), policy.sentence)
