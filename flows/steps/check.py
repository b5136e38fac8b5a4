"""The checks of a warehouse, and what forbids publishing it."""

from __future__ import annotations

from flows.settings import Settings
from flows.steps.inputs import NETWORK_FRAMES, open_warehouse, read_scenarios
from warehouse.errors import Problem, TransitError
from warehouse.loading.reference import read_reference
from warehouse.serving.checks import CheckResult, run_checks, run_network_checks


class CheckError(TransitError):
    """The warehouse holds rows that must not be published."""


def check_network(settings: Settings) -> list[CheckResult]:
    """The network's files and the stories beside them. Raises NetworkError, or SettingsError, with
    every problem of a file.
    """
    frames = read_reference(settings.network.folder)
    read_scenarios(settings.network.folder / "scenarios")
    wanted = {name: frame for name, frame in frames.items() if name in NETWORK_FRAMES}
    return run_network_checks(wanted)


def check_warehouse(settings: Settings) -> list[CheckResult]:
    with open_warehouse(settings) as warehouse:
        return run_checks(warehouse)


def refuse_offenders(
    results: list[CheckResult],
    summary: str = "the warehouse is not published: checks found rows that are wrong",
    remedy: str = "The last published copy stays. `transit check` shows the rows.",
) -> None:
    """Raises CheckError where a check of severity `error` found rows; warnings ask for a look
    only.
    """
    failed = [
        result for result in results if not result.passed and result.check.severity == "error"
    ]
    if failed:
        raise CheckError(
            summary,
            [
                Problem(result.check.name, f"{result.count} rows. {result.check.text}")
                for result in failed
            ],
            remedy,
        )
