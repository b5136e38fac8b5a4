"""How a finished database is opened for reading: sealed off from files, network and settings.
Imports DuckDB alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.errors import Problem, WarehouseError

OFFLINE: Mapping[str, str | bool] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}
"""DuckDB fetches extensions from the network unless told not to."""


@contextmanager
def let_go(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Where a signal ended a query in this block, DuckDB's other threads still work at it, and
    whatever is asked next waits for them.
    """
    try:
        yield
    except BaseException:
        connection.interrupt()
        raise


def open_sealed(
    path: Path, *, memory_limit: str = "1GB", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """Opens a warehouse read-only, without access to anything else. Raises WarehouseError that says
    what to do.
    """
    place = str(path)
    if not path.is_file():
        raise WarehouseError(
            "there is no published warehouse here",
            [
                Problem(
                    place,
                    "does not exist" if not path.is_symlink() else "links to a file that is gone",
                )
            ],
            "Run `transit run` (or `transit publish`) first, or give the path of another one.",
        )
    config: dict[str, str | bool | int | float | list[str]] = {
        **OFFLINE,
        "enable_external_access": False,
        "temp_directory": "",
        "memory_limit": memory_limit,
        "threads": threads,
    }
    try:
        # The link is followed here: a process keeps reading the edition it opened.
        connection = duckdb.connect(str(path.resolve()), read_only=True, config=config)
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        if "set lock on file" in said:
            remedy = "This is the working database of a run; read the published copy instead."
        elif "version" in said.lower():
            remedy = (
                f"It was made by another DuckDB than the installed {duckdb.__version__}: "
                "update this software, or publish again."
            )
        else:
            remedy = (
                "Give the path of a published warehouse, or make this one anew with `transit "
                "publish`."
            )
        raise WarehouseError(
            "the warehouse can't be opened", [Problem(place, said)], remedy
        ) from error
    found = connection.execute(
        "select count(*) from duckdb_views() where schema_name = 'mart'"
    ).fetchone()
    if not found or not found[0]:
        connection.close()
        raise WarehouseError(
            "this DuckDB file is not a warehouse of this software",
            [Problem(place, "has no views in the schema mart")],
            "Give the path of a published warehouse, or run `transit publish` to make it anew.",
        )
    # Python variables are no tables here.
    connection.execute(
        "set enable_progress_bar = false; set python_enable_replacements = false; set "
        "TimeZone = 'UTC'; set search_path = 'mart'; set lock_configuration = true;"
    )
    return connection
