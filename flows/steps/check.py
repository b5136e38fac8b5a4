"""The checks of a warehouse, and what forbids publishing it."""

from __future__ import annotations

from flows.settings import Settings
from flows.steps.inputs import open_warehouse
from warehouse.errors import Problem, TransitError
from warehouse.serving.checks import CheckResult, run_checks


class CheckError(TransitError):
    """The warehouse holds rows that must not be published."""


def check_warehouse(settings: Settings) -> list[CheckResult]:
    with open_warehouse(settings) as warehouse:
        return run_checks(warehouse)


def refuse_offenders(results: list[CheckResult]) -> None:
    """Raises CheckError where a check of severity `error` found rows; warnings ask for a look
    only.
    """
    failed = [
        result for result in results if not result.passed and result.check.severity == "error"
    ]
    if failed:
        raise CheckError(
            "the warehouse is not published: checks found rows that are wrong",
            [
                Problem(result.check.name, f"{result.count} rows. {result.check.text}")
                for result in failed
            ],
            "The last published copy stays. `transit check` shows the rows.",
        )
