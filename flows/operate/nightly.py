"""The nightly look: offending rows, published files that changed, and what the doctor finds."""

# No `from __future__ import annotations`: see flows/run.py.
from pathlib import Path
from typing import Annotated

from prefect import flow
from prefect.artifacts import create_table_artifact
from pydantic import Field

from flows.operate.allowed import refuse_foreign_paths
from flows.operate.doctor import examine
from flows.operate.findings import Finding, Level
from flows.operate.notify import notify
from flows.operate.publication import check_published
from flows.record import journal
from flows.settings import read_settings
from flows.steps.check import check_warehouse
from warehouse.errors import Problem, TransitError


class NightlyError(TransitError):
    """Something an operator should look at before morning."""


@flow(
    name="transit-checks",
    description="Looks at everything a run needs and at what was published; changes nothing.",
)
def nightly_checks(
    config: Annotated[
        Path | None, Field(description="Settings file; empty: transit.toml of the working folder")
    ] = None,
) -> list[Finding]:
    """Every finding. Raises NightlyError, after telling the people of [notify], where one is an
    error.
    """
    refuse_foreign_paths(config, None)
    settings = read_settings(config)
    journal.open_journal(
        settings.folders.logs, max_mb=settings.run.log_mb, files=settings.run.log_files
    )
    findings = examine(config)
    if settings.folders.database.exists():
        for result in check_warehouse(settings):
            if not result.passed:
                level: Level = "error" if result.check.severity == "error" else "warning"
                findings.append(
                    Finding(
                        level,
                        result.check.name,
                        f"{result.count} rows. {result.check.text}",
                        "transit check",
                    )
                )
    for checked in check_published(settings.folders):
        if checked.folder != settings.folders.published:  # the doctor looked at it
            findings += [
                Finding("error", "report", str(problem), "transit report --force")
                for problem in checked.problems
            ]
    create_table_artifact(
        key="checks",
        table=[vars(finding) for finding in findings],
        description="What the nightly look found.",
    )
    errors = [
        Problem(finding.about, finding.what) for finding in findings if finding.level == "error"
    ]
    journal.write("nightly checks", findings=len(findings), errors=len(errors))
    if errors:
        problem = NightlyError(
            f"{len(errors)} errors found", errors, "transit doctor; transit check; transit verify"
        )
        notify(
            settings.notify,
            event="failed",
            title="transit: the nightly checks found errors",
            text=str(problem),
        )
        raise problem
    return findings
