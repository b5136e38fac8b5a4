"""From draws to a plan: loads in every failure state, runout, orders, upgrades and money."""
