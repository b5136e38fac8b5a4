"""DuckDB's extensions as wheels bring them: nothing is downloaded by DuckDB itself."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from warehouse.errors import Problem, WarehouseError


def extension(name: str, extra: str) -> Path:
    """The file of DuckDB's extension `name` for the installed DuckDB. Raises WarehouseError naming
    `extra`, which brings it.
    """
    found = find_spec(f"duckdb_extension_{name}")
    folder = (
        Path(next(iter(found.submodule_search_locations or []))) / "extensions" if found else Path()
    )
    file = folder / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.is_file():
        others = ", ".join(sorted(place.name for place in folder.glob("v*"))) if found else ""
        raise WarehouseError(
            f"DuckDB's {name} extension is not installed",
            [
                Problem(
                    f"duckdb-extension-{name}",
                    f"no wheel for DuckDB {duckdb.__version__} is here"
                    + (f", only for {others}" if others else ""),
                )
            ],
            f"Install it{' and its DuckDB' if others else ''}: pip install "
            f'"transit-forecast[{extra}]".',
        )
    return file
