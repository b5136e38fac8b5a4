"""The notebook app of `transit explore`: a route's forecast by vintage, stories beside the plan,
and a cell for SQL.
"""

import marimo

app = marimo.App(width="medium", app_title="transit explore")


@app.cell
def _():
    import json
    from pathlib import Path

    import marimo as mo

    from flows.notebook.vintage import drawn, periods_of
    from warehouse.errors import TransitError
    from warehouse.serving.query import query

    database = Path(mo.cli_args()["database"])

    class Drawn:
        """A Vega-Lite chart as marimo shows it."""

        def __init__(self, spec):
            self.spec = spec

        def _mime_(self):
            return "application/vnd.vegalite.v5+json", json.dumps(self.spec)

    return Drawn, TransitError, database, drawn, mo, periods_of, query


@app.cell
def _(database, mo, query):
    edition = query(
        database,
        "select max(edition_id) as edition_id, strftime(max(known_at), '%Y-%m-%d %H:%M "
        "UTC') as known_at, bool_or(simulated) as simulated from mart.edition",
    )
    about = edition.row(0, named=True)
    mo.md(
        (
            f"# Explore\n\nEdition **{about['edition_id'] or 'none'}**, data known by "
            f"{about['known_at'] or 'nobody yet'}."
        )
        + (" Traffic in it is **simulated**." if about["simulated"] else "")
    )
    return


@app.cell
def _(database, mo, query):
    routes = query(
        database,
        "select distinct series_id from mart.forecast_latest where series_kind = 'route' "
        "order by 1",
    )["series_id"].to_list()
    runs = query(
        database,
        "select run_id, origin from mart.run_history where grain = 'month' order by origin "
        "desc, known_at desc",
    )
    vintages = {
        f"{row['origin']:%Y-%m} ({row['run_id']})": row["run_id"]
        for row in runs.iter_rows(named=True)
    }
    stories = query(database, "select distinct scenario_id from mart.scenario_effect order by 1")[
        "scenario_id"
    ].to_list()
    route = mo.ui.dropdown(routes, value=routes[0] if routes else None, label="Route")
    direction = mo.ui.radio(["in", "out"], value="in", inline=True, label="Direction")
    statistic = mo.ui.radio(["mean", "p95"], value="p95", inline=True, label="Statistic")
    vintage = mo.ui.dropdown(
        vintages, value=next(iter(vintages), None), label="Forecast made after"
    )
    story = mo.ui.dropdown(["none", *stories], value="none", label="Story")
    mo.vstack(
        [
            mo.hstack([route, direction, statistic], justify="start"),
            mo.hstack([vintage, story], justify="start"),
        ]
    )
    return direction, route, statistic, story, vintage


@app.cell
def _(Drawn, database, direction, drawn, mo, periods_of, route, statistic, vintage):
    mo.stop(
        route.value is None or vintage.value is None,
        mo.md("No forecast of a route is in this copy."),
    )
    periods = periods_of(database, route.value, direction.value, statistic.value, vintage.value)
    Drawn(
        drawn(
            periods,
            f"{route.value}, {direction.value}, {statistic.value}: as forecast by run "
            f"{vintage.value}",
        )
    )
    return (periods,)


@app.cell
def _(mo, periods):
    mo.accordion({"The numbers": mo.ui.table(periods.to_dicts(), selection=None, page_size=12)})
    return


@app.cell
def _(database, mo, query, story):
    effect = query(
        database,
        """
        select segment_id, direction, date_kind, t50_base, t50_scenario, round(shift_months, 1)
            as shift_months, order_by_base, order_by_scenario, note, assumed, simulated
        from mart.scenario_effect where scenario_id = $story order by scenario_effect.shift_months,
            segment_id, direction, date_kind
        """,
        params={"story": story.value},
    )
    mo.stop(story.value == "none", mo.md("Choose a story to see what it changes in the plan."))
    mo.vstack(
        [
            mo.md(f"## What the story {story.value} changes"),
            mo.ui.table(effect.to_dicts(), selection=None, page_size=10),
        ]
    )
    return


@app.cell
def _(mo):
    asked = mo.ui.code_editor(
        "from mart.order_plan\norder by order_by",
        language="sql",
        label="SQL over the views of mart (read-only; `transit tables` lists them)",
    ).form(submit_button_label="Run")
    mo.vstack([mo.md("## Ask in SQL"), asked])
    return (asked,)


@app.cell
def _(TransitError, asked, database, mo, query):
    mo.stop(asked.value is None)
    try:
        answer = mo.ui.table(
            query(database, asked.value, max_rows=10_000).to_dicts(), selection=None, page_size=15
        )
    except TransitError as error:
        answer = mo.callout(mo.plain_text(str(error)), kind="danger")
    answer
    return


if __name__ == "__main__":
    app.run()
