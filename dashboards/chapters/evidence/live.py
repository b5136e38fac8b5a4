"""What past editions said, held against what came, and whether another method would have done
better.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards import naming
from dashboards.charts.live import challenge, live
from dashboards.cuts import each
from dashboards.figure import Cell, Figure, Section, Table, number, percent
from dashboards.language import Language, Period
from dashboards.material import Material
from dashboards.notes import Notes, run_note
from dashboards.view import View

FEWEST_EFFECTIVE = 5.0
"""With fewer independent outcomes a run judges no interval; see LIVE_ACCURACY.n_effective."""


def _first_due(material: Material) -> Period | None:
    """The first period that this edition forecasts of routes."""
    ahead = (
        material["forecast_quantile"]
        .filter(pl.col("grain") == material.edition.grain)["target_start"]
        .min()
    )
    return Period(ahead, material.edition.grain) if isinstance(ahead, date) else None


def band_name(low: int, high: int, grain: str, language: Language) -> str:
    if low == high:
        return language.plural(f"count.ahead_{grain}", low)
    return language.text(f"live.band_{grain}", low=low, high=high)


def _main(frame: pl.DataFrame, material: Material) -> pl.DataFrame:
    """The rows of the edition's grain, of peaks where there are any."""
    own = frame.filter(pl.col("grain") == material.edition.grain)
    peaks = own.filter(pl.col("statistic") == "p95")
    return peaks if peaks.height else own


def _title(rows: pl.DataFrame, view: View) -> str:
    """The widest gap among what drifted, else what was held over all horizons."""
    text = view.text
    inner = rows.filter(pl.col("measure") == "inside_80")
    drifted = inner.filter("drifted").sort(
        (pl.col("achieved_ratio") - pl.col("promised_ratio")).abs(), descending=True
    )
    if drifted.height:
        row = drifted.row(0, named=True)
        story = "live_narrow" if row["achieved_ratio"] < row["promised_ratio"] else "live_wide"
        ahead = band_name(
            row["horizon_from"], row["horizon_to"], view.material.edition.grain, view.language
        )
        return text(
            f"title.{story}",
            share=row["achieved_ratio"],
            promised=row["promised_ratio"],
            n=row["n"],
            ahead=ahead,
        )
    share, promised = (
        float((inner[name] * inner["n"]).sum()) / int(inner["n"].sum())
        for name in ("achieved_ratio", "promised_ratio")
    )
    judged = inner.filter(pl.col("n_effective") >= FEWEST_EFFECTIVE).height
    return text(
        "title.live_held" if judged else "title.live_early",
        share=share,
        promised=promised,
        n=int(inner["n"].sum()),
    )


def _notes(view: View, rows: pl.DataFrame, kind: str) -> Notes:
    text = view.text
    source = "note.live_source_simulated" if view.material.edition.simulated else "note.live_source"
    notes: Notes = [
        (text("note.unit"), text(f"note.unit_{kind}")),
        (text("note.definition"), text(f"note.{kind}")),
        (text("note.series"), text(f"live.of_{rows['statistic'][0]}")),
        (text("note.source"), text(source)),
    ]
    if "first_target" in rows.columns:
        grain = view.material.edition.grain
        first = Period(min(rows["first_target"].drop_nulls()), grain)
        last = Period(max(rows["last_target"].drop_nulls()), grain)
        effective = rows.filter(pl.col("measure") == "inside_80")["n_effective"].sum()
        notes.append(
            (
                text("note.coverage"),
                text("live.since" if first != last else "live.since_one", first=first, last=last),
            )
        )
        notes.append((text("note.interval"), text("live.worth", n=float(effective))))
    return [*notes, run_note(view)]


def live_figure(view: View) -> Figure:
    """Shares of outcomes in the intervals of past editions, by horizon, beside what their receipts
    promised.
    """
    text = view.text
    frame = view.material["live_accuracy"]
    rows = _main(frame, view.material) if frame.height else frame
    if rows.is_empty():
        due = _first_due(view.material)
        reason = text("reason.no_live", first=due) if due else text("reason.no_live_undated")
        return Figure("live", text("title.live_none"), reason=reason)
    bands = [
        band_name(low, high, view.material.edition.grain, view.language)
        for low, high in rows.select("horizon_from", "horizon_to").iter_rows()
    ]
    shown = (
        rows.with_columns(band=pl.Series(bands))
        .filter(pl.col("measure").is_in(["inside_80", "inside_95"]))
        .sort("horizon_from", "measure")
        .select(
            "band",
            "n",
            "n_effective",
            level=pl.when(pl.col("measure") == "inside_80").then(0.8).otherwise(0.95),
            achieved="achieved_ratio",
            low="low_ratio",
            high="high_ratio",
            promised="promised_ratio",
        )
    )
    title = _title(rows, view)
    return Figure(
        "live",
        title,
        alt=view.language.sentences(title, text("live.subtitle")),
        spec=live(shown, view.language),
        subtitle=text("live.subtitle"),
        notes=_notes(view, rows, "live"),
        table=_table(view),
        csv="live_accuracy.csv",
        data=frame,
        badges=(text("page.simulated_short"),) if view.material.edition.simulated else (),
    )


def _table(view: View) -> Table:
    text = view.text
    rows = [
        [
            Cell(text(f"statistic_short.{row['statistic']}")),
            Cell(
                band_name(row["horizon_from"], row["horizon_to"], row["grain"], view.language),
                f"{row['horizon_from']}",
            ),
            Cell(text(f"live.{row['measure']}")),
            number(view.language, row["n"], 0),
            number(view.language, row["n_effective"], 0),
            percent(view.language, row["achieved_ratio"]),
            percent(view.language, row["low_ratio"]),
            percent(view.language, row["high_ratio"]),
            percent(view.language, row["promised_ratio"]),
            number(view.language, row["error_ratio"], 2),
            Cell(naming.reason_text(view, row), wide=True),
        ]
        for row in view.material["live_accuracy"].iter_rows(named=True)
    ]
    heads = (
        "statistic",
        "ahead",
        "measure",
        "n",
        "n_effective",
        "achieved",
        "live_low",
        "live_high",
        "promised",
        "error_ratio",
        "finding",
    )
    return Table([text(f"table.{head}") for head in heads], rows)


def challenge_figure(view: View) -> Figure | None:
    """Every challenger's error beside the ensemble's on the same outcomes; None where nothing has
    come due.
    """
    text = view.text
    frame = view.material["model_challenge"]
    rows = _main(frame, view.material) if frame.height else frame
    if rows.is_empty():
        return None
    rows = rows.sort("challenger_error_ratio", "challenger")
    chosen = rows.filter(pl.col("verdict") == "promote")
    best = (chosen if chosen.height else rows).row(0, named=True)
    early = (rows["verdict"] == "too_early").all()
    story = "promote" if chosen.height else "early" if early else "keep"
    title = text(
        f"title.challenge_{story}",
        model=view.language.word("model", best["challenger"]),
        rival=best["challenger_error_ratio"],
        champion=best["champion_error_ratio"],
        periods=view.language.plural(
            f"count.periods_{view.material.edition.grain}", best["periods"]
        ),
    )
    shown = rows.select(
        each(pl.col("challenger"), lambda name: view.language.word("model", name)),
        "n",
        "periods",
        champion_error="champion_error_ratio",
        challenger_error="challenger_error_ratio",
    )
    table = Table(
        [
            text(f"table.{head}")
            for head in (
                "model",
                "statistic",
                "n",
                "periods",
                "rival_error",
                "champion_error",
                "dm_p",
                "verdict",
                "reason",
            )
        ],
        [
            [
                Cell(view.language.word("model", row["challenger"])),
                Cell(text(f"statistic_short.{row['statistic']}")),
                number(view.language, row["n"], 0),
                number(view.language, row["periods"], 0),
                percent(view.language, row["challenger_error_ratio"], 1),
                percent(view.language, row["champion_error_ratio"], 1),
                number(view.language, row["dm_p"], 3),
                Cell(view.language.word("verdict", row["verdict"])),
                Cell(naming.reason_text(view, row), wide=True),
            ]
            for row in frame.sort("statistic", "challenger_error_ratio", "challenger").iter_rows(
                named=True
            )
        ],
    )
    return Figure(
        "challenge",
        title,
        alt=title,
        spec=challenge(shown, view.language),
        subtitle=text("challenge.subtitle"),
        notes=_notes(view, rows, "challenge"),
        table=table,
        csv="model_challenge.csv",
        data=frame,
        badges=(text("page.simulated_short"),) if view.material.edition.simulated else (),
    )


def sections(view: View) -> list[Section]:
    """The two questions, answered or with the day from which they can be."""
    text = view.text
    rivals = challenge_figure(view)
    return [
        Section(text("live.title"), [text("live.intro")], [live_figure(view)]),
        Section(
            text("challenge.title"),
            [text("challenge.intro"), *([] if rivals else [text("challenge.none")])],
            [rivals] if rivals else (),
        ),
    ]
