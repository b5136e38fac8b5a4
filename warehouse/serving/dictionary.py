"""The data dictionary, from the database's own comments: what each view and column means, and what
it is made from.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.schema import REFERENCE_FRAMES, RESULT_FRAMES
from warehouse.serving.diagram import to_mermaid, to_svg
from warehouse.store.files import write_file
from warehouse.store.migrate import references
from warehouse.store.reading import open_sealed

TITLE = "Data dictionary"
ABOUT = {
    "mart": (
        "Stable views for analysts: the latest of everything, and its history. Columns are "
        "only ever added."
    ),
    "core": (
        "Facts and results as they were recorded; append-only. Ask the views of mart unless "
        "you need every version."
    ),
    "ops": "What the pipeline did to the database itself.",
}
FORECASTS = (
    "forecast_quantile",
    "no_forecast",
    "backtest_score",
    "forecast_component",
    "level_shift",
    "forecast_effect",
    "forecast_fan",
)


@dataclass(frozen=True)
class Entry:
    """A view, table or macro; `made_from` names the objects it reads, `flow` the flow that writes
    it ("" for views).
    """

    schema: str
    name: str
    kind: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]
    made_from: tuple[str, ...]
    flow: str

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def entries(connection: duckdb.DuckDBPyConnection) -> list[Entry]:
    """Everything in mart, core and ops, views first."""
    columns: dict[str, list[tuple[str, str, str]]] = {}
    for schema, table, name, type_, comment in connection.execute(_COLUMNS).fetchall():
        columns.setdefault(f"{schema}.{table}", []).append((name, type_, comment or ""))
    objects = connection.execute(_OBJECTS).fetchall()
    shown = {
        f"{schema}.{name}": f"{name}({', '.join(parameters)})" if kind == "macro" else name
        for schema, name, kind, _, _, parameters in objects
    }
    found = []
    for schema, name, kind, comment, text, _ in objects:
        full_name = f"{schema}.{name}"
        read = {f"{source}.{used}" for source in ABOUT for used in references(text or "", source)}
        flow = _flow(schema, name) if kind == "table" else ""
        made_from = {
            f"{used.partition('.')[0]}.{shown[used]}" for used in read & {*shown} - {full_name}
        }
        found.append(
            Entry(
                schema,
                shown[full_name],
                kind,
                comment or "",
                tuple(columns.get(full_name, ())),
                tuple(sorted(made_from)) if kind != "table" else (),
                flow,
            )
        )
    order = list(ABOUT)
    kinds = ("view", "macro", "table")
    return sorted(
        found, key=lambda entry: (order.index(entry.schema), kinds.index(entry.kind), entry.name)
    )


def write_dictionary(database: Path, folder: Path) -> list[Path]:
    """data-dictionary.md and data-dictionary.html of a published warehouse, in `folder`."""
    with open_sealed(database) as connection:
        found = entries(connection)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "data-dictionary.md", folder / "data-dictionary.html"]
    for file, text in zip(files, (to_markdown(found), to_html(found)), strict=True):
        write_file(file, text)
    return files


def to_markdown(found: Sequence[Entry]) -> str:
    """One page of Markdown with a table per object."""
    lines = [
        f"# {TITLE}",
        "",
        "## Where everything comes from",
        "",
        "```mermaid",
        to_mermaid(found),
        "```",
        "",
    ]
    for schema, about in ABOUT.items():
        lines += [f"## {schema}", "", about, ""]
        for entry in _of(found, schema):
            lines += [
                f"### {entry.full_name}",
                "",
                entry.comment,
                "",
                *(f"{line}  " for line in _lineage(entry, found)),
            ]
            if entry.columns:
                lines += ["", "| column | type | meaning |", "|---|---|---|"]
                lines += [
                    f"| {name} | {type_} | {_cell(comment)} |"
                    for name, type_, comment in entry.columns
                ]
            lines.append("")
    return "\n".join(lines)


def to_html(found: Sequence[Entry]) -> str:
    """One self-contained page; every object has an anchor of its full name."""
    links = {entry.full_name: entry.full_name for entry in found}
    body = [f"<h1>{TITLE}</h1>", '<h2 id="lineage">Where everything comes from</h2>', to_svg(found)]
    for schema, about in ABOUT.items():
        body.append(f'<h2 id="{schema}">{schema}</h2><p>{html.escape(about)}</p>')
        for entry in _of(found, schema):
            body.append(
                "<section "
                f'id="{html.escape(entry.full_name)}"><h3>{html.escape(entry.full_name)}</h3>'
            )
            body.append(f"<p>{html.escape(entry.comment)}</p>")
            for line in _lineage(entry, found):
                label, _, names = line.partition(": ")
                shown = ", ".join(
                    f'<a href="#{html.escape(name)}">{html.escape(name)}</a>'
                    if name in links
                    else html.escape(name)
                    for name in names.split(", ")
                )
                body.append(f"<p><b>{label}</b>: {shown}</p>")
            if entry.columns:
                body.append(
                    "<table><thead><tr><th>column</th><th>type</th><th>meaning</th></tr></thead><tbody>"
                )
                body += [
                    f"<tr><td><code>{html.escape(name)}</code></td><td>{html.escape(type_)}</td><td>{html.escape(comment)}</td></tr>"
                    for name, type_, comment in entry.columns
                ]
                body.append("</tbody></table>")
            body.append("</section>")
    return _PAGE.replace("{body}", "\n".join(body)).replace("{title}", TITLE)


def _of(found: Iterable[Entry], schema: str) -> list[Entry]:
    return [entry for entry in found if entry.schema == schema]


def _lineage(entry: Entry, found: Iterable[Entry]) -> list[str]:
    used_by = sorted(other.full_name for other in found if entry.full_name in other.made_from)
    lines = [
        ("Made from", ", ".join(entry.made_from)),
        ("Written by flow", entry.flow),
        ("Used by", ", ".join(used_by)),
    ]
    return [f"{label}: {names}" for label, names in lines if names]


def _flow(schema: str, name: str) -> str:
    if schema == "ops":
        return "publish" if name == "edition" else "every flow that opens the database"
    if name in FORECASTS:
        return "forecast"
    if name == "forecast_run" or (name in RESULT_FRAMES and name not in REFERENCE_FRAMES):
        return "plan"
    return "load"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


_OBJECTS = """
select schema_name, view_name, 'view', comment, sql, []::varchar[] from duckdb_views()
    where schema_name in ('mart', 'core', 'ops')
union all
select schema_name, table_name, 'table', comment, sql, [] from duckdb_tables()
    where schema_name in ('mart', 'core', 'ops')
union all
select schema_name, function_name, 'macro', comment, macro_definition, parameters
from duckdb_functions()
where schema_name in ('mart', 'core', 'ops') and function_type like '%macro%'
"""
_COLUMNS = """
select schema_name, table_name, column_name, data_type, comment
from duckdb_columns()
where schema_name in ('mart', 'core', 'ops')
order by schema_name, table_name, column_index
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body { font-family: sans-serif; line-height: 1.4; max-width: 70rem; color: #222; }
body { margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; }
th, td { padding: 0.25rem 0.5rem; border-bottom: 1px solid #ccc; }
section { margin-bottom: 2rem; }
</style>
</head>
<body>
{body}
</body>
</html>
"""
