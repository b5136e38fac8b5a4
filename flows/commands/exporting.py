"""Commands that take the published warehouse elsewhere: files, its dictionary, DuckDB's own
shell.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from flows.folders import read_folders
from warehouse.errors import Problem, QueryError, WarehouseError

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]
Database = Annotated[Path | None, Parameter(name=["--database", "-d"])]


def export(
    folder: Path,
    /,
    *,
    profile: Literal["full", "public"] = "full",
    format: Literal["parquet", "csv"] = "parquet",
    view: list[str] | None = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write the views as files with a description of every column (a frictionless data package).

    Parameters
    ----------
    folder
        Where to write; a folder with an earlier export is replaced.
    profile
        public leaves out prices, names that may be a customer's, and sentences; routes are
        numbered.
    format
        parquet or csv.
    view
        Only this view; may be repeated.
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Take this file instead of the published one.
    """
    from warehouse.serving.export import PUBLIC, export_marts

    files = export_marts(
        database or read_folders(config).published_database,
        folder,
        profile=profile,
        file_format=format,
        views=view or (),
    )
    print(f"{len(files)} files in {folder}")
    if profile == "public":
        print(PUBLIC)


def dictionary(
    folder: Path = Path("dictionary"), /, *, config: Config = None, database: Database = None
) -> None:
    """Write the data dictionary: every view, table and column, its unit, and which flow it comes
    from.

    Parameters
    ----------
    folder
        Where data-dictionary.md and data-dictionary.html go.
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Describe this file instead of the published one.
    """
    from warehouse.serving.dictionary import write_dictionary

    for file in write_dictionary(database or read_folders(config).published_database, folder):
        print(file)


def shell(*, config: Config = None, database: Database = None) -> None:
    """Open DuckDB's own command line on the published copy, read-only.

    Parameters
    ----------
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Open this file instead of the published one.
    """
    from warehouse.store.reading import open_sealed

    path = database or read_folders(config).published_database
    open_sealed(path).close()
    program = shutil.which("duckdb")
    if program is None:
        raise QueryError(
            "DuckDB's command line is not installed",
            [Problem("duckdb", "is not on the PATH")],
            "Install it (`pip install duckdb-cli`, or a download from duckdb.org), or ask "
            "with `transit query`.",
        )
    # The link is followed now, so that the shell keeps its edition while newer ones are published.
    arguments = [
        program,
        "-readonly",
        str(path.resolve()),
        "-cmd",
        "set search_path = 'mart'; set TimeZone = 'UTC';",
    ]
    try:
        os.execv(program, arguments)
    except OSError as error:
        raise WarehouseError(
            "DuckDB's command line can't be started", [Problem(program, str(error))]
        ) from error
