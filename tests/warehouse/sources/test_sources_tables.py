from __future__ import annotations

import gzip
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from flows.steps.load import files_of, unfit_links
from tests.warehouse.traffic_worlds import PAIR, load, load_one, open_world, samples, write
from warehouse.sources.mrtg import MrtgSpec

HEADER = "time,interface,in,out\n"


def rows(*stamps: str) -> str:
    return HEADER + "".join(f'"{stamp}",r1,{place},2\n' for place, stamp in enumerate(stamps))


def at(world: object) -> list[datetime]:
    return samples(world)["slot_start"].to_list()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stamps", "day_first", "first"),
    [
        (
            ("01/02/2024 00:00", "01/02/2024 00:05", "13/02/2024 00:00"),
            None,
            datetime(2024, 2, 1, tzinfo=UTC),
        ),
        (
            ("01/02/2024 00:00", "1/2/2024 12:05:00 AM", "01/13/2024 00:00"),
            None,
            datetime(2024, 1, 2, tzinfo=UTC),
        ),
        (("01.02.2024 00:00", "01.02.2024 00:05"), None, datetime(2024, 2, 1, tzinfo=UTC)),
        (("01/02/2024", "02/02/2024"), True, datetime(2024, 2, 1, tzinfo=UTC)),
        (("01/02/2024", "02/02/2024"), False, datetime(2024, 1, 2, tzinfo=UTC)),
        (
            ("31-01-2024 00:00", "2024-02-01 00:00:00", "2024-02-02"),
            None,
            datetime(2024, 1, 31, tzinfo=UTC),
        ),
    ],
)
def test_day_and_month_are_told_by_the_whole_column(
    tmp_path: Path, stamps: tuple[str, ...], day_first: bool | None, first: datetime
) -> None:
    with open_world(tmp_path) as world:
        result = load_one(
            world, replace(PAIR, day_first=day_first), write(tmp_path / "a.csv", rows(*stamps))
        )
        assert (result.rows_quarantined, result.rows_loaded) == (0, len(stamps))
        assert at(world)[0] == first


@pytest.mark.parametrize(
    "stamps",
    [
        ("01/02/2024", "02/02/2024"),
        ("13/02/2024", "02/13/2024"),
        ("1-2-2024 00:00", "2-2-2024 00:00"),
    ],
)
def test_what_can_not_be_told_is_refused_with_the_remedy(
    tmp_path: Path, stamps: tuple[str, ...]
) -> None:
    with open_world(tmp_path) as world:
        (result,) = load(world, PAIR, write(tmp_path / "a.csv", rows(*stamps)))
        assert "day and month can't be told apart" in str(result.error)
        assert "Declare day_first = true" in str(result.error)
        assert samples(world).is_empty()


def test_the_order_is_told_by_a_row_far_down(tmp_path: Path) -> None:
    stamps = [
        f"{1 + place // 288:02}/02/2024 {place % 288 // 12:02}:{place % 12 * 5:02}"
        for place in range(15 * 288)
    ]
    with open_world(tmp_path) as world:
        result = load_one(world, PAIR, write(tmp_path / "a.csv", rows(*stamps)))
        assert result.rows_quarantined == 0
        assert (at(world)[0], at(world)[-1]) == (
            datetime(2024, 2, 1, tzinfo=UTC),
            datetime(2024, 2, 15, 23, 55, tzinfo=UTC),
        )


def test_rows_of_totals_do_not_become_traffic(tmp_path: Path) -> None:
    text = (
        rows("2024-01-01 00:00", "2024-01-01 00:05")
        + "Total,r1,99999,99999\n2024-01-01 00:05,Total,99999,99999\n,,99999,99999\n"
    )
    with open_world(tmp_path) as world:
        result = load_one(world, PAIR, write(tmp_path / "a.csv", text))
        assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (5, 2, 3)
        assert samples(world)["in_bps"].to_list() == [0.0, 1.0]
        kept = world.sql("select row_text from core.quarantine order by line")["row_text"].to_list()
        assert [text.count("99999") for text in kept] == [2, 2, 2]


def test_packed_files_and_their_limit(tmp_path: Path) -> None:
    text = rows("2024-01-01 00:00", "2024-01-01 00:05").encode()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    with pa.CompressedOutputStream(str(tmp_path / "a.csv.zst"), "zstd") as packed:
        packed.write(text)
    (tmp_path / "bomb.csv.gz").write_bytes(
        gzip.compress(HEADER.encode() + b"2024-01-01 00:00,r1,1,2\n" * 100_000)
    )
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text * 1000)[:-20])
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, tmp_path / "a.csv.zst").rows_loaded == 2
        assert load_one(world, PAIR, tmp_path / "a.csv.gz").rows_known == 2
        (bomb,) = load(world, replace(PAIR, max_file_bytes=100_000), tmp_path / "bomb.csv.gz")
        assert "once unpacked" in str(bomb.error)
        (cut,) = load(world, PAIR, tmp_path / "cut.csv.gz")
        assert cut.error is not None


def test_excel_dates_as_text_are_told_too(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "time": ["13/02/2024 00:00", "01/02/2024 00:05"],
            "interface": "r1",
            "in": [1, 2],
            "out": [3, 4],
        }
    )
    frame.write_excel(tmp_path / "a.xlsx")
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, tmp_path / "a.xlsx").rows_loaded == 2
        assert at(world)[0] == datetime(2024, 2, 1, 0, 5, tzinfo=UTC)


def test_links_do_not_lead_out_of_the_data_folder(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    secret = write(elsewhere / "s.csv", rows("2024-01-01 00:00"))
    write(data / "a.csv", rows("2024-01-01 00:00"))
    (data / "inside.csv").symlink_to(data / "a.csv")
    assert unfit_links(data, files_of(data, "*.csv")) == {}
    (data / "b.csv").symlink_to(secret)
    (data / "c.csv").symlink_to(data / "nowhere.csv")
    (data / "d.csv").symlink_to(data / "d.csv")
    problems = unfit_links(data, files_of(data, "*.csv"))
    assert {path.name: problem.what.partition(",")[0] for path, problem in problems.items()} == {
        "b.csv": "is a link out of the data folder",
        "c.csv": f"is a link to {data / 'nowhere.csv'}",
        "d.csv": "is a link that leads back to itself; remove it",
    }
    assert files_of(data, str(secret)) == [secret]
    assert files_of(data, "../elsewhere/*.csv") == [data / "../elsewhere/s.csv"]


@pytest.mark.parametrize("stamp", ["²", "9" * 5000, "1" * 13, "-1", "٣"])
def test_odd_digits_in_a_log_are_no_times(tmp_path: Path, stamp: str) -> None:
    log = f"1704067500 1 1\n1704067500 5 5 6 6\n{stamp} 7 7 8 8\n1704067200 9 9 9 9\n"
    with open_world(tmp_path) as world:
        result = load_one(world, MrtgSpec("log", interface="r1"), write(tmp_path / "a.log", log))
        assert result.rows_in == 3
        assert result.rows_quarantined >= 1


def test_two_cells_far_apart_in_a_workbook_cost_an_error_and_no_more(tmp_path: Path) -> None:
    """Between them lie 17 billion empty cells: the library that reads workbooks asks for half a
    terabyte and aborts.
    """
    pl.DataFrame(
        {"time": ["2024-01-01 00:00"], "interface": ["r1"], "in": [1.0], "out": [2.0]}
    ).write_excel(tmp_path / "good.xlsx")
    far = b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    with (
        zipfile.ZipFile(tmp_path / "good.xlsx") as good,
        zipfile.ZipFile(tmp_path / "far.xlsx", "w") as bad,
    ):
        for name in good.namelist():
            content = good.read(name)
            bad.writestr(
                name,
                content.replace(b"</sheetData>", far) if name.endswith("sheet1.xml") else content,
            )
    with open_world(tmp_path) as world:
        results = load(world, PAIR, tmp_path / "far.xlsx", tmp_path / "good.xlsx")
        assert [result.rows_loaded for result in results] == [0, 1]
        assert "stray cell far from the table" in str(results[0].error)
        assert "within 4294967296 bytes of memory" in str(results[0].error)
