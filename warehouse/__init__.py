"""Files and counters to DuckDB, DuckDB to frames: the facts, the network and what analysts ask.

`loading.load.load_files` brings traffic in with a sum that balances, `loading.reference` the
network, `store.database.Warehouse` keeps both append-only, `serving` publishes finished copies and
answers questions to them. `schema` says what every frame that crosses a floor holds; `errors` and
`reasons` say why something is not so. SQL is in `sql/`, one statement or view a file.
"""
