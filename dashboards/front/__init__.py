"""What a reader sees first: the argument, its figures, the map, the next orders, and the brief."""
