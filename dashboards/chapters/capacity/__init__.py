"""Segments: load against capacity, orders, money, failures and scenarios."""
