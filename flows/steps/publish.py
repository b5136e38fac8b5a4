"""The publish step: a finished copy of the warehouse for analysts, and what is stated of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.operate.manifest import file_hash, problems_of
from flows.operate.publication import PUBLISHED, last_list, state_list
from flows.operate.secrets import signing_key
from flows.runtime import signals
from flows.settings import Settings
from flows.steps.check import refuse_offenders
from flows.steps.inputs import open_warehouse
from warehouse.serving.checks import run_checks
from warehouse.serving.publish import LINK, is_published, prune, publish

NO_RUN = "empty"
"""The edition of a warehouse without a run."""


@task(
    name="publish",
    cache_policy=NO_CACHE,
    retries=1,
    retry_delay_seconds=2,
    retry_condition_fn=lambda *_: not signals.received_signal(),
)
def publish_copy(settings: Settings) -> tuple[Path, bool]:
    """The copy that `published/transit.duckdb` leads to; and whether it was made now. Where the
    last one is whole and nothing is new, it stays.
    """
    published = settings.folders.published
    key = signing_key(settings)
    with open_warehouse(settings) as warehouse:
        refuse_offenders(run_checks(warehouse))
        if not problems_of(published, PUBLISHED) and is_published(warehouse, published):
            in_use = (published / LINK).resolve()
            _state(settings, key, None, prune(published, settings.run.keep_published))
            return in_use, False
        runs = warehouse.runs().filter("latest")
        edition = str(runs["run_id"].sort()[-1]) if runs.height else NO_RUN
        last = last_list(settings.folders, PUBLISHED)
        made = publish(
            warehouse,
            published,
            edition_id=edition,
            keep=settings.run.keep_published,
            listed={Path(name).name for name in last.files} if last else None,
            state=lambda made, staying: _state(settings, key, made, staying),
        )
    return made, True


def keep_copies(settings: Settings, keep: int) -> None:
    """Leaves the newest copies of `keep` editions, and the one in use."""
    _state(settings, signing_key(settings), None, prune(settings.folders.published, keep))


def _state(settings: Settings, key: str, made: Path | None, staying: Sequence[Path]) -> None:
    published = settings.folders.published
    last = last_list(settings.folders, PUBLISHED)
    files = {}
    for path in staying:
        name = path.relative_to(published).as_posix()
        if path == made or last is None:
            files[name] = file_hash(path)
        elif name in last.files:
            files[name] = last.files[name]
    links, edition = (last.links, last.edition) if last else ({}, "")
    if made is not None:
        links = {LINK: made.relative_to(published).as_posix()}
        edition = made.stem.removeprefix("transit-").rpartition("-")[0]
    state_list(
        settings.folders, PUBLISHED, files=files, links=links, edition=edition, signing_key=key
    )
