"""Every chart of an edition as a picture of its own, with title, source and run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import polars as pl
import vl_convert

from dashboards import theme
from dashboards.charts.drawing import standalone
from dashboards.edition import Edition
from dashboards.figure import Figure
from dashboards.language import TEXT_FOLDER, Language, load_language
from dashboards.material import gather
from dashboards.report import edition_pages

FORMATS = ("svg", "png")


def write_pictures(
    frames: Mapping[str, pl.DataFrame],
    edition: Edition,
    folder: Path,
    *,
    languages: Sequence[str] = ("en", "ru"),
    formats: Sequence[str] = FORMATS,
    only: Collection[str] = (),
    text_folder: Path = TEXT_FOLDER,
) -> list[Path]:
    """Write folder/<language>/pictures/<figure>.svg and .png, of the figures named in `only` or of
    all (0.2 to 0.4 s each).
    """
    material = gather(frames, edition)
    written = []
    for code in languages:
        language = load_language(code, text_folder)
        target = folder / code / "pictures"
        target.mkdir(parents=True, exist_ok=True)
        found = {
            figure.figure_id: figure
            for page in edition_pages(material, language)
            for figure in page.figures
            if figure.spec
        }
        for figure_id, figure in sorted(found.items()):
            if only and figure_id not in only:
                continue
            for kind in formats:
                path = target / f"{figure_id}.{kind}"
                path.write_bytes(picture(figure, language, kind))
                written.append(path)
    return written


def picture(figure: Figure, language: Language, kind: str) -> bytes:
    """One chart as SVG text or as a PNG of twice the size; sans-serif, as a font that is missing
    would vanish.
    """
    badges = "".join(f" [{badge}]" for badge in figure.badges)
    run = [words for label, words in figure.notes if label == language.text("note.run")]
    source = [
        f"{label}: {words}"
        for label, words in figure.notes
        if label == language.text("note.source")
    ]
    under = [line for line in (figure.subtitle, *source, *run) if line]
    spec = standalone(figure.spec or {}, language, figure.title + badges, under)
    locale = theme.locale(language)
    options = {
        "format_locale": locale["formatLocale"],
        "time_format_locale": locale["timeFormatLocale"],
    }
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(spec, **options)).encode("utf-8")
    return bytes(vl_convert.vegalite_to_png(spec, scale=2, **options))
