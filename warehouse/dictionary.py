"""What every table and column means: dictionary.toml, read once.

To add a column: write it into its table in sql/tables (nullable, so that databases made before get
it when they are next opened), into the frame in schema.py and the view in sql/marts where it has
them, and its meaning into dictionary.toml, with the unit in brackets at the end. A test names every
column without a meaning, and every meaning without a column.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_FILE = files("warehouse") / "dictionary.toml"
_UNIT = re.compile(r" \[([^\]]+)\]$")


def meaning(table: str, column: str, schema: str = "") -> str:
    """What a column means, with its unit in brackets; "" where the dictionary has no meaning.

    `schema` is core, mart or ops; without it, of the frame of that name.
    """
    words = _words()
    tables = words["table"]
    places = [tables.get(f"{schema}.{table}", {}), tables.get(table, {})]
    while "like" in places[-1]:
        places.append(tables[places[-1]["like"]])
    found = [place.get("columns", {}) for place in places]
    found.append(words["schema"].get(schema, {}))
    found.append(words["kind"].get(places[1].get("kind"), {}).get("columns", {}))
    found.append(words["columns"])
    return next((str(columns[column]) for columns in found if column in columns), "")


def about(table: str, schema: str = "") -> str:
    """What a frame, table, view or macro holds; "" where the dictionary does not say."""
    words = _words()
    whole = words["table"].get(f"{schema}.{table}", {}).get("about")
    if whole is not None:
        return str(whole)
    entry = words["table"].get(table, {})
    added = words["kind"].get(entry.get("kind"), {}).get("about", {}).get(schema, "")
    return f"{entry.get('about', '')} {added}".strip()


def split_unit(text: str) -> tuple[str, str]:
    """A meaning without its unit, and the unit ("" where it has none)."""
    unit = _UNIT.search(text)
    return (text[: unit.start()], unit[1]) if unit else (text, "")


def checksum() -> str:
    """SHA-256 of the dictionary: another means that comments in a database are out of date."""
    return hashlib.sha256(_text().encode()).hexdigest()


def stated() -> list[tuple[str, str]]:
    """Every table (NAME or SCHEMA.NAME) and column that the dictionary states a meaning for by
    name.
    """
    return [
        (table, column)
        for table, entry in _words()["table"].items()
        for column in entry.get("columns", {})
    ]


def shared() -> list[str]:
    """The columns with a meaning in [columns]."""
    return list(_words()["columns"])


@cache
def _text() -> str:
    return _FILE.read_text("utf-8").replace("\r\n", "\n")


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_text())
