"""What the pages of a site share: Vega's scripts, the style, settings and words for the scripts,
and what the search box finds.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import vl_convert
from markupsafe import Markup

from dashboards import theme
from dashboards.charts.drawing import Spec
from dashboards.figure import Page
from dashboards.language import Language

HOME = Path(__file__).parent
SCRIPTS = f"vega-{version('vl-convert-python')}.js"


def embed(spec: Spec) -> Markup:
    """A specification as JSON that can't end its script element."""
    return Markup(as_json(spec))


def as_json(value: Any) -> str:
    """JSON that can stand in a script element, whatever text it holds."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (
        plain.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def data_folder(language: Language) -> str:
    """Where in the site's data the tables of a language lie: apart where numbers have a comma."""
    return f"{language.code}/" if language.words["number.decimal"] == "," else ""


def as_csv(frame: pl.DataFrame, language: Language) -> str:
    """A table as CSV that the language's spreadsheet programs open: with a decimal comma,
    semicolons and a byte order mark where that is how it writes numbers.
    """
    if not data_folder(language):
        return frame.write_csv()
    return frame.write_csv(separator=";", decimal_comma=True, include_bom=True)


@cache
def _bundle() -> str:
    return str(vl_convert.javascript_bundle())  # type: ignore[call-arg]


def write_assets(folder: Path, earlier: Sequence[Path]) -> list[Path]:
    """Vega's scripts once per site, beside the pages: an inlined copy would cost 0.9 MB on each
    page.

    Making the bundle takes seconds, so an earlier edition's file of the same version is copied.
    """
    assets = folder / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    scripts = assets / SCRIPTS
    known = next(
        (path / "assets" / SCRIPTS for path in earlier if (path / "assets" / SCRIPTS).is_file()),
        None,
    )
    if known:
        shutil.copyfile(known, scripts)
    elif not scripts.is_file():
        scripts.write_text(_bundle(), encoding="utf-8")
    (assets / "report.css").write_text(theme.style(), encoding="utf-8")
    written = [scripts, assets / "report.css"]
    for name in ("report.js", "icon.svg", "notices.txt"):
        shutil.copyfile(HOME / "assets" / name, assets / name)
        written.append(assets / name)
    return written


@cache
def settings(language: Language) -> Markup:
    """What every chart of a page is drawn with."""
    return Markup(
        as_json(
            {
                "config": theme.config(language),
                "dark": theme.DARK,
                "short": theme.short_numbers(language),
                **theme.locale(language),
            }
        )
    )


@cache
def words(language: Language) -> Markup:
    """The words that the page's own script says."""
    return Markup(
        as_json(
            {
                "none": language.text("number.none"),
                **{
                    name: language.text(f"script.{name}")
                    for name in ("search", "filter", "shown", "nothing", "alone")
                },
            }
        )
    )


def write_search(
    pages: Sequence[Page], language: Language, folder: Path, others: Mapping[str, str]
) -> Path:
    """What the search box finds, in a script, as a page on disk can't read other files: the title,
    path and kind of every page, and `others` by path: ids, countries, names in other languages.
    """
    target = folder / "assets" / f"search-{language.code}.js"
    entries = sorted(
        (
            page.title,
            page.path,
            language.word("kind", page.subject[0]) if page.subject else "",
            others.get(page.path, ""),
        )
        for page in pages
    )
    target.write_text(f"window.transitPages = {as_json(entries)};\n", encoding="utf-8")
    return target
