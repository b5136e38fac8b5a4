"""The pages tell the truth: every setting is explained, every link leads somewhere, and the site
builds.
"""

import dataclasses
import importlib.util
import re
from pathlib import Path

import pytest

from flows.settings import SECTIONS
from warehouse.sources.kinds import KINDS, settings_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs/settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_every_setting_is_explained(section):
    assert f"[{section}]" in SETTINGS
    for item in dataclasses.fields(SECTIONS[section][0]):
        assert f"`{item.name}`" in SETTINGS, f"[{section}] {item.name}"


def test_every_key_of_a_source_is_explained():
    keys = {item.name for kind in KINDS for item in settings_of(kind)}
    assert [key for key in sorted(keys) if f"`{key}`" not in SETTINGS] == []


def build_module():
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs/build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_link_leads_somewhere():
    build = build_module()
    broken = [
        link
        for page in build.pages()
        for link in build.broken_links(page, (ROOT / page).read_text("utf-8"))
    ]
    assert broken == []


def test_a_broken_link_is_named():
    text = "[a](no/such.md) [b](README.md)\n```\n[c](nowhere.md)\n```\n"
    assert build_module().broken_links(Path("README.md"), text) == ["README.md: no/such.md"]


@pytest.mark.skipif(not importlib.util.find_spec("sphinx"), reason="Sphinx is not installed")
def test_the_site_builds_without_a_warning(tmp_path):
    build_module().build(tmp_path / "site")
    home = (tmp_path / "site" / "docs" / "index.html").read_text("utf-8")
    assert "transit-forecast" in home
    for page in ("commands", "network", "stories", "dictionary", "glossary"):
        assert (tmp_path / "site" / "docs" / "reference" / f"{page}.html").exists()
    outside = [
        address
        for page in (tmp_path / "site").rglob("*.html")
        for address in re.findall(
            r'(?:src|href)="(https?://[^"]+)"[^>]*(?:rel="stylesheet"|>)', page.read_text("utf-8")
        )
        if re.search(r"\.(?:js|css|woff2?)$", address)
    ]
    assert outside == [], "the site opens from disk, offline"


def test_the_two_commands_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("run", "test"):
        assert f"make {target} " in README
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
