"""What data state in one language, told in another: the bundled network in Russian, names of
countries, sums, unknown words.
"""

import csv
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dashboards import naming
from dashboards.chapters.capacity import segments
from dashboards.chapters.evidence import data
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.naming import PIECES
from dashboards.view import View
from flows.steps.wordings import read_wordings
from tests.dashboards.world import build, edition
from warehouse.errors import SettingsError
from warehouse.reasons import reason

NETWORK = Path(__file__).parents[2] / "warehouse" / "example" / "central_asia"
EN, RU = load_language("en"), load_language("ru")
TOLD = {
    "assumptions": ("source", "author"),
    "capacity": ("source",),
    "events": ("effect", "source"),
    "risk_groups": ("name", "source"),
    "projects": ("source",),
    "segments": ("source",),
    "bandwidth": ("source",),
    "routes": ("corridor",),
}
PROPER = re.compile(
    r"https?://\S+|\([^)]*\)|\b(warehouse|public)/\S+|\b[\w-]+\.json\b|\b[\w.-]+\.(com|org|tm)\b|\bazerbaijan-turkmenistan\b|\b(TeleGeography|Terabit|Consulting|Beeline|NetBlocks|Afghan|Wireless|Delta|Caucasus|Cable|System|Seacom|ElCat|Kummet|Kovus|TAE)\b|«[^»]*»"
)


@pytest.fixture(scope="module")
def material():
    return gather(
        build(past=24, ahead=12), replace(edition(), words=read_wordings(NETWORK, ("en", "ru")))
    )


def test_the_bundled_network_is_told_in_russian(material):
    left = set()
    for name, columns in TOLD.items():
        with (NETWORK / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for column in columns:
                    for piece in PIECES.split(row[column] or ""):
                        told = naming.translate_text(View(material, RU), piece)
                        if re.search(r"\b[a-z]{3,}", PROPER.sub(" ", told)):
                            left.add((name, column, piece))
    assert left == set()


def test_assumptions_of_the_bundled_network_have_words_in_both_languages():
    with (NETWORK / "assumptions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for language in (EN, RU):
        for kind, column in (
            ("assumption", "name"),
            ("unit_of", "unit"),
            ("confidence", "confidence"),
        ):
            assert {
                row[column] for row in rows if row[column] and not language.knows(kind, row[column])
            } == set(), language.code


def test_russian_words_are_held_to_their_numbers_and_dashes():
    """No-break spaces before a dash, a percent sign and a unit."""
    for key, words in RU.words.items():
        if isinstance(words, str):
            assert not re.search(r" —|[\d}] (%|Гбит/с|мес\.|долл\.|км\b)|долл\. США", words), key


def test_english_stays_as_it_was_stated(material):
    assert (
        naming.translate_text(View(material, EN), "no figure is public; range assumed")
        == "no figure is public; range assumed"
    )
    assert naming.translate_text(View(material, RU), "northern") == "Северный"
    assert naming.corridor_name(View(material, EN), "northern") == "Northern corridor"
    assert naming.corridor_name(View(material, RU), "northern") == "Коридор «Северный»"


def test_links_stay_behind_the_words_they_prove(material):
    told = naming.translate_text(
        View(material, RU),
        "memorandum signed 2025-11-25, main works planned within 12 months (https://example.net/a)",
    )
    assert told.startswith("меморандум подписан")
    assert told.endswith(" (https://example.net/a)")
    assert (
        naming.translate_text(View(material, RU), "ring; ring ; no such piece")
        == "кольцо; no such piece"
    )


def test_markets_of_two_countries_are_named(material):
    assert naming.market_name(View(material, EN), "KZ-DE") == "Kazakhstan – Germany"
    assert naming.market_name(View(material, RU), "KZ-DE") == "Казахстан\u00a0— Германия"
    assert naming.market_name(View(material, RU), "wholesale") == "wholesale"


def test_stories_carry_their_titles(material):
    assert (
        naming.translate_text(View(material, EN), "low") == "Low: local caches take 10% a year away"
    )
    assert (
        naming.translate_text(View(material, RU), "low")
        == "Низкий: местные кэши забирают 10\u00a0% в год"
    )


def test_ids_in_reasons_become_names(material):
    shared = reason("route_risk.common_segments", segments=["S-ALA-AKT", "S-AKT-ATY"])
    assert (
        naming.reason_text(View(material, EN), shared.columns())
        == "All its paths run over Almaty – Aktau, Aktau – Atyrau."
    )
    failure = reason("failure.risk_group", group="COAST")
    assert (
        naming.reason_text(View(material, RU), failure.columns("note"), "note")
        == "при отказе группы риска «coastal corridor»"
    )


def test_things_have_names_in_any_language(material):
    """Columns name_ru of old files, and words.<code>.toml for every language."""
    words = {**material.edition.words, "kk": {"Almaty": "Алматы қаласы", "Transit": "Транзит"}}
    named = gather(build(past=24, ahead=12), replace(edition(), words=words, title="Transit"))
    kazakh = View(named, replace(RU, code="kk"))
    assert naming.node_name(kazakh, "ALA") == "Алматы қаласы"
    assert naming.node_name(kazakh, "FRA") == "Frankfurt"
    assert naming.node_name(View(named, RU), "FRA") == "Франкфурт"
    assert named.edition.title_in("kk") == "Транзит"


def test_editions_made_before_reasons_were_data_keep_their_sentences(material):
    row = {"reason": "No order is needed: 80 % of what is lit suffices."}
    for language in (EN, RU):
        told = naming.reason_text(View(material, language), row)
        assert told.replace("\u00a0", " ").replace("80%", "80 %") == row["reason"]


def test_segments_that_fail_together_are_both_named(material):
    assert (
        naming.failure_name(View(material, EN), "pair:S-ALA-AKT+S-AKT-ATY")
        == "loss of Almaty – Aktau and Aktau – Atyrau"
    )
    assert (
        naming.failure_name(View(material, RU), "pair:S-ALA-AKT+S-AKT-ATY")
        == "отказ участков «Алматы\u00a0— Актау» и «Актау\u00a0— Атырау»"
    )
    assert (
        naming.reason_text(
            View(material, RU),
            reason("failure.pair", one="S-ALA-AKT", two="S-AKT-ATY").columns(),
        )
        == "при одновременном отказе участков «Алматы\u00a0— Актау» и «Актау\u00a0— Атырау»"
    )


def test_notes_of_the_plan_name_what_they_concern(material):
    subjects = {
        one: data._subject(View(material, RU), one)
        for one in (
            "R-ALA-FRA:in",
            "TMB",
            "S-ALA-AKT",
            "TMB/KZ-DE",
            "transit_revenue:lost",
            "upgrade",
        )
    }
    assert subjects == {
        "R-ALA-FRA:in": "Франкфурт → Алматы",
        "TMB": "Темирбаба\u00a0— Бекдаш",
        "S-ALA-AKT": "Алматы\u00a0— Актау",
        "TMB/KZ-DE": "Темирбаба\u00a0— Бекдаш, Казахстан\u00a0— Германия",
        "transit_revenue:lost": "выручка с трафика",
        "upgrade": "весь график",
    }


def test_one_operator_is_one_operator():
    frames = build(past=24, ahead=12)

    def lead(operators):
        named = {
            **frames,
            "segment": frames["segment"].with_columns(operators=pl.lit(operators, dtype=pl.String)),
        }
        return segments.pages(View(gather(named, edition()), RU))[1].lead[0]

    assert lead("A").endswith("км; оператор: A")
    assert lead("A; B").endswith("км; операторы: A; B")
    assert lead(None).endswith("\u00a0км")


def test_wordings_that_are_no_text_are_named(tmp_path):
    (tmp_path / "words.ru.toml").write_text('a = 1\nb = "б"\n', encoding="utf-8")
    (tmp_path / "words.en.toml").write_text("a = \n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_wordings(tmp_path, ("en", "ru"))
    assert "'a' is no text" in str(caught.value)
    assert "words.en.toml" in str(caught.value)
    (tmp_path / "words.en.toml").unlink()
    (tmp_path / "words.ru.toml").write_text('b = "б"\n', encoding="utf-8")
    assert read_wordings(tmp_path, ("ru",))["ru"] == {"b": "б"}


def test_effects_are_told_in_both_languages_and_noise_is_not_shown(material):
    """What moved a series: a holiday that counts, a surge by its event, a driver with the reason
    why it could not be used.
    """
    said = {}
    for name, language in (("en", EN), ("ru", RU)):
        section = next(
            one
            for one in data.pages(View(material, language))[0].sections
            if one.title == language.text("data.effects")
        )
        said[name] = [[cell.text for cell in row] for row in section.table.rows]
    assert [row[3:5] for row in said["en"]] == [
        ["cable cut, 3 May 2024", "×\u00a01.45"],
        ["Ramadan", "×\u00a00.94"],
        ["subscribers", "elasticity 0.00"],
    ]
    assert [row[4] for row in said["ru"]] == ["×\u00a01,45", "×\u00a00,94", "эластичность 0,00"]
    assert said["ru"][1][3] == "Рамадан"
    assert said["ru"][2][-1].startswith("заданы значения только до")
    assert "2025-06-01" not in said["ru"][2][-1]
