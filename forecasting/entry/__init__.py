"""Routes with no history: what they may carry, whom they take it from, and how they are judged
later.
"""
