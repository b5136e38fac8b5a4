"""The candidate models, one file per family: each is a function of a window of history and says a
point forecast.
"""
