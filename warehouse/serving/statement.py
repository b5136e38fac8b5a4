"""One statement that only reads, within limits of time and rows, carried out in this process. Loads
DuckDB and nothing heavier.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb

from warehouse.errors import Problem, QueryError
from warehouse.serving.additivity import REMEDY as ADDING
from warehouse.serving.additivity import refuse_wrong_sums
from warehouse.serving.guard import read_statement
from warehouse.store.reading import open_sealed

PIVOT = re.compile(r"[^;]*\bpivot\b[^;]*;?\s*$", re.IGNORECASE)
REMEDY = "`transit tables` lists the views, `transit describe <view>` their columns."
P95_ADDED = "a p95 is not a number to calculate with: it does not add up over series"
P95_REMEDY = f"Read one as p95.gbps. {ADDING}"


@dataclass(frozen=True)
class Answer:
    """Rows as Python values. `truncated`: there are more than were asked for."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool


def ask_here(
    path: Path,
    sql: str,
    *,
    params: Mapping[str, object] | None = None,
    max_rows: int = 1000,
    timeout_seconds: float = 60.0,
) -> Answer:
    """The answer to one reading statement with $named parameters. Raises as
    `warehouse.serving.query.ask` does.

    A step that heeds no interruption (planning, one value of gigabytes) goes on past its time: who
    calls this must be able to end its own process, or ask through `warehouse.serving.query`.
    """
    with open_sealed(path) as connection:
        return ask_on(
            connection, sql, params=params, max_rows=max_rows, timeout_seconds=timeout_seconds
        )


def ask_on(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    *,
    params: Mapping[str, object] | None = None,
    max_rows: int = 1000,
    timeout_seconds: float = 60.0,
) -> Answer:
    """As `ask_here`, on a reader that is open already."""
    with _limits(connection, timeout_seconds):
        relation = _relation(connection, sql, params).limit(max_rows + 1)
        rows = relation.fetchall()
        return Answer(
            tuple(relation.columns),
            tuple(map(str, relation.types)),
            rows[:max_rows],
            truncated=len(rows) > max_rows,
        )


def arrow_here(
    path: Path,
    sql: str,
    *,
    params: Mapping[str, object] | None,
    max_rows: int,
    timeout_seconds: float,
) -> Any:
    """As `ask_here`, as an Arrow table of at most `max_rows` rows."""
    with open_sealed(path) as connection, _limits(connection, timeout_seconds):
        return _relation(connection, sql, params).limit(max_rows).to_arrow_table()


def _relation(
    connection: duckdb.DuckDBPyConnection, sql: str, params: Mapping[str, object] | None
) -> duckdb.DuckDBPyRelation:
    sql.encode()  # DuckDB takes no half letters, and says so of its argument's type
    if PIVOT.match(sql) and len(connection.extract_statements(sql)) > 1:
        raise QueryError(
            "a pivot must name the values that become columns",
            [Problem("pivot", "would first have to look for them, and keep them")],
            "Write them out: pivot traffic_month on direction in ('in', 'out') using "
            "max(mean_gbps) group by series_id",
        )
    statement, nodes = read_statement(connection, sql)
    given = dict(params or {})
    wanted = statement.named_parameters
    problems = [Problem(f"${name}", "has no value") for name in sorted(wanted - set(given))]
    problems += [
        Problem(f"${name}", "is not in the statement") for name in sorted(set(given) - wanted)
    ]
    if problems:
        raise QueryError("the parameters do not fit the statement", problems)
    refuse_wrong_sums(connection, nodes)
    relation = cast("duckdb.DuckDBPyRelation | None", connection.sql(sql, params=given or None))
    if relation is None:
        raise QueryError("the statement gives no rows", [Problem("statement", sql.strip())])
    return relation


@contextmanager
def _limits(connection: duckdb.DuckDBPyConnection, timeout_seconds: float) -> Iterator[None]:
    """Stops what runs too long, and turns DuckDB's errors into ours."""
    done = threading.Event()

    def stop() -> None:
        # Again and again: an interruption that falls between planning and running is forgotten.
        pause = timeout_seconds
        while not done.wait(pause):
            connection.interrupt()
            pause = 0.05

    watch = threading.Thread(target=stop, daemon=True)
    watch.start()
    try:
        yield
    except UnicodeEncodeError as error:
        raise QueryError(
            "the query is no text",
            [Problem("query", f"has half a letter at place {error.start} (a lone surrogate)")],
            "Write it as UTF-8.",
        ) from error
    except duckdb.InterruptException as error:
        raise QueryError(
            f"the query was stopped after {timeout_seconds:g} seconds",
            [Problem("query", "ran too long")],
            "Ask for fewer rows or periods, or allow more time.",
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise QueryError(
            "the query needs more memory than a reader may use",
            [Problem("query", str(error).splitlines()[0])],
            "Ask for fewer rows, or aggregate first.",
        ) from error
    except duckdb.PermissionException as error:
        raise QueryError(
            "a query can't reach outside the published file",
            [Problem("query", str(error).splitlines()[0])],
        ) from error
    except duckdb.BinderException as error:
        if "STRUCT(gbps DOUBLE)" in str(error):
            raise QueryError(
                P95_ADDED, [Problem("query", str(error).splitlines()[0])], P95_REMEDY
            ) from error
        raise QueryError(
            "the query is wrong", [Problem("query", str(error).strip())], REMEDY
        ) from error
    except duckdb.Error as error:
        raise QueryError(
            "the query is wrong", [Problem("query", str(error).strip())], REMEDY
        ) from error
    finally:
        done.set()
        watch.join()
