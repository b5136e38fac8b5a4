"""History to joint draws, draws to a capacity plan: frames and arrays in, frames and arrays out.

`demand.engine.forecast` makes joint draws of every series or a reason why not; `capacity.plan.plan`
sends them through every failure of the network to runout dates, orders and money. `stories`,
`entry`, `review` and `standalone` build on these two. Nothing here reads a clock, a file of
settings, or the database; seeds and dates are arguments, so the same inputs give the same numbers.
"""
