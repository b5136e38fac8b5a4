"""The PDF and the workbook, read back."""

from dataclasses import replace

import fastexcel
import polars as pl
import pytest

from dashboards import workbook
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.press.paper import write_paper
from dashboards.press.typesetting import compile_pdf, displayable, quote
from dashboards.view import View
from dashboards.workbook import write_workbook
from tests.dashboards.world import build, edition

SMALL = {"past": 24, "ahead": 12}


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    return folder, write_paper(build(**SMALL), edition(), folder)


def test_the_pdf_is_tagged_typeset_and_readable(papers):
    pypdf = pytest.importorskip("pypdf")
    for path, title, heading in zip(
        papers[1],
        ("Central Asia", "Центральная Азия"),
        ("Capacity plan", "План развития"),
        strict=True,
    ):
        reader = pypdf.PdfReader(path)
        assert reader.metadata.title == title
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        words = "\n".join(page.extract_text() for page in reader.pages)
        assert heading in words
        assert edition().data_hash in words
        assert len(reader.outline) > 5, "real headings make bookmarks"
        for page in reader.pages:
            for font in page["/Resources"].get("/Font", {}).values():
                inner = (
                    font.get_object()["/DescendantFonts"][0].get_object()
                    if "/DescendantFonts" in font.get_object()
                    else font.get_object()
                )
                descriptor = inner["/FontDescriptor"].get_object()
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), (
                    "a font is not embedded"
                )


def test_the_pdf_made_again_is_the_same(papers, tmp_path):
    again = write_paper(build(**SMALL), edition(), tmp_path, languages=("ru",))
    assert again[0].read_bytes() == (papers[0] / "ru" / "edition.pdf").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        'a"b\\',
        "*bold* _under_ $x$ @ref <tag> // no comment",
        "\u202eabc",
        "🛰️ 👩\u200d👧 乌鲁木齐 №\x07",
    ],
)
def test_names_are_no_markup(name, tmp_path):
    frames = {"route": build(**SMALL)["route"].with_columns(name=pl.lit(name))}
    path = write_paper(frames, replace(edition(), title=name), tmp_path, languages=("en",))[0]
    assert path.stat().st_size > 5000
    assert quote('a"b\\') == '"a\\"b\\\\"'


def written(frames, path, language="en"):
    return write_workbook(View(gather(frames, edition()), load_language(language)), path)


FOREIGN = (
    "नई दिल्ली – मुंबई, 1क",
    "עברית – القاهرة (סלאם) 123",
    "ไทย กรุงเทพฯ 1ก2",
    "a\u0903b A\u094dB क a ख",
    "\ufeffx \u0301y",
    "ཀྲུང မြန်မာ ខ្មែរ ქ\u0302x",
    "👩\u200d👩\u200d👧 \U0001f1f0\U0001f1ff 北京",
)


@pytest.mark.parametrize("name", FOREIGN)
def test_runs_of_any_script_can_be_typeset(name, tmp_path):
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="20"><text>{}</text></svg>'
    (tmp_path / "p.svg").write_text(
        displayable(picture.format(name), picture=True), encoding="utf-8"
    )
    source = f"""#set document(title: "x")
#set text(font: "Libertinus Serif")
= #{quote(name)}
#strong({quote("Алматы " + name + "Baku")})
#image("p.svg", alt: {quote(name)})"""
    (tmp_path / "e.typ").write_text(displayable(source), encoding="utf-8")
    assert compile_pdf(tmp_path / "e.typ", edition().known_at).startswith(b"%PDF")
    assert "Алматы" in displayable(source)
    assert "Baku" in displayable(source)


def test_names_in_charts_without_a_font_do_not_stop_the_press(tmp_path):
    frames = build(**SMALL)
    frames["node"] = frames["node"].with_columns(name=pl.lit("🛰️ 乌鲁木齐"))
    path = write_paper(frames, edition(), tmp_path, languages=("en",))[0]
    assert path.stat().st_size > 100_000


def test_the_workbook_has_every_table_with_units(tmp_path):
    path = written(build(**SMALL), tmp_path / "edition.xlsx")
    book = fastexcel.read_excel(path)
    assert {
        "About",
        "Definitions",
        "order_plan",
        "forecast_quantile",
        "traffic_period",
        "runout",
    } <= set(book.sheet_names)
    definitions = book.load_sheet("Definitions").to_polars()
    unit = definitions.filter((pl.col("Sheet") == "capacity") & (pl.col("Column") == "lit_gbps"))[
        "Unit"
    ][0]
    assert unit == "Gbit/s"
    forecast = book.load_sheet("forecast_quantile").to_polars()
    assert {f"q{level} [Gbit/s]" for level in (0.025, 0.5, 0.975)} <= set(forecast.columns)
    about = dict(book.load_sheet("About").to_polars().rows())
    assert about["data_hash"] == edition().data_hash


def test_the_workbook_made_again_is_the_same(tmp_path):
    one = written(build(**SMALL), tmp_path / "one.xlsx").read_bytes()
    assert one == written(build(**SMALL), tmp_path / "two.xlsx").read_bytes()


def test_a_name_is_no_formula(tmp_path):
    frames = {
        "route": build(**SMALL)["route"].with_columns(name=pl.lit('=HYPERLINK("http://x","y")'))
    }
    path = written(frames, tmp_path / "edition.xlsx")
    names = fastexcel.read_excel(path).load_sheet("route").to_polars()["name"].to_list()
    assert set(names) == {'=HYPERLINK("http://x","y")'}


@pytest.mark.parametrize(
    "name",
    [
        "<r>x</r>",
        "a\x01b",
        "_x0041_",
        "  led and trailed  ",
        "a & b < c > d",
        "\u202eabc",
        "line\nbreak\ttab",
        "x" * 40_000,
    ],
)
def test_any_text_comes_back_as_it_was(name, tmp_path):
    frames = {"route": build(**SMALL)["route"].with_columns(name=pl.lit(name))}
    path = written(frames, tmp_path / "edition.xlsx")
    names = fastexcel.read_excel(path).load_sheet("route").to_polars()["name"].to_list()
    assert set(names) == {name[:32_767]}


def test_numbers_days_and_times_come_back(tmp_path):
    frames = build(**SMALL)
    score = frames["backtest_score"].with_columns(
        mase=pl.when(pl.col("horizon") == 0).then(float("inf")), mae_gbps=1.25e-7
    )
    frames["backtest_score"] = score
    book = fastexcel.read_excel(written(frames, tmp_path / "edition.xlsx"))
    read = book.load_sheet("backtest_score").to_polars()
    assert read["mae_gbps [Gbit/s]"].to_list() == [1.25e-7] * read.height
    assert "mase" not in read.columns or read["mase"].null_count() == read.height
    traffic = book.load_sheet("traffic_period").to_polars()
    given = frames["traffic_period"].sort(traffic.columns[:5])
    assert (
        traffic["period_start"].cast(pl.Date).to_list()
        == frames["traffic_period"]["period_start"].to_list()
    )
    assert traffic["value_gbps [Gbit/s]"].to_list() == pytest.approx(
        frames["traffic_period"]["value_gbps"].to_list(), nan_ok=True
    )
    assert traffic["simulated"].to_list() == frames["traffic_period"]["simulated"].to_list()
    assert given.height == traffic.height
    known = book.load_sheet("capacity").to_polars()["known_at"].cast(pl.Datetime("us")).to_list()
    assert set(known) == {edition().known_at.replace(tzinfo=None)}


@pytest.mark.parametrize(("language", "sheet"), [("en", "Orders"), ("ru", "Заказы")])
def test_the_order_sheet_comes_first_in_the_reader_s_language(language, sheet, tmp_path):
    frames = build(**SMALL)
    book = fastexcel.read_excel(written(frames, tmp_path / "edition.xlsx", language))
    assert book.sheet_names[0] == sheet
    read = book.load_sheet(sheet).to_polars()
    words = load_language(language)
    plan = gather(frames, edition()).orders
    assert read.height == plan.height
    days = read[words.text("table.order_by")].cast(pl.Date).to_list()
    assert days == plan["order_by"].to_list()
    assert read[words.text("table.segment")][0] not in set(plan["segment_id"])
    reasons = book.load_sheet("order_plan").to_polars()
    assert "reason_code" not in reasons.columns
    assert set(reasons["reason"]) >= set(read[words.text("table.reason")])


def test_a_table_longer_than_a_sheet_goes_on_in_a_second(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 100)
    frames = build(**SMALL)
    book = fastexcel.read_excel(written(frames, tmp_path / "edition.xlsx"))
    parts = [name for name in book.sheet_names if name.startswith("traffic_period")]
    assert len(parts) > 1
    assert sum(book.load_sheet(name).height for name in parts) == frames["traffic_period"].height
