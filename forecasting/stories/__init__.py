"""Scenarios: stated changes to the inputs of a plan, and the plan that follows from them."""
