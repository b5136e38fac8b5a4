"""`transit lake`: questions to the DuckLake of [lake], on any machine that reaches it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from warehouse.errors import Problem, SettingsError

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]


def lake(
    sql: str = "",
    /,
    *,
    snapshot: int | None = None,
    max_rows: int = 1000,
    timeout: float = 60.0,
    config: Config = None,
) -> None:
    """Ask the newest edition in the DuckLake in SQL, with the views of a published copy; without a
    question, list its snapshots.

    Parameters
    ----------
    sql
        One statement that reads.
    snapshot
        Ask the edition of this snapshot instead of the newest.
    max_rows
        At most so many rows; more are cut, and that is said.
    timeout
        Seconds after which the query is stopped.
    config
        Settings file with [lake]. Default: ./transit.toml.
    """
    from flows.commands.asking import show
    from flows.settings import read_settings
    from flows.steps.lake import lake_of
    from warehouse.serving.extras.lake import open_lake, snapshots
    from warehouse.serving.statement import Answer, ask_on

    settings = read_settings(config)
    place = lake_of(settings)
    if place is None:
        raise SettingsError(
            "no lake is named",
            [Problem("[lake] catalog", "is not set")],
            "See flows/README.md, More than one machine.",
        )
    if not sql:
        show(
            Answer(
                ("snapshot", "made_at", "edition"),
                ("BIGINT", "TIMESTAMP", "VARCHAR"),
                [tuple(one) for one in snapshots(place)],
                truncated=False,
            ),
            "table",
            None,
        )
        return
    with open_lake(
        place,
        snapshot=snapshot,
        memory_limit=settings.run.memory_limit,
        threads=settings.run.threads,
    ) as connection:
        answer = ask_on(connection, sql, max_rows=max_rows, timeout_seconds=timeout)
    show(answer, "table", None)
