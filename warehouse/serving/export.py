"""Writes the marts as a frictionless data package: one file per view, a descriptor that explains
every column, a README.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from warehouse.dictionary import split_unit
from warehouse.errors import Problem, QueryError, WarehouseError
from warehouse.store.files import new_folder
from warehouse.store.reading import let_go, open_sealed

Profile = Literal["full", "public"]
FileFormat = Literal["parquet", "csv"]
HIDDEN = ("price", "customer", "free_text")
DESCRIPTOR = "datapackage.json"
PUBLIC = (
    "Prices, names that may be a customer's, and sentences that may tell either are left out; "
    "routes are numbered."
)
_MEDIA = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}
_TYPES = {
    "VARCHAR": "string",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "datetime",
}
# Identifiers of routes by number; a name that is no known route's is not shown either.
_NUMBERED = """(
    select route_id as known_id, 'route-' || lpad(row_number() over (order by route_id)::varchar,
        3, '0') as public_id
    from (select distinct route_id from core.route)
)"""


@dataclass(frozen=True)
class Field:
    """A column of an exported file. `read` is the expression that makes it."""

    name: str
    type: str
    comment: str
    read: str


def export_marts(
    database: Path,
    folder: Path,
    *,
    profile: Profile = "full",
    file_format: FileFormat = "parquet",
    views: Sequence[str] = (),
) -> list[Path]:
    """Writes `views` (all of mart by default) of a published warehouse into `folder`; returns the
    files.

    A folder that holds an earlier export is replaced as a whole; any other that is not empty is
    refused with WarehouseError.
    """
    if folder.exists() and (
        not folder.is_dir() or (any(folder.iterdir()) and not (folder / DESCRIPTOR).is_file())
    ):
        raise WarehouseError(
            "the folder holds something else",
            [Problem(str(folder), "is not empty and no earlier export")],
            "Name a folder that does not exist yet.",
        )
    with (
        new_folder(folder) as unfinished,
        open_sealed(database) as connection,
        let_go(connection),
    ):
        resources = _write_all(connection, unfinished, profile, file_format, views)
    return [folder / resource["path"] for resource in resources] + [
        folder / DESCRIPTOR,
        folder / "README.md",
    ]


def _write_all(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    profile: Profile,
    file_format: FileFormat,
    views: Sequence[str],
) -> list[dict[str, Any]]:
    comments = dict(
        connection.execute(
            "select view_name, comment from duckdb_views() where schema_name = 'mart' order by 1"
        ).fetchall()
    )
    if "column_tag" not in comments:
        raise WarehouseError(
            "this copy was made before exports were",
            [Problem("mart.column_tag", "is missing")],
            "Publish it again with this version: `transit publish`.",
        )
    unknown = sorted(set(views) - set(comments))
    if unknown:
        raise QueryError(
            "there are no such views",
            [Problem(name, "is not a view of mart") for name in unknown],
            "`transit tables` lists them.",
        )
    resources = []
    for view in views or comments:
        fields = view_fields(connection, view, profile)
        if not fields:
            continue
        path = folder / f"{view}.{file_format}"
        rows = _write(connection.sql(_statement(view, fields)), path, file_format)
        resources.append(_resource(view, comments[view], fields, path, file_format, rows))
    edition = connection.execute(
        "select edition_id, known_at, simulated from mart.edition order by known_at"
    ).fetchall()
    _describe(folder, resources, edition, profile)
    return resources


def view_fields(connection: duckdb.DuckDBPyConnection, view: str, profile: Profile) -> list[Field]:
    """What a profile shows of a view; nothing where the whole view is hidden. A struct becomes one
    column a part.
    """
    tags: dict[str, set[str]] = {}
    for column, tag in connection.execute(
        "select column_name, tag from mart.column_tag where view_name = $view", {"view": view}
    ).fetchall():
        tags.setdefault(column, set()).add(tag)
    if profile == "public" and tags.get("*", set()) & set(HIDDEN):
        return []
    columns = connection.execute(
        "select column_name, data_type, coalesce(comment, '') from duckdb_columns() where "
        "schema_name = 'mart' and table_name = $view order by column_index",
        {"view": view},
    ).fetchall()
    names = {name for name, _, _ in columns}
    fields = []
    for name, type_, comment in columns:
        if profile == "public" and tags.get(name, set()) & set(HIDDEN):
            continue
        read = f'view."{name}"'
        if profile == "public" and "route" in tags.get(name, set()):
            read = _public_name(name, names)
        if struct := re.fullmatch(r"STRUCT\((\w+) (\w+)\)", type_):
            part, part_type = struct.groups()
            fields.append(Field(f"{name}_{part}", part_type, comment, f"{read}.{part}"))
        else:
            fields.append(Field(name, type_, comment, read))
    return fields


def _public_name(name: str, columns: set[str]) -> str:
    hidden = "coalesce(numbered.public_id, 'route-other')"
    if "series_kind" in columns:
        return f"case when view.series_kind = 'route' then {hidden} else view.\"{name}\" end"
    if "scope_kind" in columns:
        return (
            "case when view.scope_kind in ('segment', 'node', 'country', 'market', "
            f"'corridor', 'risk_group') then view.\"{name}\" else {hidden} end"
        )
    if name == "alternative_id":
        return (
            "case when view.alternative_id in ('total', view.project_id) then "
            f"view.alternative_id else {hidden} end"
        )
    return hidden


def _statement(view: str, fields: Sequence[Field]) -> str:
    # Names come from the database's own catalog.
    chosen = ", ".join(f'{field.read} as "{field.name}"' for field in fields)
    join = ""
    for field in fields:
        if "numbered." in field.read:
            key = field.name
            join = f' left join {_NUMBERED} as numbered on numbered.known_id = view."{key}"'
    return f'select {chosen} from mart."{view}" as view{join} order by all'  # noqa: S608


def _write(relation: duckdb.DuckDBPyRelation, path: Path, file_format: FileFormat) -> int:
    """Batch by batch, so that no view has to fit into memory at once. Returns the rows."""
    reader = relation.to_arrow_reader(100_000)
    if file_format == "csv":
        schema = pa.schema(
            [
                pa.field(
                    field.name, pa.string() if pa.types.is_timestamp(field.type) else field.type
                )
                for field in reader.schema
            ]
        )
        writer: Any = pyarrow.csv.CSVWriter(path, schema)
    else:
        schema = reader.schema
        writer = pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
    rows = 0
    with writer:
        for batch in reader:
            table = pa.Table.from_batches([batch])
            for at, field in enumerate(reader.schema):
                if file_format == "csv" and pa.types.is_timestamp(field.type):
                    text = pa.compute.strftime(table.column(at), format="%Y-%m-%dT%H:%M:%SZ")
                    table = table.set_column(at, field.name, text)
            writer.write_table(table.cast(schema))
            rows += batch.num_rows
    return rows


def _resource(
    view: str, comment: str, fields: Sequence[Field], path: Path, file_format: FileFormat, rows: int
) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    described = []
    for field in fields:
        _, unit = split_unit(field.comment)
        entry = {
            "name": field.name,
            "type": _TYPES.get(field.type, "integer"),
            "description": field.comment,
        }
        described.append(entry | ({"unit": unit} if unit else {}))
    return {
        "name": view,
        "path": path.name,
        "profile": "tabular-data-resource",
        "format": file_format,
        "mediatype": _MEDIA[file_format],
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "rows": rows,
        "description": comment,
        "schema": {"fields": described, "missingValues": [""]},
    }


def _describe(
    folder: Path, resources: Sequence[Mapping[str, Any]], edition: Sequence[Any], profile: Profile
) -> None:
    edition_id = str(edition[-1][0]) if edition else "none"
    known_at = edition[-1][1].isoformat() if edition else None
    simulated = any(row[2] for row in edition)
    about = "Traffic, forecasts and plans of one edition of the warehouse." + (
        " Traffic in it is simulated." if simulated else ""
    )
    package = {
        "profile": "data-package",
        "name": re.sub(r"[^a-z0-9._-]", "-", f"transit-{edition_id}".lower()),
        "title": "Transit forecast: marts",
        "description": about + (f" {PUBLIC}" if profile == "public" else ""),
        "version": edition_id,
        "created": known_at,
        "sharing": profile,
        "resources": list(resources),
    }
    (folder / DESCRIPTOR).write_text(
        json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    lines = [
        "# Transit forecast: marts",
        "",
        package["description"],
        "",
        f"Edition {edition_id}, data known by {known_at}.",
        "",
    ]
    lines += [
        (
            "Every column, its unit and meaning stand in datapackage.json "
            "(https://specs.frictionlessdata.io). Never add p95s, peaks or quantiles over "
            "series."
        ),
        "",
        "| file | rows | what it is |",
        "|---|---|---|",
    ]
    lines += [
        f"| {resource['path']} | {resource['rows']} | {resource['description']} |"
        for resource in resources
    ]
    (folder / "README.md").write_text("\n".join(map(str, lines)) + "\n", encoding="utf-8")
