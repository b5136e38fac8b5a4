"""Commands that ask the plan: what if, and what a budget buys. They change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from flows.inputs import plan_inputs, today_of
from flows.settings import read_settings
from forecasting.scenario import parse_scenario
from forecasting.whatif import what_if
from warehouse.errors import Problem, SettingsError

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]


def whatif(*scenarios: Path, all_segments: bool = False, config: Config = None) -> None:
    """The plan with stories applied, beside the plan without, on the same random draws. Nothing is kept.

    Parameters
    ----------
    scenarios
        TOML files, applied one after the other.
    all_segments
        Show every segment, also where nothing changes.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    if not scenarios:
        raise SettingsError(
            "no scenario is named", [Problem("whatif", "needs at least one TOML file")], "transit whatif story.toml"
        )
    missing = [path for path in scenarios if not path.is_file()]
    if missing:
        raise SettingsError(
            "there is no such scenario", [Problem(str(path), "not found") for path in missing], "Check the path."
        )
    stories = [parse_scenario(path.read_text(encoding="utf-8"), path.stem) for path in scenarios]
    settings = read_settings(config)
    result = what_if(plan_inputs(settings), stories, policy=settings.plan, today=today_of(settings), seed=settings.forecast.seed, workers=settings.run.workers)  # fmt: skip
    for story in stories:
        print(f"{story.title}. {story.note}".rstrip())
    changed = result.effect.filter(
        (pl.col("t50_base").ne_missing(pl.col("t50_scenario")))
        | (pl.col("order_by_base").ne_missing(pl.col("order_by_scenario")))
        | ((pl.col("probability_scenario") - pl.col("probability_base")).abs() >= 0.005)
    )
    shown = result.effect if all_segments else changed
    if shown.is_empty():
        print("No runout or order-by date changes.")
    else:
        with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=220, fmt_str_lengths=60, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):  # fmt: skip
            print(shown.drop("note", "scenario_id"))
    print(f"{changed.height} of {result.effect.height} dates change, on {result.draws} joint paths.")
