"""Store-days with exact truth: people, products and devices, simulated.

All figures that come from these days are simulated: none says how well anything works in a shop.
"""

from storeday.simulate.scenario import Scenario, ScenarioError, load_scenario, scenario_names
from storeday.simulate.world import World
from storeday.simulate.write import SimulatedDay, simulate_store_day

__all__ = [
    "Scenario",
    "ScenarioError",
    "SimulatedDay",
    "World",
    "load_scenario",
    "scenario_names",
    "simulate_store_day",
]
