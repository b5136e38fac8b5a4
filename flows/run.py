"""Start reading here: the whole job as one flow.

load -> forecast -> plan -> report -> publish. Each step leaves what it made on disk under the hash of what it was made
from, so a run that was stopped goes on where it was, and a run with nothing new finds everything done.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows import progress
from flows.forecast import GrainForecast, forecast_flow
from flows.load import load_flow, simulate_example
from flows.plan import Kept, plan_flow
from flows.report import publish_flow, report_flow
from flows.settings import Settings, read_settings
from warehouse.errors import Problem

Step = Literal["load", "forecast", "plan", "report", "publish"]
STEPS: tuple[Step, ...] = ("load", "forecast", "plan", "report", "publish")


@dataclass
class RunSummary:
    """What a run did, for its reader at the terminal and in Prefect."""

    lines: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    report: Path | None = None
    published: Path | None = None


@flow(name="transit", description="Load traffic, forecast it, plan capacity, write the report, publish the warehouse.")
def transit_run(
    config: Path | None = None, data: Path | None = None, steps: list[Step] | None = None, force: bool = False
) -> RunSummary:
    """The main job, or the named steps of it."""
    settings = read_settings(config, data=data)
    # Prefect gives every subflow a heartbeat thread that takes a second to stop; the parent's is enough.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        summary = run_steps(settings, tuple(steps or STEPS), force=force)
    create_markdown_artifact(
        key="run", markdown=markdown_of(summary), description="What this run did and where to look."
    )
    return summary


def run_steps(settings: Settings, steps: tuple[Step, ...], *, force: bool) -> RunSummary:
    summary = RunSummary()
    started_at = datetime.now(UTC)
    if "load" in steps:
        with progress.step("load") as done:
            loaded = load_flow(settings)
            done(str(loaded))
        summary.lines.append(f"Loaded: {loaded}")
        summary.problems += loaded.problems
    if "forecast" in steps or "plan" in steps:
        with progress.step("forecast") as done:
            made = forecast_flow(settings, force=force and "forecast" in steps)
            told = "; ".join(map(_forecast_told, made))
            done(told + ("" if any(result.computed for result in made) else " (kept from before)"))
        summary.lines.append(f"Forecast: {told}")
        with progress.step("plan") as done:
            kept = plan_flow(settings, made, started_at=started_at, plan_too="plan" in steps, force=force)
            told = _told(kept)
            done(told)
        summary.lines.append(f"Plan: {told}")
    if "report" in steps:
        with progress.step("report") as done:
            summary.report, written = report_flow(settings, force=force)
            done(f"{summary.report}" + ("" if written else " (kept from before)"))
    if "publish" in steps:
        with progress.step("publish") as done:
            summary.published = publish_flow(settings)
            done(str(summary.published))
    return summary


def _forecast_told(made: GrainForecast) -> str:
    paths, refused = made.forecast.paths, made.forecast.no_forecast.height
    if not paths.keys.height:
        return f"{made.spec.grain}: all {refused} series refused"
    told = f"{made.spec.grain}: {paths.keys.height} series to {paths.periods[-1]:%Y-%m}"
    return f"{told}, {refused} refused" if refused else told


def _told(kept: list[Kept]) -> str:
    return ", ".join(f"run {run.run_id} by {run.grain}" + ("" if run.is_new else " (kept from before)") for run in kept)


def prepare(config: Path | None, data: Path | None, steps: tuple[str, ...]) -> None:
    """What can be done while Prefect's server starts: read the settings, write the example's traffic files."""
    settings = read_settings(config, data=data)
    if "load" in steps:
        simulate_example(settings)


def markdown_of(summary: RunSummary) -> str:
    lines = ["# Run", *(f"- {line}" for line in summary.lines)]
    if summary.report:
        lines += [f"- Report: {page.as_uri()}" for page in sorted(summary.report.glob("*/index.html"))]
    if summary.published:
        lines.append(f"- Published: {summary.published}")
    if summary.problems:
        lines += ["", "## Problems", *(f"- {problem}" for problem in summary.problems)]
    return "\n".join(lines)


def print_summary(summary: RunSummary, *, file: TextIO = sys.stderr) -> int:
    """Exit code: 1 where the run could not do all of its job."""
    where = []
    if summary.report:
        latest = summary.report.parent / "latest"
        where += [f"  {latest / page.parent.name / page.name}" for page in sorted(summary.report.glob("*/index.html"))]
    if summary.published:
        where.append(f"  {summary.published}   (transit query, or any DuckDB client)")
    if where:
        file.write("Look at:\n" + "\n".join(where) + "\n")
    if summary.problems:
        file.write(f"{len(summary.problems)} problems; everything else was done:\n")
        file.write("".join(f"  {problem}\n" for problem in summary.problems))
        return 1
    return 0
