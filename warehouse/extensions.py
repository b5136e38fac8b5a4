"""DuckDB's extensions as wheels bring them: nothing is downloaded by DuckDB itself."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from warehouse.errors import Problem, WarehouseError


def extension(name: str, extra: str) -> Path:
    """The file of DuckDB's extension `name` for the installed DuckDB. Raises WarehouseError naming `extra`, which brings it."""
    found = find_spec(f"duckdb_extension_{name}")
    folder = Path(next(iter(found.submodule_search_locations or []))) if found else Path()
    file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.is_file():
        raise WarehouseError(
            f"DuckDB's {name} extension is not installed",
            [Problem(f"duckdb-extension-{name}", f"no wheel for DuckDB {duckdb.__version__} is here")],
            f'Install it: pip install "transit-forecast[{extra}]".',
        )
    return file
