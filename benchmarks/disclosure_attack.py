"""Attack every export: `python benchmarks/disclosure_attack.py [DATASET…]`, the bundled datasets when none is named.

For each scenario of each dataset the forecast table is exported as it is shared outside, and an attacker who knows
every printed figure and every sum tries to bound each withheld figure to a range below the threshold; then every return
beside it.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from forecasting.errors import SufficiencyError
from forecasting.inputs.bundled import bundled
from forecasting.inputs.load import load
from forecasting.model.run import run
from forecasting.outputs.disclosure import Policy
from forecasting.scenario.from_dataset import dataset_scenarios
from tests.outputs.attack import exposed, exposed_by_returns


def main() -> None:
    """Print a line for each export: how many withheld figures were attacked, how many are exposed."""
    policy = Policy()
    for path in sys.argv[1:] or map(str, bundled().values()):
        data = load([path])
        for name, scenario in dataset_scenarios(data).items():
            made, began = run(data, scenario), time.process_time()
            found, attacked = exposed(made.forecast, policy)
            _say(path, name, "forecast table", attacked, len(found), began)
            for text in found:
                print("   ", text)
            began = time.process_time()
            try:
                bad, attacked = exposed_by_returns([made], policy)
            except SufficiencyError as error:
                print(f"{path}  {name}  returns: {error}")
                continue
            _say(path, name, "returns", attacked, bad, began)


def _say(path: str, scenario: str, what: str, attacked: int, exposed_ones: int, began: float) -> None:
    seconds = time.process_time() - began
    print(
        f"{Path(path).name}  {scenario}  {what}: {attacked:,} attacked, {exposed_ones} exposed ({seconds:.0f} s)",
        flush=True,
    )


if __name__ == "__main__":
    main()
