"""The brief: one typeset page that says what to sign, why, what changed and what could go wrong."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import typst

from dashboards import naming
from dashboards.chapters.capacity.segments import load_figure
from dashboards.charts.region import region
from dashboards.figure import Figure
from dashboards.front.argument import argue, short_segment, what_is_signed
from dashboards.front.changed import change_words
from dashboards.front.decision import Decision, Order, decide, money
from dashboards.front.page import FEWEST_PLACES, map_parts, map_title
from dashboards.front.quarter_costs import quarter_figure
from dashboards.language import Period
from dashboards.press.typesetting import compile_pdf, displayable, quote, svg, template
from dashboards.trust import coverage_of, doubtful_routes, scored
from dashboards.view import View

NAME = "brief.pdf"
ROWS = (14, 11, 9, 7, 5, 3)
"""Rows of a group: fewer are tried until the brief fits one page."""


def write_brief(view: View, folder: Path) -> Path | None:
    """Write folder/<language>/brief.pdf (PDF/UA-1, one page); None where no order was planned."""
    decision = decide(view.material)
    if not decision.orders:
        return None
    with tempfile.TemporaryDirectory() as work:
        here = Path(work)
        pictures = _pictures(view, decision, here)
        for rows in ROWS:
            source = here / "brief.typ"
            source.write_text(
                displayable(compose(view, decision, pictures, rows)), encoding="utf-8"
            )
            found = typst.query(
                source, "<pages>", field="value", root=here, ignore_system_fonts=True
            )
            if json.loads(found) == [1]:
                break
        pdf = compile_pdf(source, view.material.edition.known_at)
    target = folder / view.language.code / NAME
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pdf)
    return target


def compose(view: View, decision: Decision, pictures: dict[str, str], rows: int) -> str:
    """The Typst source; `pictures` are Typst calls by name, `rows` the most of a group."""
    text, edition = view.text, view.material.edition
    argument = argue(view, decision)
    origin = text("page.edition", origin=Period(edition.origin, edition.grain))
    changed = " ".join(change_words(view)) or f"{text('front.changed_none').capitalize()}."
    changed = " ".join(change_words(view)) or f"{text('front.changed_none').capitalize()}."
    left = [
        f"== #{quote(text('brief.think'))}",
        *(f"#par({quote(words)})" for words in what_we_think(view, decision)),
        f"== #{quote(text('brief.risk'))}",
        *(f"#par({quote(words)})" for words in risks(view, decision)),
        f"== #{quote(text('brief.changed'))}",
        f"#par({quote(changed)})",
    ]
    right = [
        f"== #{quote(text('brief.sign'))}",
        _orders(view, decision, rows),
        f"#note({quote(text('brief.sign_note', alpha=edition.risk_alpha_ratio))})",
    ]
    charts = [pictures[name] for name in ("map", "costs") if name in pictures]
    return "\n\n".join(
        [
            template("brief.typ"),
            f"#show: brief.with(title: {quote(argument.headline)}, lang: "
            f"{quote(view.language.code)}, "
            f"left: {quote(edition.title_in(view.language.code))}, "
            f"right: {quote(' · '.join((text('brief.name'), origin, edition.run_id)))}, "
            f"foot: {quote(source_lines(view))})",
            f"= #{quote(argument.headline)}",
            f"#warned({quote(text('front.simulated'))})" if edition.simulated else "",
            "#grid(columns: (70mm, 1fr), column-gutter: 6mm, ["
            + "\n\n".join(left)
            + "], ["
            + "\n\n".join(right)
            + "])",
            (
                f"#grid(columns: ({'1fr, ' * len(charts)}), column-gutter: 8mm, "
                f"{', '.join(f'[{one}]' for one in charts)})"
            )
            if charts
            else "",
            pictures.get("load", ""),
        ]
    )


def what_we_think(view: View, decision: Decision) -> list[str]:
    """The argument's evidence, and which segments fill first."""
    argument = argue(view, decision)
    first = dict.fromkeys(short_segment(view, order["segment_id"]) for order in decision.orders[:4])
    return [
        line
        for line in (
            argument.evidence,
            f"{view.language.sentences(map_title(view))} "
            + view.text("brief.first", names=", ".join(first)),
        )
        if line
    ]


def risks(view: View, decision: Decision) -> list[str]:
    """How far the forecasts behind the orders have held, what lead times decide, and the failure
    that leaves most traffic without a path.
    """
    text, material = view.text, view.material
    found = []
    signed = [*decision.now, *decision.soon]
    routes = sorted(
        {route for order in signed for route in doubtful_routes(material, order["segment_id"])}
    )
    held = coverage_of(material, routes)
    rows = scored(material)
    if held:
        found.append(
            text(
                "brief.doubt",
                n=len(routes),
                share=held[0],
                all=int(rows["unreliable"].sum()),
                series=rows.height,
            )
        )
    leads = [
        (order["lead_time_low_months"], order["lead_time_high_months"])
        for order in signed
        if order["lead_time_low_months"] is not None and order["lead_time_high_months"] is not None
    ]
    if leads:
        found.append(
            text(
                "brief.lead", low=min(low for low, _ in leads), high=max(high for _, high in leads)
            )
        )
    lost = material["lost_traffic"].filter(pl.col("target_start") == pl.col("target_start").max())
    worst = (
        lost.group_by("failure_id")
        .agg(gbps=pl.col("lost_p50_gbps").sum(), routes=pl.col("route_id").n_unique())
        .sort("gbps", "failure_id", descending=[True, False])
    )
    if worst.height and worst["gbps"][0] > 0:
        found.append(
            text(
                "brief.lost",
                failure=naming.failure_name(view, worst["failure_id"][0]),
                gbps=worst["gbps"][0],
                routes=worst["routes"][0],
                unit=text("unit.gbps"),
                at=Period(lost["target_start"][0], material.edition.grain),
            )
        )
    return found


def groups_of(view: View, decision: Decision) -> list[tuple[str, Sequence[Order]]]:
    """The orders by what has to be decided, by group; the next ones where none is due."""
    text = view.text
    groups: list[tuple[str, Sequence[Order]]] = [
        (text("brief.now", what=what_is_signed(view, decision.now)), decision.now),
        (text("brief.soon", n=len(decision.soon), day=decision.until), decision.soon),
        (text("brief.apart", n=len(decision.apart)), decision.apart),
    ]
    return [group for group in groups if group[1]] or [(text("brief.next"), decision.orders)]


def _orders(view: View, decision: Decision, most: int) -> str:
    text = view.text
    heads = (
        "",
        text("table.segment"),
        text("table.order_by"),
        text("front.usd"),
        text("front.p_late"),
    )
    lines: list[str] = []
    for name, orders in groups_of(view, decision):
        lines.append(f"..group({quote(name)}, {quote(_thousands(view, orders))})")
        lines += [_row(view, order) for order in orders[:most]]
        if len(orders) > most:
            more = text("paper.more", n=len(orders) - most)
            lines.append(f"[], table.cell(colspan: 4, text(fill: soft, {quote(more)}))")
    shown = ", ".join(quote(head) for head in heads)
    return f"#orders(({shown}), ({', '.join(lines)},))"


def _row(view: View, order: Order) -> str:
    late = order["p_late_now_ratio"]
    alpha = view.material.edition.risk_alpha_ratio
    name = short_segment(view, order["segment_id"])
    if order["order_seq"] > 1:
        name += f" ({view.text('front.nth', n=order['order_seq'])})"
    day = view.language.period(Period(order["order_by"], "day"), "short")
    bar = (
        (
            f"[#bar({late:.3f}, {alpha:.3f}, {'true' if late > alpha else 'false'}) "
            f"#{quote(view.language.percent(late))}]"
        )
        if late is not None
        else "[]"
    )
    number = quote(str(order["number"]) if order["number"] <= 10 else "")
    return (
        f"text(fill: wine, strong({number})), {quote(name)}, {quote(day)}, "
        f"{quote(_thousands(view, [order]))}, {bar}"
    )


def _thousands(view: View, orders: Sequence[Order]) -> str:
    total = money(view.material, orders).likely
    return view.language.number(None if total is None else total / 1e3, 0)


def _pictures(view: View, decision: Decision, folder: Path) -> dict[str, str]:
    """The map, the cost by quarter and the load behind the first order, as Typst calls."""
    found = {}
    places, segments = map_parts(view, decision)
    if len(places) >= FEWEST_PLACES and segments:
        title = map_title(view)
        picture = region(segments, places, title, width=400, letter=11, trim=0.07)
        threshold = view.material.edition.threshold_ratio
        found["map"] = _picture(
            folder, "map", title, view.text("front.map_sub", threshold=threshold), picture
        )
    costs = quarter_figure(view)
    if costs and costs.spec:
        picture = svg({**costs.spec, "height": 210}, view.language, 400)
        found["costs"] = _picture(folder, "costs", costs.title, costs.subtitle, picture)
    load = order_load(view, (decision.now or decision.soon or decision.orders)[0])
    if load and load.spec:
        picture = svg({**load.spec, "height": 150}, view.language, 860)
        found["load"] = _picture(folder, "load", load.title, load.subtitle, picture)
    return found


def order_load(view: View, order: Order) -> Figure | None:
    """The load of the order's segment in the direction that runs out first."""
    run = view.material.runouts.get(order["segment_id"], {}).get("policy")
    key = (order["segment_id"], run["direction"]) if run else None
    return load_figure(view, *key) if key and key in view.material.loads else None


def _picture(folder: Path, name: str, title: str, subtitle: str, picture: str) -> str:
    (folder / f"{name}.svg").write_text(displayable(picture, picture=True), encoding="utf-8")
    return (
        f"== #{quote(title)}\n#note({quote(subtitle)})\n"
        f"#image({quote(f'{name}.svg')}, width: 100%, alt: {quote(title)})"
    )


def source_lines(view: View) -> str:
    """What the brief rests on, how it counts, and its run."""
    edition = view.material.edition
    first, last, _ = view.material.span
    span = (
        view.text(
            "brief.sources",
            first=Period(first, edition.grain),
            last=Period(last, edition.grain),
        )
        if first and last
        else ""
    )
    return " ".join(
        part
        for part in (
            span,
            view.text(
                "brief.definition",
                threshold=edition.threshold_ratio,
                alpha=edition.risk_alpha_ratio,
            ),
            view.text("brief.identity", run_id=edition.run_id, data_hash=edition.data_hash),
        )
        if part
    )
