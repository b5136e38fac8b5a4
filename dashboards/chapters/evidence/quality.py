"""How good past forecasts were: coverage, error beside the benchmarks, and every score."""

from __future__ import annotations

import polars as pl

from dashboards import naming
from dashboards.chapters.evidence import live
from dashboards.charts.accuracy import calibration, skill
from dashboards.cuts import KEY
from dashboards.figure import Cell, Figure, Page, Section, Table, number, percent, plain_table
from dashboards.language import Language
from dashboards.material import Material
from dashboards.notes import Notes, run_note, since
from dashboards.view import View

MOST_MODELS = 4
ALIKE = 0.05
"""Errors that differ by less are no finding: a challenger has to be better by as much."""


def _weighted(column: str) -> pl.Expr:
    known = pl.col(column).is_not_null() & pl.col("n").gt(0)
    return (
        (pl.col(column) * pl.col("n")).filter(known).sum() / pl.col("n").filter(known).sum()
    ).alias(column)


def pooled(material: Material) -> pl.DataFrame:
    """Scores of the edition's grain pooled over series, by model and horizon (0: all horizons).

    Coverage is weighted by outcomes; MASE is the median over series, as one series with a tiny
    scale would rule a mean.
    """
    scores = material["backtest_score"].filter(
        (pl.col("grain") == material.edition.grain) & (pl.col("series_kind") == "route")
    )
    return (
        scores.group_by("model", "horizon")
        .agg(
            n=pl.col("n").sum(),
            series=pl.struct(KEY).n_unique(),
            mase=pl.col("mase").median(),
            **{name: _weighted(name) for name in ("coverage_80", "coverage_95")},
        )
        .sort("model", "horizon")
    )


def overall(frame: pl.DataFrame, model: str) -> dict[str, float | None]:
    """A model's pooled scores over all horizons: the row of horizon 0, or the mean of the others
    weighted by outcomes.
    """
    rows = frame.filter(pl.col("model") == model)
    whole = rows.filter(pl.col("horizon") == 0)
    if whole.is_empty():
        whole = rows.select(
            pl.col("n").sum(), *(_weighted(name) for name in ("mase", "coverage_80", "coverage_95"))
        )
    return whole.select(pl.col("n").cast(pl.Float64), "mase", "coverage_80", "coverage_95").row(
        0, named=True
    )


def _notes(view: View, frame: pl.DataFrame, definition: str) -> Notes:
    text = view.text
    return [
        (text("note.unit"), text(f"note.unit_{definition}")),
        (text("note.definition"), text(f"note.{definition}")),
        (text("note.source"), text("note.quality_source")),
        *since(view, ahead=False),
        (text("note.interval"), text("quality.pooled", n=int(frame["series"].max() or 0))),  # type: ignore[arg-type]
        run_note(view),
    ]


def figures(view: View) -> list[Figure]:
    text = view.text
    grain = view.material.edition.grain
    frame = pooled(view.material)
    if frame.is_empty():
        return [
            Figure("calibration", text("title.no_calibration"), reason=text("reason.no_backtest"))
        ]
    simulated = (text("page.simulated_short"),) if view.material.edition.simulated else ()
    ours = frame.filter((pl.col("model") == "ensemble") & (pl.col("horizon") > 0))
    whole = overall(frame, "ensemble")
    title = text(
        "title.calibration",
        c80=whole["coverage_80"],
        c95=whole["coverage_95"],
        n=int(whole["n"] or 0),
    )
    found = []
    if ours.height:
        table = plain_table(
            ours,
            [
                ("horizon", text("table.horizon"), "n0"),
                ("n", text("table.n"), "n0"),
                ("coverage_80", text("table.coverage_80"), "pct"),
                ("coverage_95", text("table.coverage_95"), "pct"),
            ],
            view.language,
            grain,
        )
        found.append(
            Figure(
                "calibration",
                title,
                alt=title,
                spec=calibration(ours, grain, view.language),
                subtitle=_farthest(ours, view.language),
                notes=_notes(view, frame, "calibration"),
                table=table,
                csv="calibration.csv",
                data=ours,
                badges=simulated,
            )
        )
    naive = overall(frame, "seasonal_naive") if "seasonal_naive" in frame["model"] else None
    mase = whole["mase"]
    if mase is not None:
        if naive is not None and naive["mase"] is not None:
            alike = abs(mase / naive["mase"] - 1) < ALIKE if naive["mase"] else False
            story = (
                f"title.skill_{'equal' if alike else 'better' if mase < naive['mase'] else 'worse'}"
            )
            title = text(story, mase=mase, naive=naive["mase"])
        else:
            title = text("title.skill_alone", mase=mase)
        by_horizon = frame.filter((pl.col("horizon") > 0) & pl.col("mase").is_not_null())
        best = (
            frame.filter(pl.col("horizon") == 0).sort("mase", "model")["model"].to_list()
            or by_horizon["model"].unique(maintain_order=True).to_list()
        )
        shown = [name for name in ("ensemble", "seasonal_naive") if name in best]
        shown += [name for name in best if name not in shown][: MOST_MODELS - len(shown)]
        part = pl.concat(
            [by_horizon.filter(pl.col("model") == name) for name in shown]
        ).with_columns(
            model=pl.col("model").replace_strict(
                {name: view.language.word("model", name) for name in shown}, return_dtype=pl.String
            )
        )
        if part.height:
            table = plain_table(
                part,
                [
                    ("model", text("table.model"), "text"),
                    ("horizon", text("table.horizon"), "n0"),
                    ("n", text("table.n"), "n0"),
                    ("mase", "MASE", "n3"),
                ],
                view.language,
                grain,
            )
            found.append(
                Figure(
                    "skill",
                    title,
                    alt=title,
                    spec=skill(part, grain, view.language),
                    notes=_notes(view, frame, "mase"),
                    table=table,
                    csv="skill.csv",
                    data=by_horizon,
                    badges=simulated,
                )
            )
    return found


def _farthest(ours: pl.DataFrame, language: Language) -> str:
    """Where the 80 % interval is farthest from its nominal share."""
    away = ours.filter(pl.col("coverage_80").is_not_null()).sort(
        (pl.col("coverage_80") - 0.8).abs(), descending=True
    )
    if away.is_empty():
        return language.text("quality.calibration_subtitle")
    row = away.row(0, named=True)
    return language.text(
        "quality.farthest", horizon=row["horizon"], share=row["coverage_80"], n=row["n"]
    )


def score_table(view: View) -> Table | None:
    """The ensemble's scores of every series over all horizons."""
    text = view.text
    scores = view.material["backtest_score"].filter(
        (pl.col("model") == "ensemble") & (pl.col("horizon") == 0)
    )
    if scores.is_empty():
        return None
    rows = []
    for row in scores.iter_rows(named=True):
        key = (row["series_kind"], row["series_id"], row["direction"], row["statistic"])
        rows.append(
            [
                Cell(naming.series_name(view, key)),
                Cell(naming.direction_name(view, key)),
                Cell(naming.statistic(key, view.language)),
                number(view.language, row["n"], 0),
                number(view.language, row["bias_gbps"]),
                number(view.language, row["mae_gbps"]),
                number(view.language, row["mase"], 2 if (row["mase"] or 0) < 100 else None),
                number(view.language, row["crps_gbps"]),
                percent(view.language, row["coverage_80"]),
                percent(view.language, row["coverage_95"]),
                number(view.language, row["dm_p"], 3),
            ]
        )
    heads = (
        "series",
        "direction",
        "statistic",
        "n",
        "bias",
        "mae",
        "mase",
        "crps",
        "coverage_80",
        "coverage_95",
        "dm_p",
    )
    return Table(
        [text(f"table.{head}") for head in heads], rows, caption=text("quality.table_caption")
    )


def pages(view: View) -> list[Page]:
    text = view.text
    table = score_table(view)
    sections = [Section(text("quality.tested"), figures=figures(view))]
    if table:
        sections.append(Section(text("quality.table"), table=table))
    sections[1:1] = live.sections(view)
    return [Page("quality.html", text("quality.title"), [text("quality.lead")], sections)]
