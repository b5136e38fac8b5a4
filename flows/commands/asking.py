"""Commands that ask the published warehouse. They must answer at once, so heavy libraries are
imported where used.
"""

from __future__ import annotations

import csv
import difflib
import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from flows.folders import read_folders
from warehouse.errors import Problem, QueryError
from warehouse.serving.query import describe as describe_view
from warehouse.serving.query import tables as list_tables
from warehouse.serving.questions import examples as list_examples
from warehouse.serving.statement import Answer, ask_here
from warehouse.serving.worker import GRACE_SECONDS

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]
Database = Annotated[Path | None, Parameter(name=["--database", "-d"])]
Format = Literal["table", "csv", "json", "parquet", "xlsx"]


def query(
    sql: str = "-",
    /,
    *,
    file: Path | None = None,
    param: Annotated[list[str] | None, Parameter(name=["--param", "-p"])] = None,
    params: str | None = None,
    format: Annotated[Format, Parameter(name=["--format", "-f"])] = "table",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    max_rows: int = 1000,
    timeout: float = 60.0,
    config: Config = None,
    database: Database = None,
) -> None:
    """Ask the published warehouse in SQL. It only reads, and reaches nothing but the published
    copy.

    Parameters
    ----------
    sql
        One statement; `-` (or nothing) reads it from standard input.
    file
        Read the statement from a file instead.
    param
        name=value for each $name in the statement; may be repeated.
    params
        The same as one JSON object, or a JSON file that holds it.
    format
        table, csv, json; parquet and xlsx need --output.
    output
        Write to this file instead of the terminal.
    max_rows
        At most so many rows; more are cut, and that is said.
    timeout
        Seconds after which the query is stopped.
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Ask this file instead of the published one.
    """
    statement = _statement(sql, file)
    with _ended_after(timeout + GRACE_SECONDS):
        answer = ask_here(
            _database(config, database),
            statement,
            params=_json_params(params) | _params(param or []),
            max_rows=max_rows,
            timeout_seconds=timeout,
        )
    show(answer, format, output)
    if answer.truncated:
        print(f"Cut after {max_rows} rows; --max-rows allows more.", file=sys.stderr)


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Ends the process where a query heeds no interruption: one value of gigabytes is made in a
    single step.
    """

    def end() -> None:
        print(
            "QueryError: the query did not stop when its time was up, and was ended by "
            "force\n  query: makes something too large in one step\nAsk for fewer rows or "
            "shorter texts.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def tables(*, config: Config = None, database: Database = None) -> None:
    """List the views analysts can use, with what they are.

    Parameters
    ----------
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Look into this file instead of the published one.
    """
    show(list_tables(_database(config, database)), "table", None)


def describe(view: str, /, *, config: Config = None, database: Database = None) -> None:
    """Explain a view: every column, its unit and meaning.

    Parameters
    ----------
    view
        A view's name, such as order_plan.
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Look into this file instead of the published one.
    """
    path = _database(config, database)
    answer = describe_view(path, view)
    schema, _, name = view.rpartition(".")
    kinds = {row[0]: row[2] for row in list_tables(path, schema=schema or "mart").rows}
    print(f"{schema or 'mart'}.{name}: {kinds.get(name) or ''}\n")
    show(answer, "table", None)
    if using := [
        question.name
        for question in list_examples()
        if re.search(rf"\bmart\.{re.escape(name)}\b", question.sql)
    ]:
        print(f"\nExamples: {', '.join(using)} (`transit examples NAME`)")


def examples(
    name: str | None = None, /, *, config: Config = None, database: Database = None
) -> None:
    """Questions people ask, each as SQL that runs.

    Parameters
    ----------
    name
        Show this question's SQL and its answer; without it, list all.
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Ask this file instead of the published one.
    """
    questions = {question.name: question for question in list_examples()}
    if name is None:
        width = max(map(len, questions))
        for question in questions.values():
            print(f"{question.name:<{width}}  {question.text}")
        print("\n`transit examples NAME` shows the SQL and runs it.")
        return
    if name not in questions:
        near = difflib.get_close_matches(name, questions, n=3)
        raise QueryError(
            "there is no such example",
            [Problem(name, f"did you mean {', '.join(near)}?" if near else "is unknown")],
            "`transit examples` lists them.",
        )
    print(questions[name].sql)
    show(ask_here(_database(config, database), questions[name].sql), "table", None)


def runs(*, config: Config = None, database: Database = None) -> None:
    """The runs in the published warehouse, the newest first.

    Parameters
    ----------
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Look into this file instead of the published one.
    """
    statement = (
        "select run_id, grain, origin, known_at, latest, simulated, code_version, data_hash, seed "
        "from mart.run_history order by known_at desc, run_id"
    )
    show(ask_here(_database(config, database), statement), "table", None)


def _database(config: Path | None, database: Path | None) -> Path:
    return database or read_folders(config).published_database


def _statement(sql: str, file: Path | None) -> str:
    if file is not None:
        if sql != "-":
            raise QueryError(
                "give the statement or a file, not both",
                [Problem("query", sql), Problem("--file", str(file))],
            )
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise QueryError(
                "the file can't be read",
                [Problem(str(file), str(error))],
                "Give a UTF-8 file with SQL.",
            ) from error
    return sys.stdin.read() if sql == "-" else sql


def _params(given: Sequence[str]) -> dict[str, object]:
    """name=value pairs; a value that reads as a whole number or a number is one."""
    params: dict[str, object] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise QueryError(
                "a parameter is not name=value",
                [Problem("--param", pair)],
                "Write --param segment=KZTM-OLD",
            )
        params[name] = _number(value)
    return params


def _json_params(given: str | None) -> dict[str, object]:
    if given is None:
        return {}
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError) as error:
        raise QueryError(
            "the parameters can't be read",
            [Problem("--params", str(error))],
            "Give a JSON object, or a file with one.",
        ) from error
    if not isinstance(found, dict):
        raise QueryError(
            "the parameters are no JSON object",
            [Problem("--params", text)],
            'Write --params \'{"segment": "KZTM-OLD"}\'',
        )
    return found


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _plain(cell: Any) -> Any:
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()
    return float(cell) if isinstance(cell, Decimal) else cell


def _told(cell: Any) -> Any:
    plain = _plain(cell)
    return str(cell) if plain is cell else plain


def _flat(answer: Answer) -> Answer:
    """A struct's parts as columns of their own, such as p95.gbps: tables and sheets have no room
    for a struct.
    """
    if not any(kind.startswith("STRUCT(") for kind in answer.types):
        return answer
    columns: list[tuple[str, str]] = []
    picks: list[tuple[int, str | None]] = []
    for at, (name, kind) in enumerate(zip(answer.columns, answer.types, strict=True)):
        parts = (
            re.findall(r"(?:STRUCT\(|, )(\w+) (\w+)", kind) if kind.startswith("STRUCT(") else []
        )
        if not parts or kind.endswith("[]"):
            columns.append((name, kind))
            picks.append((at, None))
        for part, part_kind in parts if not kind.endswith("[]") else []:
            columns.append((f"{name}.{part}", part_kind))
            picks.append((at, part))
    rows = [
        tuple(row[at] if part is None else (row[at] or {}).get(part) for at, part in picks)
        for row in answer.rows
    ]
    return Answer(
        tuple(name for name, _ in columns),
        tuple(kind for _, kind in columns),
        rows,
        answer.truncated,
    )


def show(answer: Answer, output_format: Format, output: Path | None) -> None:
    if output_format in {"table", "csv", "xlsx"}:
        answer = _flat(answer)
    if output_format in {"parquet", "xlsx"}:
        if output is None:
            raise QueryError(
                f"{output_format} is no text",
                [Problem("--format", output_format)],
                "Name a file with --output.",
            )
        _write_binary(answer, output_format, output)
        return
    if output is not None:
        with output.open("w", encoding="utf-8", newline="") as file:
            _write_text(answer, "csv" if output_format == "table" else output_format, file)
        return
    if output_format == "table":
        print_table(answer)
    else:
        _write_text(answer, output_format, sys.stdout)


def _write_text(answer: Answer, output_format: Format, file: Any) -> None:
    if output_format == "json":
        rows = [dict(zip(answer.columns, map(_plain, row), strict=True)) for row in answer.rows]
        json.dump(rows, file, ensure_ascii=False, indent=1, default=_told)
        file.write("\n")
    else:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(
            [["" if cell is None else _plain(cell) for cell in row] for row in answer.rows]
        )


def _write_binary(answer: Answer, output_format: Format, output: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(
        answer.rows, schema=list(answer.columns), orient="row", infer_schema_length=None
    )
    if output_format == "parquet":
        frame.write_parquet(output)
    else:
        # A sheet knows no time zones: times stay UTC. Lists become text.
        zoned = [
            name
            for name, kind in frame.schema.items()
            if isinstance(kind, pl.Datetime) and kind.time_zone
        ]
        nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
        frame.with_columns(
            *(
                pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
                for name in zoned
            ),
            *(pl.Series(name, list(map(str, frame[name].to_list()))) for name in nested),
        ).write_excel(output)


def print_table(answer: Answer) -> None:
    """A table where it fits the terminal, else one block of lines per row; through a pager where it
    is long.
    """
    import pydoc
    import shutil

    rows = [[_cell(cell) for cell in row] for row in answer.rows]
    widths = [
        max([len(name), *(len(row[at]) for row in rows)]) for at, name in enumerate(answer.columns)
    ]
    terminal = sys.stdout.isatty()
    size = shutil.get_terminal_size()
    if terminal and sum(widths) + 2 * len(widths) > size.columns and answer.columns:
        margin = max(map(len, answer.columns))
        blocks = [
            "\n".join(
                f"{name:>{margin}}  {cell}" for name, cell in zip(answer.columns, row, strict=True)
            )
            for row in rows
        ]
        text = "\n\n".join(blocks)
    else:
        right = [
            kind.startswith(("DOUBLE", "BIGINT", "INTEGER", "UINTEGER", "DECIMAL", "HUGEINT"))
            for kind in answer.types
        ]
        lines = [list(answer.columns), ["-" * width for width in widths], *rows]
        text = "\n".join(
            "  ".join(
                f"{cell:>{width}}" if to_right else f"{cell:<{width}}"
                for cell, width, to_right in zip(line, widths, right, strict=True)
            ).rstrip()
            for line in lines
        )
    if terminal and text.count("\n") > size.lines:
        pydoc.pager(text)
    else:
        print(text)


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.6g}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return str(cell)
