"""The forecast itself: population, plans, placements, costs, run in that order."""
