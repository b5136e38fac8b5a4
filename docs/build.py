"""The documentation site from the repository's Markdown: `python docs/build.py TARGET`.

Stages the pages as they lie in the repository, adds the references that are generated from schema,
commands and catalogues, and has Sphinx make HTML of them, every warning an error. Works offline;
what comes out opens from disk.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "*.md",
    "*/README.md",
    "docs/**/*.md",
    "warehouse/docs/*.md",
    "warehouse/sources/*.md",
    "warehouse/example/central_asia/*.md",
)
PICTURES = ("dashboards/pictures/*.png", "docs/pictures/*")
FIRST_PAGE = """<!doctype html><meta charset="utf-8"><title>transit-forecast</title>
<meta http-equiv="refresh" content="0; url=docs/index.html">
<a href="docs/index.html">Documentation</a>
"""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~)")


def pages() -> list[Path]:
    """Every page of the repository, relative to its root."""
    found = {path.relative_to(ROOT) for pattern in PAGES for path in ROOT.glob(pattern)}
    return sorted(page for page in found if not page.parts[0].startswith("."))


def without_code(text: str) -> Iterator[tuple[str, bool]]:
    """Lines, and whether each belongs to a block of code."""
    inside = False
    for line in text.splitlines():
        fence = bool(FENCE.match(line))
        yield line, inside or fence
        inside ^= fence


def broken_links(page: Path, text: str) -> list[str]:
    """Links of a page that lead to no file of the repository."""
    return [
        f"{page}: {target}"
        for line, code in without_code(text)
        if not code
        for _, target in LINK.findall(line)
        if "://" not in target
        and not target.startswith(("#", "mailto:"))
        and not (ROOT / page.parent / target.partition("#")[0]).exists()
        and not _is_generated(page, target)
    ]


def _is_generated(page: Path, target: str) -> bool:
    place = os.path.normpath(page.parent / target.partition("#")[0])
    return place in GENERATED


def staged(page: Path, text: str, known: set[str]) -> str:
    """The page with links to what is no page of the site (sources, folders) as plain words."""

    def link(match: re.Match[str]) -> str:
        words, target = match.groups()
        place = os.path.normpath(page.parent / target.partition("#")[0])
        outside = "://" in target or target.startswith(("#", "mailto:"))
        return match.group() if outside or place in known else words

    lines = (line if code else LINK.sub(link, line) for line, code in without_code(text))
    return "\n".join(lines) + "\n"


def network_reference() -> str:
    """Every column of every CSV file of a network's folder."""
    from warehouse.loading.reference import ALLOWED, FILES, REQUIRED
    from warehouse.network.csv_file import KNOWN_AT
    from warehouse.schema import CONFIDENCES, FRAMES

    lines = [
        "# The files of a network",
        "",
        "UTF-8 with a header line. A column that may be empty may be left out. Columns whose name",
        "starts with `note` are for people and are not read. Every problem of every file is named",
        "in one go, with its line.",
        "",
    ]
    for name, file in FILES.items():
        schema = FRAMES[name]
        columns = {**schema.columns, "known_at": schema.columns.get("known_at", KNOWN_AT)}
        lines += [
            f"## {file}",
            "",
            f"{schema.comment} {'Must be there.' if name in REQUIRED else 'May be left out.'}",
            f"A row is identified by {', '.join(f'`{key}`' for key in schema.key)}.",
            "",
            "| column | must be filled | unit | meaning | values |",
            "|---|---|---|---|---|",
        ]
        for column, promise in columns.items():
            if promise.rendered:
                continue
            allowed = ALLOWED.get((name, column), CONFIDENCES if column == "confidence" else ())
            filled = "no" if promise.nullable or column in ("known_at", "scope_id") else "yes"
            values = ", ".join(f"`{value}`" for value in allowed)
            meaning = promise.comment.replace("|", "\\|")
            lines.append(f"| `{column}` | {filled} | {promise.unit} | {meaning} | {values} |")
        lines.append("")
    return "\n".join(lines)


def command_reference() -> str:
    """Every command with its arguments, from the command line itself."""
    from flows.cli import app

    text = app.generate_docs(output_format="markdown", heading_level=2, include_hidden=False)
    return f"# Commands\n\n{text}\n"


def dictionary_reference() -> str:
    """Views, tables and macros of an empty warehouse."""
    import duckdb

    from warehouse.serving.dictionary import entries, to_markdown
    from warehouse.store.migrate import migrate

    with duckdb.connect() as connection:
        migrate(connection)
        return to_markdown(entries(connection))


def story_reference() -> str:
    """Every entry of a story with its keys."""
    from forecasting.stories.scenario import ENTRIES, HEADS

    lines = [
        "# Stories",
        "",
        "What changes, as TOML, applied on the same random draws as the plan beside it:",
        "`transit whatif STORY.toml`, or a file in the network's `scenarios/` folder.",
        f"At the top of the file: {', '.join(f'`{head}`' for head in HEADS)}.",
        "Then any of these, as often as wanted:",
        "",
        "| entry | must have | may have |",
        "|---|---|---|",
    ]
    for entry, (keys, needed) in ENTRIES.items():
        must = ", ".join(f"`{key}`" for key in keys if key in needed)
        may = ", ".join(f"`{key}`" for key in keys if key not in needed)
        lines.append(f"| `[[{entry}]]` | {must} | {may} |")
    lines += ["", "The stories of the bundled example:", ""]
    for file in sorted((ROOT / "warehouse/example/central_asia/scenarios").glob("*.toml")):
        lines += ["```toml", file.read_text("utf-8").strip(), "```", ""]
    return "\n".join(lines)


def glossary() -> str:
    """The words of the report, in English and Russian."""
    import tomllib

    english, russian = (
        tomllib.loads((ROOT / f"dashboards/text/{code}.toml").read_text("utf-8"))["term"]
        for code in ("en", "ru")
    )
    lines = ["# Glossary", "", "| term | meaning | in Russian |", "|---|---|---|"]
    for key, term in sorted(english.items(), key=lambda item: item[1]["name"].lower()):
        lines.append(f"| {term['name']} | {term['means']} | {russian[key]['name']} |")
    return "\n".join(lines) + "\n"


GENERATED = {
    "docs/reference/network.md": network_reference,
    "docs/reference/commands.md": command_reference,
    "docs/reference/stories.md": story_reference,
    "docs/reference/dictionary.md": dictionary_reference,
    "docs/reference/glossary.md": glossary,
}


def stage(folder: Path) -> None:
    """All pages and pictures below `folder`. Raises SystemExit with every broken link."""
    listed = pages()
    known = {str(page) for page in listed} | GENERATED.keys()
    texts = {page: (ROOT / page).read_text("utf-8") for page in listed}
    if broken := [link for page, text in texts.items() for link in broken_links(page, text)]:
        raise SystemExit("links that lead nowhere:\n  " + "\n  ".join(broken))
    for page, text in texts.items():
        _write(folder / page, staged(page, text, known))
    for place, make in GENERATED.items():
        _write(folder / place, make())
    for pattern in PICTURES:
        for picture in ROOT.glob(pattern):
            target = folder / picture.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, target)
    shutil.copyfile(ROOT / "docs/conf.py", folder / "conf.py")


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def build(target: Path) -> None:
    """The site in `target`, made anew. Raises SystemExit where Sphinx has anything to say."""
    with tempfile.TemporaryDirectory() as temporary:
        pages_folder = Path(temporary) / "pages"
        stage(pages_folder)
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
        made = Path(temporary) / "html"
        status = subprocess.run([*command, str(pages_folder), str(made)], check=False).returncode
        if status:
            raise SystemExit(status)
        shutil.rmtree(made / ".doctrees", ignore_errors=True)
        (made / "index.html").write_text(FIRST_PAGE, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "flows" / "site"))
