"""One chart per file: a frame in, a Vega-Lite specification out."""
