"""The edition of a run: a site of pages per language that opens from disk and asks nothing of a
network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import jinja2
import polars as pl
import typst
from markupsafe import Markup

from dashboards.chapters import changes, compare, overview
from dashboards.chapters.capacity import plan, risk, scenarios, segments
from dashboards.chapters.evidence import assumptions, data, method, quality
from dashboards.chapters.traffic import corridors, countries, new_routes, projects, routes
from dashboards.charts.sketch import sketch
from dashboards.edition import Edition
from dashboards.figure import Figure, Page, capital
from dashboards.kept import Body, Kept, page_key, run_lines
from dashboards.language import TEXT_FOLDER, Language, Period, load_language
from dashboards.material import Material, gather
from dashboards.press.brief import NAME as BRIEF
from dashboards.press.brief import write_brief
from dashboards.press.document import NAME as DOCUMENT
from dashboards.press.document import write_document
from dashboards.press.paper import NAME as PAPER
from dashboards.press.paper import write_paper
from dashboards.previews import Preview, draw_previews
from dashboards.search import also_found
from dashboards.shared import (
    SCRIPTS,
    as_csv,
    data_folder,
    embed,
    settings,
    words,
    write_assets,
    write_search,
)
from dashboards.view import View
from dashboards.workbook import write_workbook

HOME = Path(__file__).parent
LOG = logging.getLogger(__name__)
WORKBOOK = "edition-{}.xlsx"
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: "
    "data:; base-uri 'none'; form-action 'none'"
)
NAVIGATION = (
    "index",
    "changes",
    "plan",
    "risk",
    "scenarios",
    "new-routes",
    "routes",
    "segments",
    "countries",
    "quality",
    "data",
    "assumptions",
    "method",
)
T = TypeVar("T")
Made = tuple[list[Path], set[str], int]
Submit = Callable[[Callable[[tuple[Any, ...]], Made], tuple[Any, ...]], Future[Made]]
WORTH_A_PROCESS = 200
"""Routes and segments from which on a process for each language is started sooner than it is
missed.
"""


def write_report(
    frames: Mapping[str, pl.DataFrame],
    edition: Edition,
    folder: Path,
    *,
    languages: Sequence[str] = ("en", "ru"),
    workbook: bool = True,
    paper: bool = False,
    pictures: bool = True,
    kept: Kept | None = None,
    submit: Submit | None = None,
    text_folder: Path = TEXT_FOLDER,
) -> list[Path]:
    """Write the edition's pages to folder/<language>/, its data to folder/data/, and return every
    file written, sorted.

    `frames` are keyed by names of warehouse.schema.FRAMES; any may be empty or absent, and the page
    then says why. The workbooks are folder/data/edition-<language>.xlsx; `paper` adds
    folder/<language>/edition.pdf, a few tenths of a second a chart. Pages of routes and segments of
    which nothing has changed are taken from `kept`. With `submit`, which has a job done elsewhere,
    the languages of a large network are drawn side by side.
    """
    material = gather(frames, edition)
    written = write_assets(folder, [folder / one.folder for one in edition.previous])
    extras: list[tuple[str, str]] = []
    if paper:
        papers, links = _printed(
            PAPER,
            "page.paper",
            lambda: write_paper(
                frames, edition, folder, languages=languages, text_folder=text_folder
            ),
        )
        written += papers or []
        extras += links
    store = kept or Kept()
    jobs = [
        (
            frames,
            edition,
            folder,
            code,
            languages,
            text_folder,
            extras,
            pictures,
            workbook,
            store.folder,
            store.version,
        )
        for code in languages
    ]
    if submit and len(material.routes) + len(material.segments) >= WORTH_A_PROCESS:
        others = [submit(_write_job, job) for job in jobs[1:]]
        made = [_write_language(*jobs[0], material=material), *(other.result() for other in others)]
    else:
        made = [_write_language(*job, material=material) for job in jobs]
    for files, used, built in made:
        written += files
        store.used |= used
        store.built += built
    store.prune()
    return sorted(set(written))


def _printed(
    name: str, key: str, write: Callable[[], T | None]
) -> tuple[T | None, list[tuple[str, str]]]:
    """What `write` makes, and the link to it. An edition is not held up by its PDF: where that
    can't be typeset, a line in the log and on the pages says so in the link's place.
    """
    try:
        made = write()
    except (typst.TypstError, ValueError) as error:
        LOG.warning("%s was not made, as it can't be typeset: %s", name, error)
        return None, [("", f"{key}_failed")]
    return made, [(name, key)] if made else []


def _with_data(language: Language, languages: Sequence[str], text_folder: Path) -> bool:
    """Whether this language's pages write their charts' data: plain CSV is written once."""
    plain = [code for code in languages if not data_folder(load_language(code, text_folder))]
    return bool(data_folder(language)) or language.code == (plain or [""])[0]


def _write_job(job: tuple[Any, ...]) -> Made:
    return _write_language(*job)


def _write_language(
    frames: Mapping[str, pl.DataFrame],
    edition: Edition,
    folder: Path,
    code: str,
    languages: Sequence[str],
    text_folder: Path,
    extras: Sequence[tuple[str, str]],
    pictures: bool,
    workbook: bool,
    kept_in: Path | None,
    version: str,
    material: Material | None = None,
) -> Made:
    """All pages of one language, with the charts' data where it is the first: the files, the kept
    pages used, how many were made.
    """
    material, kept = material or gather(frames, edition), Kept(kept_in, version)
    language = load_language(code, text_folder)
    pages = edition_pages(View(material, language))
    drawn = draw_previews(pages, language, folder) if pictures else {}
    written = [folder / picture.path for picture in drawn.values()]
    if workbook:
        name = WORKBOOK.format(code)
        written.append(write_workbook(View(material, language), folder / "data" / name))
        extras = [*extras, (f"../data/{name}", "page.workbook")]
    brief, links = _printed(
        BRIEF, "brief.link", lambda: write_brief(View(material, language), folder)
    )
    written += [brief] if brief else []
    document, more = _printed(
        DOCUMENT, "brief.document", lambda: write_document(View(material, language), folder)
    )
    written += [document] if document else []
    extras = [*extras, *links, *more]
    for page in pages:
        body = _body(
            page,
            View(material, language),
            kept,
            drawn,
            with_data=_with_data(language, languages, text_folder),
        )
        written.append(
            _write_page(
                page, body, pages, View(material, language), languages, folder, text_folder, extras
            )
        )
        written += _write_data(body, folder)
    names = {code: View(material, load_language(code, text_folder)) for code in languages}
    written.append(write_search(pages, language, folder, also_found(pages, names)))
    return written, kept.used, kept.built


def write_comparison(
    first: tuple[Mapping[str, pl.DataFrame], Edition],
    second: tuple[Mapping[str, pl.DataFrame], Edition],
    folder: Path,
    *,
    languages: Sequence[str] = ("en", "ru"),
    text_folder: Path = TEXT_FOLDER,
) -> list[Path]:
    """Write one page per language, folder/<language>/index.html, that shows two editions side by
    side; return every file written.
    """
    materials = [gather(*one) for one in (first, second)]
    written = write_assets(folder, [])
    for code in languages:
        views = [View(material, load_language(code, text_folder)) for material in materials]
        page = compare.page(*views)
        body = _body(page, views[1], Kept(), {}, with_data=False)
        search = write_search([page], views[1].language, folder, {})
        main = _write_page(page, body, [page], views[1], languages, folder, text_folder, [])
        written += [search, main]
    return sorted(written)


def edition_pages(view: View) -> list[Page]:
    """Every page of the edition in one language."""
    chapters = (
        overview,
        changes,
        plan,
        risk,
        scenarios,
        new_routes,
        projects,
        routes,
        corridors,
        segments,
        countries,
        quality,
        data,
        assumptions,
        method,
    )
    return [page for chapter in chapters for page in chapter.pages(view)]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HOME / "pages"),
        autoescape=True,
        trim_blocks=False,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["spec"] = embed
    environment.filters["capital"] = capital
    return environment


def _body(
    page: Page,
    view: View,
    kept: Kept,
    pictures: Mapping[tuple[str, str], Preview],
    *,
    with_data: bool,
) -> Body:
    key = page_key(view, page.subject, kept.version, with_data=with_data)
    lines = run_lines(view)
    found = kept.get(key, lines)
    if found:
        return found
    kept.built += 1
    sections = page.parts()
    figures = [figure for section in sections for figure in section.figures]
    main = (
        _environment()
        .get_template("sections.html")
        .render(
            lead=() if page.front else page.lead,
            sections=sections,
            t=view.text,
            root="../" * page.path.count("/") + "../",
            data=data_folder(view.language),
            pictures={
                name: picture for (place, name), picture in pictures.items() if place == page.path
            },
            sketches=_sketches(page, figures, view),
        )
    )
    data = {
        data_folder(view.language) + figure.csv: as_csv(figure.data, view.language)
        for figure in figures
        if with_data and figure.csv and figure.data is not None
    }
    body = Body(main, any(figure.spec is not None for figure in figures), data)
    kept.put(key, body, lines)
    return body


def _sketches(page: Page, figures: Sequence[Figure], view: View) -> dict[str, Markup]:
    """The first chart of a page that has no pictures, for readers without scripts."""
    first = next((figure for figure in figures if figure.spec), None)
    if "/" not in page.path or first is None or first.spec is None:
        return {}
    return {first.figure_id: Markup(sketch(first.spec, view.language, first.alt))}


def _write_page(
    page: Page,
    body: Body,
    pages: Sequence[Page],
    view: View,
    languages: Sequence[str],
    folder: Path,
    text_folder: Path,
    extras: Sequence[tuple[str, str]],
) -> Path:
    edition = view.material.edition
    home = "../" * page.path.count("/")
    paths = {other.path for other in pages}
    navigation = [
        (f"{name}.html", view.text(f"nav.{name}")) for name in NAVIGATION if f"{name}.html" in paths
    ]
    html = (
        _environment()
        .get_template("base.html")
        .render(
            code=view.language.code,
            policy=POLICY,
            title=page.title,
            front=page.front,
            main=Markup(body.main),
            path=page.path,
            real=page.real,
            scripts=SCRIPTS,
            extras=[
                (home + href if href else "", view.text(key))
                for href, key in (*extras, *_glossary(paths))
            ],
            home=home,
            root=home + "../",
            t=view.text,
            edition=edition,
            edition_title=edition.title_in(view.language.code),
            origin=Period(edition.origin, edition.grain),
            navigation=navigation,
            has_charts=body.has_charts,
            others=[
                (code, load_language(code, text_folder).text("language"))
                for code in languages
                if code != view.language.code
            ],
            settings=settings(view.language) if body.has_charts else "",
            words=words(view.language),
            same=_same_page(page, view),
            variant=_variant(edition, view.language),
            newest=f"{home}../{edition.newest}/{view.language.code}/{page.path}"
            if edition.newest
            else "",
        )
    )
    target = folder / view.language.code / page.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(html, encoding="utf-8")
    return target


def _glossary(paths: set[str]) -> list[tuple[str, str]]:
    """The link from every page to what its words mean."""
    return [("method.html#glossary", "method.glossary")] if "method.html" in paths else []


def _variant(edition: Edition, language: Language) -> str:
    if not edition.variant:
        return ""
    return language.text(f"variant.{edition.variant}", day=edition.today or edition.known_at.date())


def _same_page(page: Page, view: View) -> list[tuple[str, str]]:
    """Links to the same page of earlier editions, as far as they have it."""
    up = "../" * (page.path.count("/") + 1)
    return [
        (
            f"{up}{one.folder}/{view.language.code}/{page.path}",
            view.language.period(Period(one.origin, view.material.edition.grain)),
        )
        for one in view.material.edition.previous[:6]
        if page.path != "index.html" and page.path in one.pages
    ]


def _write_data(body: Body, folder: Path) -> list[Path]:
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    for name, text in body.data.items():
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_text(text, encoding="utf-8", newline="")
    return [data / name for name in body.data]
