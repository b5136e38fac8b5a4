"""The README tells the truth: every command and setting is in it, and every file it names is there."""

import dataclasses
import re
from pathlib import Path

import pytest

from flows.cli import app
from flows.settings import SECTIONS
from warehouse.sources.kinds import KINDS, settings_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(name for name in app if not name.startswith("-")))
def test_every_command_is_in_the_readme(command):
    assert f"transit {command}" in README


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_every_setting_is_in_the_readme(section):
    assert f"[{section}]" in README
    for item in dataclasses.fields(SECTIONS[section][0]):
        assert f"`{item.name}`" in README, f"[{section}] {item.name}"


def test_every_key_of_a_source_is_in_the_readme():
    keys = {item.name for kind in KINDS for item in settings_of(kind)}
    assert [key for key in sorted(keys) if f"`{key}`" not in README] == []


def test_every_link_leads_somewhere():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [
        target for target in targets if "://" not in target and not (ROOT / target).exists()
    ] == []


def test_the_two_commands_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("run", "test"):
        assert f"`make {target}`" in README
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
