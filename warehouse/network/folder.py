"""A network from anyone's folder of CSV files, without a warehouse."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from warehouse.errors import NetworkError, Problem
from warehouse.network.model import Network

FILES = {
    "segment": "segments.csv",
    "route": "routes.csv",
    "route_path": "route_paths.csv",
    "risk_group": "risk_groups.csv",
    "capacity": "capacity.csv",
    "node": "nodes.csv",
}
OPTIONAL = frozenset({"risk_group", "capacity", "node"})


def read_table(file: Path) -> pl.DataFrame:
    """A CSV file as text columns, blanks as nulls. Raises NetworkError where it is no UTF-8
    table.
    """
    try:
        frame = pl.read_csv(file, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise NetworkError(
            f"{file.name} can't be read",
            [Problem(str(file), str(error).splitlines()[0])],
            "Save it as CSV in UTF-8 with a header line.",
        ) from error
    trimmed = frame.rename({name: name.strip().lower() for name in frame.columns})
    return trimmed.with_columns(pl.all().str.strip_chars().replace("", None))


def read_network(folder: Path) -> Network:
    """From segments.csv, routes.csv and route_paths.csv, and risk_groups.csv, capacity.csv and
    nodes.csv where they are.

    Columns as in warehouse.schema; only the ids, ends, seq and lit_gbps must be there. Raises
    NetworkError.
    """
    absent = [
        name for key, name in FILES.items() if key not in OPTIONAL and not (folder / name).is_file()
    ]
    if absent:
        raise NetworkError(
            f"{folder} holds no network",
            [Problem(name, "the file is missing") for name in absent],
            "Name a folder with segments.csv, routes.csv and route_paths.csv.",
        )
    return Network.from_frames(
        {key: read_table(folder / name) for key, name in FILES.items() if (folder / name).is_file()}
    )
