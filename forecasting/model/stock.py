"""EHC plans in the detail that places and costs need: every run by need, phase and kind of setting."""

from __future__ import annotations

from dataclasses import dataclass

from forecasting.values import Floats


@dataclass(frozen=True, eq=False)
class Stock:
    """Plans maintained, as a method of plans forecasts them.

    Attributes:
        years: January census years; the first is the last actual one.
        needs: codes of needs along axis 2 of `plans`.
        phases: codes of phases along axis 3.
        settings: codes of settings along axis 4: the setting that children would have on the rates of the past.
        plans: run × year × need × phase × setting; children. Run 0 is the central run, then the draws.
        arriving: share of the children of a year who are new to their phase or setting kind and so can be placed
            afresh; year × phase. Reception, Year 7 and Year 12 are transition points.
    """

    years: tuple[int, ...]
    needs: tuple[str, ...]
    phases: tuple[str, ...]
    settings: tuple[str, ...]
    plans: Floats
    arriving: Floats
