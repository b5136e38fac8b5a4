"""`transit`: the command line. Commands are imported when called, so that `--help` and `query`
answer at once.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from importlib.metadata import version
from typing import NoReturn

from cyclopts import App

from flows.runtime import signals
from warehouse.errors import TransitError

app = App(
    name="transit",
    help="Forecast international transit traffic; say which segment to upgrade, by when, and "
    "how sure that is.",
    version=lambda: version("transit-forecast"),
    suppress_keyboard_interrupt=False,
)
RUNNING, OPERATING, ASKING, FILES = (
    "Run",
    "Keep it running",
    "Ask the published data",
    "Work on files",
)
for _name, _target, _group, _help in (
    ("run", "running:run", RUNNING, "Load, forecast, plan, report and publish: the main job."),
    ("load", "running:load", RUNNING, "Load traffic files and the network into the warehouse."),
    ("forecast", "running:forecast", RUNNING, "Forecast every route from what is loaded."),
    ("plan", "running:plan", RUNNING, "Runout and order-by dates for every segment."),
    ("report", "running:report", RUNNING, "Write the chart report of the newest run."),
    (
        "publish",
        "running:publish",
        RUNNING,
        "Publish a finished copy of the warehouse for analysts.",
    ),
    (
        "check",
        "running:check",
        RUNNING,
        "Check the warehouse: rows that offend, months refused, quarantine.",
    ),
    ("serve", "running:serve", RUNNING, "Run by a cron schedule until stopped."),
    ("init", "starting:init", RUNNING, "Write a transit.toml and a network folder to start from."),
    ("docs", "docs:docs", RUNNING, "Open the documentation in a browser, offline."),
    (
        "doctor",
        "operating:doctor",
        OPERATING,
        "Look at everything a run needs, and say what to do.",
    ),
    ("backup", "operating:backup", OPERATING, "Write the warehouse into one file."),
    ("restore", "operating:restore", OPERATING, "Put a backup in place."),
    (
        "automations",
        "operating:automations",
        OPERATING,
        "Have a Prefect server tell of failed, late and stuck runs.",
    ),
    ("verify", "operating:verify", OPERATING, "Check published files against their hashes."),
    (
        "sbom",
        "sbom:sbom",
        OPERATING,
        "What this installation is made of, and whether it is what the lock says.",
    ),
    ("query", "asking:query", ASKING, "Ask the published warehouse in SQL."),
    ("tables", "asking:tables", ASKING, "List the views analysts can use."),
    ("describe", "asking:describe", ASKING, "Explain a view: every column, its unit and meaning."),
    ("examples", "asking:examples", ASKING, "Questions people ask, each as SQL that runs."),
    ("runs", "asking:runs", ASKING, "The runs in the published warehouse."),
    (
        "export",
        "exporting:export",
        ASKING,
        "Write the views as Parquet or CSV, with a description of every column.",
    ),
    (
        "dictionary",
        "exporting:dictionary",
        ASKING,
        "Write the data dictionary with lineage, as HTML and Markdown.",
    ),
    ("shell", "exporting:shell", ASKING, "Open DuckDB's own command line on the published copy."),
    (
        "explain",
        "planning:explain",
        RUNNING,
        "Why a segment's dates are what they are, from samples to order.",
    ),
    ("explore", "exploring:explore", ASKING, "Explore route, vintage and story in a notebook app."),
    ("lake", "lake:lake", ASKING, "Ask the editions in a DuckLake that many machines share."),
    (
        "endpoint",
        "serving:endpoint",
        ASKING,
        "Serve the published copy read-only to DuckDB clients elsewhere.",
    ),
    (
        "whatif",
        "planning:whatif",
        RUNNING,
        "The plan with a story applied, beside the plan without.",
    ),
    (
        "forecast-file",
        "files:forecast_file",
        FILES,
        "Forecast any panel of series in a CSV or Parquet file.",
    ),
    (
        "failures",
        "files:failures",
        FILES,
        "Loads in every failure state, for any network and demand.",
    ),
):
    app.command(f"flows.commands.{_target}", name=_name, group=_group, help=_help)


_REMEDY = (
    "What was finished is kept; fix that and run the same command again. `transit doctor` "
    "looks further."
)
_REMEDIES = {
    errno.ENOSPC: f"The disk is full: make room. {_REMEDY}",
    errno.EROFS: (
        "That place can't be written. Run in another folder, or name others in [folders]. "
        f"{_REMEDY}"
    ),
    errno.EACCES: (
        f"You may not write there. Fix the permissions, or name other [folders]. {_REMEDY}"
    ),
}


def main() -> None:
    signals.end_on_signals()
    # Nothing that this starts imports what lies in the working folder, such as somebody's flows/.
    os.environ["PYTHONSAFEPATH"] = "1"
    for stream in (sys.stdout, sys.stderr):
        # A letter that the terminal's encoding lacks is shown as its number.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except BaseException as error:  # noqa: BLE001 - the program ends with it
        with signals.hold_signals():
            _end(error)
    finally:
        signals.stop_watching()


def _end(error: BaseException) -> None:
    """Says what there is to say of the error, and exits; a traceback is left to what nobody
    expected.
    """
    by = signals.received_signal() or ("SIGINT" if isinstance(error, KeyboardInterrupt) else "")
    signals.forget_interrupt()
    if by and not (isinstance(error, SystemExit) and not error.code):
        _say(signals.describe_signal(by), signals.exit_code_of(by))
    if isinstance(error, BrokenPipeError):
        # The reader of our output left, as `| head` does.
        sys.stderr.close()
        sys.exit(0)
    if isinstance(error, TransitError):
        _say(str(error))
    if isinstance(error, OSError):
        _say(f"{type(error).__name__}: {error}\n{_REMEDIES.get(error.errno or 0, _REMEDY)}")
    if isinstance(error, Exception):
        from warehouse.store.integrity import explained

        if told := explained(error):
            _say(told)
    raise error


def _say(text: object, code: int = 1) -> NoReturn:
    print(text, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
