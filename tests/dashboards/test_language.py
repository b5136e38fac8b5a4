"""Numbers, plural forms, cases and missing words."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from dashboards.language import TEXT_FOLDER, Period, Stated, load_language
from tests.dashboards.world import build, edition
from warehouse.errors import SettingsError

EN, RU = load_language("en"), load_language("ru")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 месяц"),
        (2, "2 месяца"),
        (5, "5 месяцев"),
        (11, "11 месяцев"),
        (21, "21 месяц"),
        (22, "22 месяца"),
        (112, "112 месяцев"),
        (0, "0 месяцев"),
    ],
)
def test_russian_plurals(count, words):
    assert RU.plural("count.months", count) == words


def test_of_so_many_periods_takes_its_case():
    for count, words in (
        (51, "42 из 51 периода"),
        (52, "42 из 52 периодов"),
        (253, "42 из 253 периодов"),
    ):
        assert words in RU.text("note.coverage_text", valued=42, all=count, median=1.0)


def test_no_count_stands_before_a_noun_of_one_form():
    """Russian nouns take their form from the count before them: such a count is written by a plural
    table.
    """
    nouns = r"(период|участк|маршрут|заказ|ряд|месяц|недел|дн|лет|год|прогноз|значени|сценари|модул|провер|раз\b)"
    told = [
        (key, words)
        for key, words in RU.words.items()
        if isinstance(words, str) and not key.startswith(("count.", "period.", "date."))
    ]
    told += [(row["pattern"], row["text"]) for row in RU.words["reasons"]]
    assert [
        key for key, words in told if re.search(r"\{\w+(:(n0?|g))?\}[ \u00a0]" + nouns, words)
    ] == []


def test_english_plurals():
    assert EN.plural("count.months", 1) == "1 month"
    assert EN.plural("count.months", 2) == "2 months"


@pytest.mark.parametrize(
    ("value", "english", "russian"),
    [
        (0.6531, "0.653", "0,653"),
        (12.44, "12.4", "12,4"),
        (187.3, "187", "187"),
        (1234.0, "1,234", "1234"),
        (43580.0, "43,580", "43\u00a0580"),
        (-2.5, "−2.50", "−2,50"),
        (0.0, "0", "0"),
        (None, "–", "–"),
        (-0.0000001, "0", "0"),
        (0.0261, "0.0261", "0,0261"),
    ],
)
def test_numbers(value, english, russian):
    assert EN.number(value) == english
    assert RU.number(value) == russian


def test_percent_has_a_no_break_space_in_russian():
    assert EN.percent(0.8) == "80%"
    assert RU.percent(0.8) == "80\u00a0%"


def test_periods_take_their_case():
    march = Period(date(2027, 3, 1))
    assert RU.period(march, "in") == "в марте 2027\u00a0г."
    assert RU.period(march, "by") == "к марту 2027\u00a0г."
    assert RU.period(march, "after") == "позже марта 2027\u00a0г."
    assert EN.period(Period(date(2018, 9, 3), "week"), "in") == "in the week of 3 September 2018"
    assert RU.text("title.route_flat", name="x", what="y", now=1.0, unit="u", by=march).startswith(
        "x: y по прогнозу к марту"
    )


def test_both_languages_have_the_same_keys_and_placeholders():
    def singular(key):
        return re.sub(r"^(count\..*)\.(one|few|many|other)$", r"\1", key)

    own = {key for key in RU.words if key.startswith("unit_of.")}
    assert {singular(key) for key in EN.words} - own == {singular(key) for key in RU.words} - own
    for key, words in EN.words.items():
        if (
            isinstance(words, str)
            and key in RU.words
            and not key.startswith(("count.", "period.", "date."))
        ):
            names = re.findall(r"\{(\w+)", words)
            assert set(re.findall(r"\{(\w+)", RU.words[key])) <= set(names), key


def test_units_are_held_to_their_numbers():
    for language in (EN, RU):
        for key, words in language.words.items():
            if isinstance(words, str):
                assert not re.search(r"\} \{unit\}|\d %", words), key


def test_a_new_language_is_a_new_file(tmp_path):
    (tmp_path / "kk.toml").write_text(
        'language = "Қазақша"\nplural = "none"\n[nav]\nindex = "Шолу"\n[number]\ndecimal = ","\n',
        encoding="utf-8",
    )
    kazakh = load_language("kk", tmp_path)
    assert kazakh.text("nav.index") == "Шолу"
    assert kazakh.text("nav.plan") == EN.text("nav.plan")
    assert kazakh.number(1.5) == "1,50"
    assert kazakh.missing == set()


def test_a_third_language_makes_whole_editions(tmp_path):
    """Words of a file of its own stand on every page; what it lacks is English, and nothing is
    missing.
    """
    from dashboards.report import write_report

    texts = tmp_path / "text"
    texts.mkdir()
    (texts / "tk.toml").write_text(
        'language = "Türkmençe"\nplural = "none"\n[number]\ndecimal = ","\ngroup = "\u00a0"\n[nav]\nplan = "Kuwwat meýilnamasy"\nindex = "Syn"\n'
        '[plan]\ntitle = "Geçirijilik kuwwatynyň meýilnamasy"\n[count.routes]\nother = "{n} ugur"\n[months]\nnominative = ["ýanwar", "fewral", "mart", "aprel", "maý", '
        '"iýun", "iýul", "awgust", "sentýabr", "oktýabr", "noýabr", "dekabr"]\n',
        encoding="utf-8",
    )
    site = tmp_path / "site"
    written = write_report(
        build(past=24, ahead=12),
        edition(),
        site,
        languages=("tk",),
        text_folder=texts,
        workbook=False,
        pictures=False,
    )
    assert sum(path.suffix == ".html" for path in written) > 20
    index = (site / "tk" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="tk"' in index
    assert "Kuwwat meýilnamasy" in index
    assert "dekabr 2025" in index
    assert "4 ugur" in (site / "tk" / "routes.html").read_text(encoding="utf-8")
    assert "Geçirijilik kuwwatynyň" in (site / "tk" / "plan.html").read_text(encoding="utf-8")
    assert load_language("tk", texts).missing == set()


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(SettingsError, match=r"Choose from en, ru"):
        load_language("xx", TEXT_FOLDER)


def test_a_missing_key_is_remembered_and_does_not_break():
    language = load_language("en", TEXT_FOLDER)
    assert language.text("no.such.key") == "no.such.key"
    assert "no.such.key" in language.missing
    language.missing.clear()


def reasons():
    """Every reason that the forecast gives for having none, made by the code that gives it."""
    import numpy as np

    from forecasting.demand.prepare import prepare
    from forecasting.spec import ForecastSpec

    spec = ForecastSpec(horizon=6, min_periods=24)
    level = np.full(48, 5.0) + np.arange(48) % 3
    gone, short, holes, negative, quiet = (level.copy() for _ in range(5))
    gone[-6:] = np.nan
    short[:30] = np.nan
    holes[2:30] = np.nan
    holes[::2] = np.nan
    holes[[0, -1]] = 5.0
    negative[4] = -1.0
    quiet[-9:] = 0.0
    series = (
        np.full(48, np.nan),
        gone,
        short,
        holes,
        negative,
        np.zeros(48),
        np.full(48, 5.0),
        quiet,
    )
    return [found for values in series if isinstance(found := prepare(values, spec, 12), str)]


def test_reasons_of_the_forecast_are_told_in_russian():
    told = {english: RU.reason(english) for english in reasons()}
    assert len(told) >= 6
    for english, russian in told.items():
        assert not re.search(r"[A-Za-z]{3}", russian), (english, russian)


def _written(node):
    """A string of the code with something in place of each value: a month, a number or an id. None
    where it begins with a value.
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr) or isinstance(node.values[0], ast.FormattedValue):
        return None
    words = ""
    for part in node.values:
        form = (
            part.format_spec.values[0].value
            if isinstance(part, ast.FormattedValue) and part.format_spec
            else ""
        )
        words += (
            part.value
            if isinstance(part, ast.Constant)
            else "2027-04"
            if "%Y" in form
            else "7"
            if form
            else "X-1"
        )
    return words


def plan_notes():
    """Topics and words of the notes of a plan, as the code that makes them has them."""
    for path in sorted((Path(__file__).parents[2] / "forecasting").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Tuple)
                and len(node.elts) == 3
                and isinstance(node.elts[0], ast.Constant)
            ):
                topic, words = node.elts[0].value, _written(node.elts[2])
                if isinstance(topic, str) and words and " " in words:
                    yield topic, words


def test_every_note_of_the_plan_has_a_topic_and_russian_words():
    found = list(plan_notes())
    assert len(found) > 20
    for topic, words in found:
        assert EN.knows("topic", topic), topic
        assert f"topic.{topic}" in RU.words, topic
        told = re.sub(r"\b\w+_\w+\b|X-1", "", RU.reason(words))
        assert not re.search(r"[A-Za-z]{3}", told), told


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        (
            "nominal USD, discount rate 12.5 % a year, prices as stated on 2026-11-22",
            "номинальные долл. США, ставка дисконтирования 12,5 % в год, цены на 22 ноября 2026 г.",
        ),
        (
            "No order is needed: by 2029-10 its load in the worst failure state passes 72.5 % of what is lit on 11 % of the paths, and 2.5 % is accepted.",
            "Заказ не нужен: к октябрю 2029 г. нагрузка при худшем отказе превышает 72,5 % задействованной ёмкости на 11 % траекторий, а допустимо 2,5 %.",
        ),
        (
            "On 2.5 % of the paths its load with A and B out together passes 80 % of 1.2e+03 Gbit/s by 2027-12, so 2 x 400 Gbit/s on a new line system must be ready then. No date to order: no assumption states a lead time for it.",
            "На 2,5 % траекторий нагрузка при одновременном отказе участков «A» и «B» превышает 80 % от 1200 Гбит/с к декабрю 2027 г., поэтому к этому времени нужно 2 × 400 Гбит/с на новой системе передачи. Даты заказа нет: срок поставки не задан ни одним допущением.",
        ),
        (
            "a sum without its routes A would be too small, and they have no forecast",
            "без маршрута «A» сумма была бы занижена, а прогноза для него нет",
        ),
        (
            "a sum without its routes A, B would be too small, and they have no forecast",
            "без маршрутов A, B сумма была бы занижена, а прогноза для них нет",
        ),
        (
            "a sum without its routes A, B and 21 more would be too small, and they have no forecast",
            "без маршрутов A, B и ещё 21 сумма была бы занижена, а прогноза для них нет",
        ),
        (
            "Stated otherwise than on 2026-10-15: assumption, risk_group, policy.",
            "После 15 октября 2026 г. изменено: допущения, группы риска, правила планирования.",
        ),
        (
            "raw_changes: To be promoted: over 26 periods its error was 4.1% of what came, the ensemble's 4.9%, more than chance explains (p 0.0004, 9 challengers). Somebody has to decide it.",
            "Стоит заменить ансамбль: ошибка метода — 4,1 % фактического трафика, ансамбля — 4,9 % (периодов: 26); случаем это не объяснить (p = 0,0004; соперников: 9). Решение — за человеком.",
        ),
        (
            "week mean, 2 to 4 ahead: Forecasts have run too low: 71% of outcomes lay above the median, where half should (480 outcomes of 24 periods, worth 31 independent ones; 99 % interval 55% to 80%).",
            "среднее, горизонт (недель) — 2–4. Прогнозы были занижены. Выше медианы — 71 % значений при ожидаемой половине (значений 480, периодов 24, по весу независимых 31; интервал 99 % — от 55 до 80 %).",
        ),
    ],
)
def test_reasons_keep_their_facts_in_russian(english, russian):
    """The digits that are stated, one or many, nothing left in English."""
    assert RU.reason(english).replace("\u00a0", " ") == russian


def test_english_reasons_count_one_as_one():
    assert EN.reason("Right of use over 1 years with operation and maintenance.").startswith(
        "Right of use over 1 year "
    )
    assert EN.reason(
        "1 values of periods up to 2026-09 are known otherwise than on 2026-10-15."
    ) == ("1 value of periods up to September 2026 is known otherwise than on 15 October 2026.")


def test_a_stated_ratio_keeps_its_digit():
    """A risk of 2.5 % is not one of 2 %; a share that was counted is rounded."""
    assert (
        RU.text("plan.lead", threshold=Stated(0.725), alpha=Stated(0.025)).count("2,5\u00a0%") == 2
    )
    assert (
        EN.text("plan.sheet_caption", alpha=Stated(0.2))
        == "Accepted probability of being late: 20%."
    )
    assert EN.text("plan.sheet_caption", alpha=0.025) == "Accepted probability of being late: 2%."
    assert edition(threshold_ratio=0.725).threshold_ratio == 0.725
    assert isinstance(edition().risk_alpha_ratio, Stated)


def test_words_from_data_are_set_as_the_language_sets_its_own():
    assert (
        RU.typeset("линия Мары — Герат, 40 Гбит/с, 5 %")
        == "линия Мары\u00a0— Герат, 40\u00a0Гбит/с, 5\u00a0%"
    )
    assert EN.typeset("line Mary – Herat, 40 Gbit/s, 5 %") == "line Mary – Herat, 40 Gbit/s, 5%"
    assert RU.choose("Almaty - Frankfurt", "Алматы – Франкфурт") == "Алматы\u00a0— Франкфурт"


def test_reasons_of_the_plan_are_told_in_russian():
    english = (
        "On 20 % of the paths its load with segment KZ-ATYBEY out passes 80 % of 800 Gbit/s by 2027-04. 1 x 400 Gbit/s take 3 to 9 months "
        "(assumption LEAD): to be late with no more than 20 % risk the order was due by 2026-10-17, 1.2 months ago. Ordered today it is late with "
        "26 % probability. The routes that meet here were never measured together, so their peaks are counted as if they coincided (factor 1)."
    )
    assert RU.reason(english).replace("\u00a0", " ") == (
        "На 20 % траекторий нагрузка при отказе участка «KZ-ATYBEY» превышает 80 % от 800 Гбит/с к апрелю 2027 г. Поставка 1 × 400 Гбит/с занимает от 3 до 9 мес. "
        "(допущение LEAD): чтобы риск опоздать не превышал 20 %, заказать нужно было до 17 октября 2026 г., то есть 1,2 мес. назад. При заказе сегодня "
        "вероятность опоздать — 26 %. Маршруты, сходящиеся здесь, не измерялись одновременно, поэтому их пики сложены так, будто совпадают (коэффициент 1)."
    )
    assert EN.reason(english) == (
        "On 20% of the paths its load with segment KZ-ATYBEY out passes 80% of 800 Gbit/s by April 2027. 1 × 400 Gbit/s take 3 to 9 months "
        "(assumption LEAD): to be late with no more than 20% risk the order was due by 17 October 2026, 1.2 months ago. Ordered today it is late with "
        "26% probability. The routes that meet here were never measured together, so their peaks are counted as if they coincided (factor 1)."
    )


@pytest.mark.parametrize(
    "words",
    [
        "run 2026-10-b3be761e",
        "EV-2026-02-IR-SHUT2",
        "https://example.net/a-2026-01-12/2025-11-25?d=2025-11-25",
        "2025-13",
        "a 2-0 win",
        "2024-02-30 is no day",
    ],
)
def test_ids_and_addresses_keep_their_dates(words):
    assert EN.reason(words) == words
