"""Flow records of any collector -> traffic of a port by the networks at its ends."""
