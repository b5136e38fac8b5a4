"""Any panel in, a forecast or a reason out for every series of it."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import with_sentences
from forecasting.demand.calendars import calendar_shares
from forecasting.demand.memory import read_memory
from forecasting.series import add_periods
from forecasting.standalone.panel import PANEL_LEVELS, forecast_and_remember, forecast_panel
from tests.forecasting.worlds import growing
from warehouse.errors import ContractError, SettingsError


def panel(**series):
    return pl.concat(
        [
            pl.DataFrame(
                {
                    "series_id": [name] * len(values),
                    "step": list(range(len(values))),
                    "value": [float(value) for value in values],
                }
            )
            for name, values in series.items()
        ]
    )


def test_one_row_per_series_and_step():
    found = forecast_panel(panel(b=growing(60, 1), a=growing(30, 2)), season=12, horizon=6)
    assert found.columns == [
        "series_id",
        "step",
        "horizon",
        "mean",
        "median",
        *PANEL_LEVELS,
        "weights",
        "reason_code",
        "reason_values",
    ]
    assert found["series_id"].to_list() == ["a"] * 6 + ["b"] * 6
    assert found["step"].to_list() == [*range(30, 36), *range(60, 66)]
    levels = found.select(PANEL_LEVELS.keys()).to_numpy()
    assert (np.diff(levels, axis=1) >= 0).all()
    assert found["reason_code"].null_count() == 12
    assert "theta" in found["weights"][0]


def test_bad_series_say_why_and_spoil_no_other():
    good = growing(40, 1)
    infinite, negative, gap = good.copy(), good.copy(), good.copy()
    infinite[3], negative[3], gap[10:13] = np.inf, -1, np.nan
    frame = panel(
        good=good,
        infinite=infinite,
        negative=negative,
        gap=gap,
        short=[1, 2, 3],
        flat=[2] * 30,
        zero=[0] * 30,
    )
    twice = pl.concat(
        [frame, panel(good=good).with_columns(series_id=pl.lit("twice")), panel(twice=[5.0])]
    )
    found = forecast_panel(twice.sample(fraction=1, shuffle=True, seed=1), season=12, horizon=3)
    reasons = dict(
        with_sentences(found.filter(pl.col("reason_code").is_not_null()))
        .select("series_id", "reason")
        .iter_rows()
    )
    assert set(reasons) == {"infinite", "negative", "short", "flat", "zero", "twice"}
    assert "infinite" in reasons["infinite"]
    assert "negative" in reasons["negative"]
    assert "twice" in reasons["twice"]
    alone = forecast_panel(panel(good=good), season=12, horizon=3)["median"]
    np.testing.assert_allclose(found.filter(pl.col("series_id") == "good")["median"], alone)


@pytest.mark.parametrize(
    ("season", "grain", "count"),
    [(12, "month", 1), (4, "month", 3), (52, "week", 1), (7, "day", 1), (1, "year", 1)],
)
def test_dates_go_on_as_the_season_says(season, grain, count):
    start = date(2001, 1, 1)
    dates = [add_periods(start, step * count, grain) for step in range(66)]
    frame = pl.DataFrame({"series_id": ["a"] * 60, "step": dates[:60], "value": growing(60, 1)})
    assert forecast_panel(frame, season=season, horizon=6)["step"].to_list() == dates[60:]


def test_a_panel_that_cannot_be_read_is_refused_as_a_whole():
    with pytest.raises(ContractError, match="column value is missing"):
        forecast_panel(pl.DataFrame({"series_id": ["a"], "step": [1]}), season=12, horizon=3)
    with pytest.raises(ContractError, match="must be whole numbers or dates"):
        forecast_panel(
            pl.DataFrame({"series_id": ["a"], "step": [1.5], "value": [1.0]}), season=12, horizon=3
        )


def test_an_empty_panel_gives_an_empty_forecast():
    assert forecast_panel(panel(a=[1.0]).clear(), season=12, horizon=3).is_empty()


def test_moving_days_count_in_a_panel_of_dates_and_nowhere_else():
    months = [date(2012 + step // 12, step % 12 + 1, 1) for step in range(108)]
    share = calendar_shares(["ramadan"], months, "month")[0]
    rng = np.random.default_rng(3)
    values = np.exp(2 + 0.003 * np.arange(108) - 0.3 * share + rng.normal(0, 0.01, 108))
    frame = pl.DataFrame({"series_id": "a", "step": months[:96], "value": values[:96]})
    # Another series that ends elsewhere moves no one's calendar.
    other = pl.DataFrame({"series_id": "b", "step": months[:60], "value": values[:60]})
    aware = forecast_panel(pl.concat([frame, other]), season=12, horizon=12, calendar=["ramadan"])
    blind = forecast_panel(frame, season=12, horizon=12)
    missed = [
        np.abs(one.filter(pl.col("series_id") == "a")["median"].to_numpy() / values[96:] - 1).mean()
        for one in (aware, blind)
    ]
    assert missed[0] < 0.6 * missed[1]
    with pytest.raises(ContractError, match="panel") as caught:
        forecast_panel(
            frame.with_columns(step=pl.int_range(96)), season=12, horizon=2, calendar=["ramadan"]
        )
    assert "needs dates" in str(caught.value.problems[0])
    with pytest.raises(SettingsError):
        forecast_panel(frame, season=12, horizon=2, calendar=["easter"])


def test_a_month_later_the_memory_gives_nearly_what_a_new_search_does():
    months = {f"s{seed}": growing(73, seed) for seed in range(12)}
    before = panel(**{name: values[:-1] for name, values in months.items()})
    _, memory = forecast_and_remember(before, season=12, horizon=12)
    memory = read_memory(memory.frame(), 12, 12)
    later = panel(new=growing(50, 99), **months)
    updated, kept = forecast_and_remember(later, season=12, horizon=12, memory=memory)
    anew = forecast_panel(later, season=12, horizon=12)
    assert updated.columns == anew.columns
    assert updated["reason_code"].null_count() == updated.height
    assert kept.optima.keys() == {*months, "new"}
    np.testing.assert_allclose(updated["median"], anew["median"], rtol=0.05)
    width = [(one["q90"] / one["q10"]).log().to_numpy() for one in (updated, anew)]
    np.testing.assert_allclose(width[0], width[1], rtol=0.75)
    assert np.median(width[0] / width[1]) == pytest.approx(1, abs=0.15)


def test_a_memory_of_something_else_is_refused():
    _, memory = forecast_and_remember(panel(a=growing(60, 1)), season=12, horizon=6)
    good = memory.frame()
    with pytest.raises(ContractError, match="season 12, horizon 6; asked are season 12, horizon 7"):
        read_memory(good, 12, 7)
    with pytest.raises(ContractError, match="columns"):
        read_memory(panel(a=[1.0]), 12, 6)
    with pytest.raises(ContractError, match="incomplete"):
        read_memory(good.filter(pl.col("kind") != "size"), 12, 6)
    short = good.with_columns(
        numbers=pl.when(pl.col("model") == "theta").then([0.5]).otherwise("numbers")
    )
    with pytest.raises(ContractError, match="incomplete"):
        read_memory(short, 12, 6)
