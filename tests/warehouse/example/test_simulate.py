"""The simulator's traffic: repeatable, in scale with the public figures, with every quirk it
promises.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from warehouse.example.demand import bandwidth_path, read_world
from warehouse.example.simulate import RESET_BPS, Month, simulate, write_traffic

WORLD = read_world()
ROW = {port.route_id: row for row, port in enumerate(WORLD.ports)}


@pytest.fixture(scope="module")
def months() -> list[Month]:
    """Four years at half-hour slots: the same months, six times fewer samples."""
    return list(simulate(WORLD, seed=20251125, first=date(2022, 11, 1), months=48, slot_minutes=30))


def of(months: list[Month], start: date) -> Month:
    return next(month for month in months if month.start == start)


def during(months: list[Month], route: str, low: datetime, high: datetime) -> np.ndarray:
    rates = np.concatenate(
        [
            month.in_gbps[ROW[route], ((month.slots >= low) & (month.slots < high)).to_numpy()]
            for month in months
        ]
    )
    return rates[rates < 1e6]


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    one, two, other = (
        write_traffic(tmp_path / name, seed=seed, months=2)
        for name, seed in (("one", 1), ("two", 1), ("other", 2))
    )
    assert [path.name for path in one] == [
        "backbone-2022-11.parquet",
        "tm-ops-2022-11.csv",
        "backbone-2022-12.parquet",
        "tm-ops-2022-12.csv",
    ]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert all(
        path.read_bytes() != strange.read_bytes() for path, strange in zip(one, other, strict=True)
    )


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    short, long = (
        list(simulate(WORLD, seed=3, first=date(2024, 1, 1), months=count, slot_minutes=60))
        for count in (1, 2)
    )
    np.testing.assert_array_equal(short[0].in_gbps, long[0].in_gbps)


def test_it_ends_with_october_2026(months: list[Month]) -> None:
    assert months[-1].start == date(2026, 10, 1)
    assert months[-1].slots[-1] == at(2026, 10, 31, 18) + timedelta(minutes=30)
    assert months[0].slots[0] == at(2022, 10, 31, 18)


def test_files_hold_what_was_simulated_in_each_operators_form(tmp_path: Path) -> None:
    parquet, text = write_traffic(tmp_path, months=1, first=date(2023, 5, 1))
    (month,) = simulate(WORLD, seed=20251125, first=date(2023, 5, 1), months=1)
    long = pl.read_parquet(parquet)
    assert long.columns == ["interface", "time", "in_bps", "out_bps"]
    assert long["time"].dtype == pl.Datetime("us", "UTC")
    assert long["interface"].n_unique() == 22
    assert long["in_bps"].is_nan().sum() + long["in_bps"].null_count() == 0
    row = ROW["ALA-FRA"]
    known = ~np.isnan(month.in_gbps[row])
    written = long.filter(pl.col("interface") == "ALA-FRA-1").sort("time")["in_bps"].to_numpy()
    np.testing.assert_allclose(written, month.in_gbps[row][known] * 1e9, rtol=1e-6)
    assert long.filter(pl.col("time").is_between(at(2023, 5, 6, 4), at(2023, 5, 6, 11))).height == 0
    lines = text.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "time;ASB-TAS in;ASB-TAS out;ASB-THR in;ASB-THR out"
    assert lines[1].startswith("30.04.2023 23:05;"), "midnight in UTC+6, slot's end, in UTC+5"
    wide = pl.read_csv(text, separator=";", decimal_comma=True)
    assert wide.height == 31 * 288
    np.testing.assert_allclose(
        wide["ASB-THR out"].to_numpy(), month.out_gbps[ROW["ASB-THR"]] * 1e3, atol=6e-4, rtol=1e-6
    )


@pytest.mark.parametrize(("country", "year"), [("KZ", 2023), ("KG", 2023), ("AF", 2023)])
def test_a_countrys_traffic_is_the_assumed_use_of_its_public_bandwidth(
    months: list[Month], country: str, year: int
) -> None:
    rows = [row for row, port in enumerate(WORLD.ports) if port.country == country]
    covered = sum(WORLD.ports[row].share_ratio for row in rows)
    mean = np.mean(
        [
            np.nansum(
                np.nanmean(np.where(month.in_gbps > 1e6, np.nan, month.in_gbps)[rows], axis=1)
            )
            for month in months
            if month.start.year == year
        ]
    )
    expected = WORLD.bandwidth_gbps[country][year] * WORLD.countries[country]["use_ratio"] * covered
    assert mean == pytest.approx(expected, rel=0.12)


def test_a_countrys_shares_add_up_to_what_is_covered() -> None:
    for country, choices in WORLD.countries.items():
        total = sum(port.share_ratio for port in WORLD.ports if port.country == country)
        assert total == pytest.approx(choices["covered_ratio"]), country


def test_growth_follows_the_table_and_then_slows() -> None:
    choices = {"growth_from": 2018, "last_year": 2023, "damping": 0.8}
    known = {2018: 100.0, 2020: 144.0, 2023: 100.0 * 1.2**5, 2024: 9999.0}
    path = bandwidth_path(known, choices, range(2019, 2030))
    assert path[0] == pytest.approx(120.0), "between two years on the log scale"
    assert path[4] == pytest.approx(known[2023])
    growth = np.diff(np.log(path[4:]))
    np.testing.assert_allclose(growth, np.log(1.2) * 0.8 ** np.arange(1, 7))


def test_people_are_busiest_late_in_the_evening_and_download_more(months: list[Month]) -> None:
    month = of(months, date(2025, 3, 1))
    hour = month.slots.dt.convert_time_zone("Asia/Almaty").dt.hour().to_numpy()
    for route in ("ALA-FRA", "AST-FRA", "ALA-MOW"):
        inbound, outbound = month.in_gbps[ROW[route]], month.out_gbps[ROW[route]]
        by_hour = [np.nanmean(inbound[hour == h]) for h in range(24)]
        assert int(np.argmax(by_hour)) in (20, 21, 22, 23)
        assert int(np.argmin(by_hour)) in (3, 4, 5, 6)
        assert 1.5 < np.nanquantile(inbound, 0.99) / np.nanmean(inbound) < 2.0
        assert 3 < np.nanmean(inbound) / np.nanmean(outbound) < 8


def test_winter_is_high_and_midsummer_low(months: list[Month]) -> None:
    rows = [
        ROW[name] for name in ("ALA-FRA", "ALA-MOW", "AST-MOW", "TAS-FRA", "TAS-MOW", "BAK-FRA")
    ]
    level = np.log(
        [np.nanmean(np.where(m.in_gbps[rows] > 1e6, np.nan, m.in_gbps[rows])) for m in months]
    )
    detrended = level - np.convolve(level, np.r_[0.5, np.ones(11), 0.5] / 12, mode="same")
    inside = range(8, 40)
    of_month = {
        number: np.mean([detrended[i] for i in inside if months[i].start.month == number])
        for number in range(1, 13)
    }
    assert min(of_month[12], of_month[1], of_month[2]) > max(of_month[7], of_month[8]) + 0.04


def test_new_years_night_spikes(months: list[Month]) -> None:
    midnight = at(2024, 12, 31, 19)
    night = during(months, "ALA-FRA", midnight, at(2024, 12, 31, 20)).mean()
    usual = during(months, "ALA-FRA", at(2024, 12, 29, 19), at(2024, 12, 29, 20)).mean()
    assert night > 1.4 * usual


def test_routes_move_together(months: list[Month]) -> None:
    """The same hour of four weeks in a row: what is unusual on one route is in part unusual on the
    other.
    """
    pair = [ROW["ALA-MOW"], ROW["TAS-FRA"]]
    surprise = []
    for month in months:
        hours = np.log(month.in_gbps[pair, : 28 * 48].reshape(2, 4, 168, 2).mean(axis=3))
        surprise.append((hours - hours.mean(axis=1, keepdims=True)).reshape(2, -1))
    both = np.concatenate(surprise, axis=1)
    both = both[:, (np.abs(both) < 0.5).all(axis=0)]
    assert both.shape[1] > 20_000
    assert 0.25 < np.corrcoef(both)[0, 1] < 0.8


def test_waves_are_nearly_flat_and_grow_in_steps(months: list[Month]) -> None:
    before, after = of(months, date(2024, 3, 1)), of(months, date(2024, 5, 1))
    row = ROW["URC-FRA"]
    assert np.nanmax(before.in_gbps[row]) / np.nanmean(before.in_gbps[row]) < 1.2
    assert np.nanmean(after.in_gbps[row]) / np.nanmean(before.in_gbps[row]) == pytest.approx(
        13 / 9, rel=0.05
    )


def test_a_cut_moves_traffic_to_the_siblings_for_days(months: list[Month]) -> None:
    cut, week_before = (at(2025, 2, 19), at(2025, 2, 22)), (at(2025, 2, 12), at(2025, 2, 15))
    change = {
        route: during(months, route, *cut).mean() - during(months, route, *week_before).mean()
        for route in ("ALA-FRA", "ALA-MOW", "AST-FRA")
    }
    assert change["ALA-FRA"] < 0 < min(change["ALA-MOW"], change["AST-FRA"])
    assert -change["ALA-FRA"] == pytest.approx(
        (change["ALA-MOW"] + change["AST-FRA"]) / 0.92, rel=0.2
    )
    coast = during(months, "ASB-FRA", at(2024, 6, 12), at(2024, 6, 17))
    assert coast.mean() < 0.08 * during(months, "ASB-FRA", at(2024, 6, 19), at(2024, 6, 24)).mean()


def test_a_customer_leaves_one_route_for_another(months: list[Month]) -> None:
    ratio = [
        during(months, "BSK-ALA", low, high).mean() / during(months, "BSK-FRA", low, high).mean()
        for low, high in ((at(2025, 4, 1), at(2025, 4, 14)), (at(2025, 4, 15), at(2025, 4, 28)))
    ]
    assert ratio[1] < 0.6 * ratio[0]
    step = (
        during(months, "AST-FRA", at(2024, 9, 2), at(2024, 9, 16)).mean()
        / during(months, "AST-FRA", at(2024, 8, 19), at(2024, 9, 2)).mean()
    )
    assert 1.15 < step < 1.4


def test_shutdowns_leave_almost_nothing(months: list[Month]) -> None:
    for route, low, high in (
        ("HEA-FRA", at(2025, 9, 29, 13), at(2025, 10, 1, 12)),
        ("THR-FRA", at(2026, 3, 1), at(2026, 5, 26)),
    ):
        before = np.nanmean(of(months, date(2025, 8, 1)).in_gbps[ROW[route]])
        assert 0 < np.nanmean(during(months, route, low, high)) < 0.02 * before


def test_announced_work_empties_one_port_for_hours(months: list[Month]) -> None:
    work = during(months, "AKT-FRA", at(2024, 11, 17, 19), at(2024, 11, 17, 23))
    assert (
        work.mean()
        < 0.1 * during(months, "AKT-FRA", at(2024, 11, 16, 19), at(2024, 11, 16, 23)).mean()
    )


def test_a_full_port_is_pinned_under_its_speed(months: list[Month]) -> None:
    speed = WORLD.ports[ROW["OSH-KSH"]].speed_gbps
    late = of(months, date(2026, 9, 1)).in_gbps[ROW["OSH-KSH"]]
    assert np.nanmax(late) <= speed
    assert 0.1 < np.mean(late[~np.isnan(late)] > 0.98 * speed) < 0.6
    early = of(months, date(2023, 9, 1)).in_gbps[ROW["OSH-KSH"]]
    assert np.nanmax(early) < 0.9 * speed
    opened = next(
        event.start_at for event in WORLD.events if event.event_id == "SIM-2024-12-OSH-CAP"
    )
    pinned = {
        month.start: float(np.mean(month.in_gbps[ROW["OSH-KSH"]] > 0.98 * speed))
        for month in months
    }
    assert next(start for start, part in pinned.items() if part > 0.01) == opened.date()
    for port in WORLD.ports:
        if port.route_id != "OSH-KSH":
            rates = np.concatenate([month.in_gbps[ROW[port.route_id]] for month in months])
            assert np.mean(rates[rates < 1e6] > 0.98 * port.speed_gbps) < 0.001, port.route_id


def test_resets_are_absurd_spikes_and_gaps_are_holes(months: list[Month]) -> None:
    spikes = 0
    for month in simulate(WORLD, seed=20251125, first=date(2024, 3, 1), months=1):
        absurd = month.in_gbps > 1e6
        assert month.in_gbps[absurd] == pytest.approx(RESET_BPS / 1e9, rel=1e-6)
        assert set(np.nonzero(absurd)[0]) == {ROW["ALA-FRA"]}
        spikes += int(absurd.sum())
    assert spikes == 1
    coverage = [np.mean(~np.isnan(month.in_gbps[ROW["MZR-TAS"]])) for month in months]
    assert min(coverage) < 0.72
    assert np.argmin(coverage) == 21
    assert np.sort(coverage)[1] > 0.95
    assert all(np.isnan(month.in_gbps).any() for month in months)


def test_every_simulated_event_has_an_effect_and_a_place() -> None:
    assert len(WORLD.events) == 22
    named = {
        route
        for event in WORLD.events
        for route in (*event.factor, *event.leaves, *event.arrives, *event.reset, *event.gap)
    }
    assert named - {"*"} <= set(ROW)
    steps = {day for port in WORLD.ports for day, _ in port.steps} - {date(2022, 11, 1)}
    assert steps == {
        event.start_at.date() for event in WORLD.events if event.event_id.endswith("STEP")
    }
