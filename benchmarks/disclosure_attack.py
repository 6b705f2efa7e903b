"""Attack every export: `python benchmarks/disclosure_attack.py [DATASET…]`, the bundled datasets when none is named.

For each scenario of each dataset the forecast table is exported as it is shared outside, and an attacker who knows
every printed figure and every sum tries to bound each withheld figure to a range below the threshold; then with plans
followed from one January to the next, with the export of the baseline in hand too, and with every return beside them.
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
from tests.outputs.attack import exposed, exposed_across_years, exposed_by_returns, exposed_side_by_side


def main() -> None:
    """Print a line for each export: how many withheld figures were attacked, how many are exposed."""
    policy = Policy()
    for path in sys.argv[1:] or map(str, bundled().values()):
        data = load([path])
        made = {name: run(data, scenario) for name, scenario in dataset_scenarios(data).items()}
        first = made["baseline"]
        for name, done in made.items():
            both = [first] if done is first else [first, done]
            told = [each.forecast for each in both]
            attacks = {
                "forecast table": lambda done=done: _counted(exposed(done.forecast, policy)),
                "from year to year": lambda done=done: _counted(exposed_across_years(done.forecast, policy)),
                "beside the baseline": lambda told=told: _counted(exposed_side_by_side(told, policy)),
                "returns": lambda both=both: exposed_by_returns(both, policy),
            }
            for what, attack in attacks.items():
                began = time.process_time()
                try:
                    bad, attacked = attack()
                except SufficiencyError as error:
                    print(f"{path}  {name}  {what}: {error}")
                    continue
                _say(path, name, what, attacked, bad, began)


def _counted(result: tuple[list[str], int]) -> tuple[int, int]:
    for text in result[0]:
        print("   ", text)
    return len(result[0]), result[1]


def _say(path: str, scenario: str, what: str, attacked: int, exposed_ones: int, began: float) -> None:
    seconds = time.process_time() - began
    print(
        f"{Path(path).name}  {scenario}  {what}: {attacked:,} attacked, {exposed_ones} exposed ({seconds:.0f} s)",
        flush=True,
    )


if __name__ == "__main__":
    main()
