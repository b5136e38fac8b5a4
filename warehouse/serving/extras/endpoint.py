"""A published copy served read-only to DuckDB clients elsewhere, by DuckDB's own quack protocol (an
experimental extension).
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.errors import Problem, QueryError, WarehouseError
from warehouse.serving.extras.extensions import extension
from warehouse.serving.guard import macros_of, read_statement
from warehouse.store.reading import OFFLINE, open_sealed

EXTENSIONS = ("httpfs", "quack")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MIN_TOKEN = 16


@contextmanager
def endpoint(
    database: Path,
    *,
    token: str,
    host: str = "localhost",
    port: int = 9494,
    memory_limit: str = "1GB",
    threads: int = 2,
) -> Iterator[str]:
    """Serves `database` until the block ends; gives the address clients attach. Whoever has the
    token may read all of it.

    Only single statements that read are carried out; files, network and settings are out of reach.
    There is no time limit: memory and threads are what a client can use up. A host other than this
    machine's own must be meant by the caller.
    """
    if len(token) < MIN_TOKEN:
        raise QueryError(
            "the token is too short",
            [Problem("token", f"has {len(token)} characters, {MIN_TOKEN} are wanted")],
        )
    with open_sealed(database) as sealed:
        macros = macros_of(sealed)
    extensions = [extension(name, "endpoint") for name in EXTENSIONS]
    config: dict[str, str | bool | int | float | list[str]] = {
        **OFFLINE,
        "temp_directory": "",
        "memory_limit": memory_limit,
        "threads": threads,
    }
    address = f"quack:{host}:{port}"
    with duckdb.connect(str(database.resolve()), read_only=True, config=config) as connection:
        for file in extensions:
            connection.load_extension(str(file))
        parser = duckdb.connect(config=dict(OFFLINE))

        def admits(_: str, given: str, expected: str) -> bool:
            return hmac.compare_digest(given.encode(), expected.encode())

        def reads(_: str, query: str) -> bool:
            return only_reads(parser.cursor(), query, macros)

        connection.create_function(
            "transit_admits", admits, ["VARCHAR", "VARCHAR", "VARCHAR"], "BOOLEAN"
        )
        connection.create_function("transit_reads", reads, ["VARCHAR", "VARCHAR"], "BOOLEAN")
        connection.execute("set global quack_authentication_function = 'transit_admits'")
        connection.execute("set global quack_authorization_function = 'transit_reads'")
        connection.execute("set global TimeZone = 'UTC'")
        try:
            connection.execute(
                "call quack_serve($address, token = $token, allow_other_hostname = $other)",
                {"address": address, "token": token, "other": host not in LOOPBACK},
            )
        except duckdb.Error as error:
            raise WarehouseError(
                "the endpoint can't listen",
                [Problem(address, str(error).splitlines()[0])],
                "Choose another --port.",
            ) from error
        connection.execute(
            "set enable_external_access = false; set python_enable_replacements = false;"
            "set lock_configuration = true;"
        )
        try:
            yield address
        finally:
            connection.execute("call quack_stop($address)", {"address": address})
            parser.close()


def only_reads(parser: duckdb.DuckDBPyConnection, query: str, macros: Collection[str] = ()) -> bool:
    """True for one statement that reads and calls nothing that reaches elsewhere; `macros` are the
    database's own.
    """
    try:
        read_statement(parser, query, macros)
    except (QueryError, duckdb.Error):
        return False
    return True
