"""The bundled example: facts of Central Asia, and a simulator for the traffic nobody publishes."""
