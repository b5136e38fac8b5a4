"""Commands that ask the plan: what if, and what a budget buys. They change nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
from cyclopts import Parameter

from flows.commands.sheets import sheet, terminal_width
from flows.settings import read_settings
from flows.steps.inputs import open_warehouse, plan_inputs, read_stories, today_of
from flows.steps.kept_steps import keep_loads, kept_loads
from flows.steps.sentences import frames_with_sentences, sentence
from forecasting.stories.what_if import base_plan, tell
from warehouse.errors import Problem, SettingsError
from warehouse.network.model import Network

if (
    TYPE_CHECKING
):  # a what-if needs no more than its dates, and the rest of a plan takes long to import
    from forecasting.capacity.plan import Plan

EXPLAINED = (
    "node",
    "segment",
    "capacity",
    "route",
    "route_path",
    "risk_group",
    "traffic_period",
    "forecast_quantile",
    "forecast_effect",
    "coincidence",
    "segment_load",
    "runout",
    "order_plan",
    "upgrade",
    "money_figure",
    "assumption",
    "assumption_effect",
    "segment_risk",
    "plan_note",
    "revision_part",
    "new_route_score",
    "project",
)
Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]


def whatif(*scenarios: Path, all_segments: bool = False, config: Config = None) -> None:
    """The plan with stories applied, beside the plan without, on the same random draws. Nothing is
    kept.

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
            "no scenario is named",
            [Problem("whatif", "needs at least one TOML file")],
            "transit whatif story.toml",
        )
    missing = [path for path in scenarios if not path.is_file()]
    if missing:
        raise SettingsError(
            "there is no such scenario",
            [Problem(str(path), "not found") for path in missing],
            "Check the path.",
        )
    stories = read_stories(scenarios)
    settings = read_settings(config)
    inputs, key = plan_inputs(settings)
    seed, workers = settings.forecast.seed, settings.run.workers
    loads = kept_loads(settings.folders.steps, key)
    base = base_plan(
        inputs,
        policy=settings.plan,
        today=today_of(settings),
        seed=seed,
        workers=workers,
        loads=loads,
    )
    if loads is None:
        keep_loads(settings.folders.steps, key, base.basis.loads)
    result = tell(base, inputs, stories, policy=settings.plan, seed=seed, workers=workers)
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
        with pl.Config(
            tbl_rows=-1,
            tbl_cols=-1,
            tbl_width_chars=220,
            fmt_str_lengths=60,
            tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
        ):
            print(shown.drop("note", "scenario_id"))
    print(
        f"{changed.height} of {result.effect.height} dates change, on {result.draws} joint paths."
    )
    dropped = result.lost.filter(
        (pl.col("worst_scenario_gbps") - pl.col("worst_base_gbps")).abs() >= 0.05
    )
    if dropped.height:
        print("Traffic that nothing carries, mean Gbit/s over the horizon:")
        with pl.Config(
            tbl_rows=20,
            tbl_cols=-1,
            tbl_width_chars=160,
            tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
        ):
            print(dropped)


def explain(segment: str, /, *, config: Config = None) -> None:
    """Why a segment's dates are what they are: from samples to p95, paths, failure loads, dates and
    the order.

    Parameters
    ----------
    segment
        The segment's id, such as KZTM-OLD.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from forecasting.capacity.ledger import most_important
    from forecasting.review.explain import explain as chain

    with open_warehouse(read_settings(config)) as warehouse:
        frames = {name: warehouse.read(name) for name in EXPLAINED}
    story = chain(segment, frames, Network.from_frames(frames))
    if all(frames[name].is_empty() for name in ("segment_load", "runout", "order_plan")):
        print(
            "The newest run holds no plan, so what follows ends with the forecast. Run "
            "`transit plan`."
        )
    width = terminal_width()
    for number, step in enumerate(story.steps, start=1):
        print(f"\n{number}. {step.title}")
        words = sentence(step.reason)
        print(textwrap.fill(words, width, initial_indent="   ", subsequent_indent="   "))
        if step.table.height:
            print(textwrap.indent(sheet(step.table, width - 3), "   "))
    swings = most_important(frames["assumption_effect"])
    if swings.height:
        told = ", ".join(
            f"{row['assumption_id']} ({row['mean_swing_days']:.0f} days)"
            for row in swings.iter_rows(named=True)
        )
        print()
        print(
            textwrap.fill(
                f"Assumptions that move the days to order most, over all segments: {told}", width
            )
        )
    print(textwrap.fill(f"Assumptions used: {', '.join(story.assumption_ids()) or 'none'}", width))


def _planned(config: Path | None, budget_usd: float | None = None) -> Plan:
    from forecasting.capacity.plan import plan
    from forecasting.entry.market_entry import new_routes

    settings = read_settings(config)
    made, _ = plan_inputs(settings)
    today, seed = today_of(settings), settings.forecast.seed
    entering = new_routes(
        made.demand or made.paths,
        made.network,
        assumptions=made.assumptions,
        projects=made.projects,
        today=today,
        seed=seed,
    )
    planned = plan(
        made.paths,
        made.network,
        capacity=made.capacity,
        coincidence=made.coincidence,
        assumptions=made.assumptions,
        projects=made.projects,
        entered=entering.entered,
        policy=settings.plan,
        today=today,
        budget_usd=budget_usd,
        seed=seed,
        workers=settings.run.workers,
    )
    return Plan(**frames_with_sentences(planned.frames()), basis=planned.basis)


def spend(budget_usd: float, *, config: Path | None = None) -> None:
    """What a budget over the horizon buys of the upgrade plan, in which order, and what is left
    waiting. Nothing is kept.
    """
    from forecasting.capacity.upgrades import budget_reason

    upgrades = _planned(config, budget_usd).upgrade
    print(sentence(budget_reason(upgrades, budget_usd)))
    shown = upgrades.sort("priority").select(
        "priority",
        "segment_id",
        "option",
        "modules",
        "module_gbps",
        "ready_by",
        pl.col("cost_usd").round(),
        "risk_if_not_ratio",
        "funded",
    )
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=160,
        thousands_separator=",",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
    ):
        print(shown)


def weigh_builds(*, config: Path | None = None) -> None:
    """Which planned builds the cheapest plan opens, when, and what each costs, saves, keeps and
    earns. Nothing is kept.
    """
    made = _planned(config)
    if made.build_choice.is_empty():
        print("No planned build on a path of any route can open within the horizon.")
        for subject, note in (
            made.plan_note.filter(topic="build_not_weighed").select("subject", "note").iter_rows()
        ):
            print(f"{subject}: {note}")
        return
    hidden = ("reason", "reason_code", "reason_values", "segments", "proven", "price_usd")
    shown = made.build_choice.drop(hidden)
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=240,
        fmt_str_lengths=60,
        float_precision=0,
        thousands_separator=",",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
    ):
        print(shown)
    for build, reason in made.build_choice.select("build_id", "reason").iter_rows():
        print(f"{build}: {reason}")
    for subject, note in (
        made.plan_note.filter(topic="build_not_weighed").select("subject", "note").iter_rows()
    ):
        print(f"{subject}: {note}")
