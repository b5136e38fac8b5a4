"""Start reading here: the whole job as one flow.

load -> forecast -> plan -> report -> publish. Each step leaves what it made on disk under the hash
of what it was made from, so a run that was stopped goes on where it was, and a run with nothing new
finds everything done.
"""

# No `from __future__ import annotations`: a scheduled run gets the flow pickled, and its types
# must be types by then.
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TextIO

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from flows.operate.allowed import refuse_foreign_paths
from flows.record import journal, progress
from flows.record.job import end_with_schedule, keep_steps, perform, show_progress
from flows.record.records import Job
from flows.runtime import signals
from flows.settings import Settings, read_settings
from flows.steps.forecast import GrainForecast, forecast_every_grain
from flows.steps.history import refuse_lost_history
from flows.steps.lake import publish_edition_to_lake
from flows.steps.load import load_everything, simulate_example
from flows.steps.plan import Kept, plan_and_keep
from flows.steps.publish import publish_copy
from flows.steps.report import write_edition
from warehouse.errors import Problem, TransitError

Step = Literal["load", "forecast", "plan", "report", "publish"]
NOTES_SHOWN = 8
STEPS: tuple[Step, ...] = ("load", "forecast", "plan", "report", "publish")


@dataclass
class RunSummary:
    """What a run did, for its reader at the terminal and in Prefect."""

    lines: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    report: Path | None = None
    published: Path | None = None
    refused: str = ""


@flow(
    name="transit",
    description="Load traffic, forecast it, plan capacity, report, publish the warehouse.",
)
def transit_run(
    config: Annotated[
        Path | None, Field(description="Settings file; empty: transit.toml of the working folder")
    ] = None,
    data: Annotated[
        Path | None, Field(description="Folder of the traffic files; empty: as the settings say")
    ] = None,
    steps: Annotated[list[Step] | None, Field(description="Steps to do; empty: all")] = None,
    force: Annotated[
        bool, Field(description="Compute every step again, even where nothing has changed")
    ] = False,
    accept: Annotated[
        str | None, Field(description="Why a failed gate is right this once; kept with the run")
    ] = None,
    trigger: Annotated[
        str, Field(description="What started it: terminal, schedule or deployment")
    ] = "deployment",
) -> RunSummary:
    """The main job, or the named steps of it."""
    signals.watch_signals()
    end_with_schedule()
    refuse_foreign_paths(config, data)
    settings = read_settings(config, data=data)
    journal.open_journal(
        settings.folders.logs, max_mb=settings.run.log_mb, files=settings.run.log_files
    )
    summary = RunSummary()
    try:
        with perform(settings, trigger=trigger, accepted=accept) as job:
            show_progress(job, len(steps or STEPS))
            run_steps(settings, tuple(steps or STEPS), job, summary, force=force)
            job.problems += summary.problems
    except TransitError as error:
        summary.problems += error.problems
        summary.refused = str(error)
        raise
    finally:
        create_markdown_artifact(
            key="run",
            markdown=markdown_of(summary),
            description="What this run did and where to look.",
        )
    return summary


def run_steps(
    settings: Settings, steps: tuple[Step, ...], job: Job, summary: RunSummary, *, force: bool
) -> None:
    """Does the steps in their order, and notes in `summary` what came of each."""
    refuse_lost_history(settings)
    if "load" in steps:
        with job.step("load") as step:
            loaded = load_everything(settings)
            step.detail, step.rows_in, step.kept = str(loaded), loaded.rows_in, not loaded.loaded
        summary.lines += [f"Loaded: {loaded}", *loaded.notes]
        for note in loaded.notes[:NOTES_SHOWN]:
            progress.note(note)
        if len(loaded.notes) > NOTES_SHOWN:
            progress.note(
                f'... and {len(loaded.notes) - NOTES_SHOWN} more: transit query "from '
                'mart.load_history"'
            )
        summary.problems += loaded.problems
    if "forecast" in steps or "plan" in steps:
        with job.step("forecast") as step:
            made = forecast_every_grain(settings, force=force and "forecast" in steps)
            told = "; ".join(map(_forecast_told, made))
            step.kept = not any(result.computed for result in made)
            step.detail = told + (" (kept from before)" if step.kept else "")
        summary.lines.append(f"Forecast: {told}")
        with job.step("plan") as step:
            kept = plan_and_keep(
                settings,
                made,
                started_at=job.started_at,
                plan_too="plan" in steps,
                force=force,
                accepted=job.accepted,
            )
            step.kept = not any(run.is_new for run in kept)
            step.detail = _told(kept)
            job.run_ids = [run.run_id for run in kept]
        told_back = [note for run in kept for note in run.notes]
        summary.lines += [f"Plan: {step.detail}", *told_back]
        for note in told_back[:NOTES_SHOWN]:
            progress.note(note)
    if "report" in steps:
        with job.step("report") as step:
            summary.report, written = write_edition(settings, force=force)
            step.kept = not written
            step.detail = f"{summary.report}" + ("" if written else " (kept from before)")
    if "publish" in steps:
        with job.step("publish") as step:
            keep_steps(job)
            summary.published, written = publish_copy(settings)
            step.kept = not written
            step.detail = f"{summary.published}" + ("" if written else " (kept from before)")
            if settings.lake.catalog and (
                publication := publish_edition_to_lake(settings, summary.published)
            ):
                step.detail += (
                    f"; lake: snapshot {publication.snapshot}, {publication.rows:,} rows new"
                )


def _forecast_told(made: GrainForecast) -> str:
    paths, refused = made.forecast.paths, made.forecast.no_forecast.height
    if not paths.keys.height:
        return f"{made.spec.grain}: all {refused} series refused"
    told = f"{made.spec.grain}: {paths.keys.height} series to {paths.periods[-1]:%Y-%m}"
    return f"{told}, {refused} refused" if refused else told


def _told(kept: list[Kept]) -> str:
    return ", ".join(
        f"run {run.run_id} by {run.grain}" + ("" if run.is_new else " (kept from before)")
        for run in kept
    )


def prepare(config: Path | None, data: Path | None, steps: tuple[str, ...]) -> None:
    """What can be done while Prefect's server starts: read the settings, write the example's
    traffic files.
    """
    settings = read_settings(config, data=data)
    if "load" in steps:
        simulate_example(settings)


def markdown_of(summary: RunSummary) -> str:
    lines = ["# Run", *(f"- {line}" for line in summary.lines)]
    if summary.refused:
        lines += ["", "## Stopped", "```", summary.refused, "```"]
    if summary.report:
        lines += [
            f"- Report: {page.as_uri()}" for page in sorted(summary.report.glob("*/index.html"))
        ]
    if summary.published:
        lines.append(f"- Published: {summary.published}")
    if summary.problems and not summary.refused:
        lines += ["", "## Problems", *(f"- {problem}" for problem in summary.problems)]
    return "\n".join(lines)


def print_summary(summary: RunSummary, *, file: TextIO = sys.stderr) -> int:
    """Exit code: 1 where the run could not do all of its job."""
    where = []
    if summary.report:
        latest = summary.report.parent / "latest"
        where += [
            f"  {latest / page.parent.name / page.name}"
            for page in sorted(summary.report.glob("*/index.html"))
        ]
    if summary.published:
        link = summary.published.parent.parent / "transit.duckdb"
        where.append(f"  {link}   (transit query, or any DuckDB client)")
    if where:
        file.write("Look at:\n" + "\n".join(where) + "\n")
    if summary.problems:
        file.write(f"{len(summary.problems)} problems; everything else was done:\n")
        file.write("".join(f"  {problem}\n" for problem in summary.problems))
        return 1
    return 0
