"""The first screen: the headline, four figures, the map by year of runout, the next orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from dashboards import naming
from dashboards.chapters.capacity.atlas import badges, load_notes
from dashboards.chapters.places import route_path, segment_path
from dashboards.charts.region import LATER, YEARS, Place, Segment, region
from dashboards.figure import joined
from dashboards.front.argument import Argument, argue, short_name, short_segment, usd
from dashboards.front.changed import KINDS, counts, order_changes
from dashboards.front.decision import BUILDS, LISTED, SOON_DAYS, Decision, Order, decide, money
from dashboards.geography.capitals import is_capital
from dashboards.language import Period
from dashboards.material import Material
from dashboards.ports import capped_routes
from dashboards.trust import NOMINAL, scored
from dashboards.view import View

FEWEST_PLACES = 3
"""With fewer places a map shows nothing."""
MOST_PORTS = 3


class KeyFigure(NamedTuple):
    label: str
    value: str
    beside: str
    below: str
    urgent: bool = False


class NextOrder(NamedTuple):
    """A row of the list of next orders; `late` is P(late) in percent, `urgent` above the accepted
    risk.
    """

    number: int
    name: str
    link: str
    what: str
    day: str
    ago: str
    late: float | None
    shown_late: str
    urgent: bool
    thousands: str


class Key(NamedTuple):
    """A line of the map's key: its class, width (pixels) and words."""

    kind: str
    colour: str
    width: float
    words: str


@dataclass(frozen=True)
class Front:
    """What the overview's first screen shows. Without located places `maps` is empty, without a
    plan `orders` is.
    """

    argument: Argument
    ports: Sequence[tuple[str, str]]
    """What is said of routes that stand at their ports' speed, and their pages."""
    figures: Sequence[KeyFigure]
    map_title: str
    map_subtitle: str
    maps: tuple[Markup, Markup] | tuple[()]
    key: Sequence[Key]
    list_title: str
    list_subtitle: str
    heads: Sequence[str]
    orders: Sequence[NextOrder]
    accepted: float
    more: str
    all_orders: str
    fold: str
    notes: Sequence[tuple[str, str]]
    badges: Sequence[str]


def make_front(view: View) -> Front:
    """The first screen of an edition."""
    text, material = view.text, view.material
    decision = decide(material)
    listed = decision.orders[:LISTED]
    ids = sorted(material.runouts)
    drawn = draw_maps(view, decision)
    notes = load_notes(view, ids, "unit_date")
    notes[1] = (
        text("note.definition"),
        text("note.runout", threshold=material.edition.threshold_ratio),
    )
    return Front(
        argue(view, decision),
        full_ports(view),
        key_figures(view, decision),
        map_title(view),
        text("front.map_sub", threshold=material.edition.threshold_ratio),
        tuple(Markup(one) for one in drawn),  # type: ignore[arg-type]
        map_key(view),
        list_title(view, decision),
        text("front.list_sub", alpha=material.edition.risk_alpha_ratio) if listed else "",
        [
            text("table.segment"),
            text("table.order_by"),
            text("front.p_late"),
            text("front.usd"),
        ],
        [_next_order(view, order) for order in listed],
        material.edition.risk_alpha_ratio * 100,
        _more(view, decision),
        text("front.all_orders", n=len(decision.orders)) if decision.orders else "",
        text("front.fold"),
        [*notes, (text("note.map"), text("note.outlines"))],
        badges(view, ids),
    )


def full_ports(view: View) -> list[tuple[str, str]]:
    """A sentence for each route that stands at its port's speed, with the path of its page."""
    found = []
    for route_id, port in capped_routes(view.material).items():
        name = naming.route_name(view, route_id)
        if port.proposed_gbps is None:
            words = view.text("port.front_plain", names=name)
        else:
            by = Period(port.until, view.material.edition.grain)
            words = view.text(
                "port.front",
                names=name,
                gbps=port.proposed_gbps,
                unit=view.text("unit.gbps"),
                by=by,
            )
        found.append((words, route_path(route_id)))
    return found[:MOST_PORTS]


def key_figures(view: View, decision: Decision) -> list[KeyFigure]:
    """Overdue orders, those due soon, those that changed, and series outside calibration."""
    text, language = view.text, view.language
    planned = bool(view.material["order_plan"].height)
    builds = len(decision.apart)
    kinds = text(
        "front.overdue_of",
        waves=language.plural("count.waves", len(decision.now)),
        builds=language.plural("count.builds", builds),
    )
    waves = all(order["option"] == "new_wave" for order in decision.now)
    none = text("number.none")
    changes = order_changes(view.material)
    number = counts(changes)
    rows = scored(view.material)
    return [
        KeyFigure(
            text("front.overdue"),
            language.number(len(decision.overdue)) if planned else none,
            _sum(view, decision.overdue),
            (kinds if decision.overdue and waves else "") if planned else text("front.no_plan"),
            bool(decision.overdue),
        ),
        KeyFigure(
            text("front.soon", n=SOON_DAYS),
            language.number(len(decision.soon)) if planned else none,
            _sum(view, decision.soon),
            text(
                "front.soon_until",
                first=language.day(decision.today),
                last=language.day(decision.until),
            ),
        ),
        KeyFigure(
            text("front.changed"),
            language.number(sum(number[kind] for kind in KINDS)) if changes else none,
            "",
            text("front.changed_of", **{kind: number[kind] for kind in KINDS})
            if changes
            else text("front.changed_none"),
        ),
        KeyFigure(
            text("front.doubtful"),
            language.number(int(rows["unreliable"].sum())) if rows.height else none,
            text("front.doubtful_of", n=rows.height) if rows.height else "",
            text("front.doubtful_sub", level=NOMINAL) if rows.height else text("front.no_scores"),
        ),
    ]


def _sum(view: View, orders: Sequence[Order]) -> str:
    total = money(view.material, orders).likely if orders else None
    return "" if total is None else usd(view, total)


def runout_years(material: Material) -> dict[str, int]:
    """Calendar years from the planning date's to each segment's median policy date, for segments
    that have one.
    """
    return {
        segment_id: max(kinds["policy"]["t50"].year - material.today.year, 0)
        for segment_id, kinds in material.runouts.items()
        if "policy" in kinds and kinds["policy"]["t50"]
    }


def map_title(view: View) -> str:
    material = view.material
    threshold, years = material.edition.threshold_ratio, list(runout_years(material).values())
    now = material.today.year
    if not years:
        last = material["runout"]["last_target"].max() or material.edition.origin
        by = Period(last, material.edition.grain)  # type: ignore[arg-type]
        return view.text("front.map_none", threshold=threshold, by=by)
    return view.text(
        "front.map",
        a=years.count(0),
        b=years.count(1),
        year=str(now),
        next=str(now + 1),
        threshold=threshold,
    )


def map_key(view: View) -> list[Key]:
    """The classes of the map's lines, as far as the horizon reaches."""
    material = view.material
    last = material["runout"]["last_target"].max()
    now = material.today.year
    if last is None:
        return []
    ahead = min(last.year - now, len(YEARS) - 1)  # type: ignore[union-attr]
    found = [
        Key(f"y{years}", YEARS[years][0], YEARS[years][1], str(now + years))
        for years in range(max(ahead, 0) + 1)
    ]
    later = view.text("front.map_later", by=Period(last, material.edition.grain))  # type: ignore[arg-type]
    return [*found, Key("y4", *LATER, later)]


def draw_maps(view: View, decision: Decision) -> tuple[str, str] | tuple[()]:
    """The region's map for a wide page and for a narrow one; nothing where too few places are
    located.
    """
    places, segments = map_parts(view, decision)
    if len(places) < FEWEST_PLACES or not segments:
        return ()
    title = map_title(view)
    return (
        region(segments, places, title),
        region(segments, places, title, width=328, letter=11, trim=0.1),
    )


def map_parts(view: View, decision: Decision) -> tuple[list[Place], list[Segment]]:
    """The located places that segments join, and the segments: those in service or with a date."""
    material = view.material
    at = {
        row["node_id"]: row
        for row in material["node"].iter_rows(named=True)
        if row["lat"] is not None and row["lon"] is not None
    }
    years = runout_years(material)
    rows: dict[str, list[int]] = {}
    for order in decision.orders[:LISTED]:
        rows.setdefault(order["segment_id"], []).append(order["number"])
    weight: dict[str, int] = {}
    segments = []
    for segment_id, row in material.segments.items():
        a, z = str(row["a_node"]), str(row["z_node"])
        shown = row["status"] == "in_service" or segment_id in years
        if a not in at or z not in at or not shown:
            continue
        for node in (a, z):
            weight[node] = weight.get(node, 0) + 1
        policy = material.runouts.get(segment_id, {}).get("policy", {})
        when = policy.get("t50")
        name = short_segment(view, segment_id)
        grain = material.edition.grain
        segments.append(
            Segment(
                f"{name}: {view.language.period(Period(when, grain))}" if when else name,
                (at[a]["lon"], at[a]["lat"]),
                (at[z]["lon"], at[z]["lat"]),
                years.get(segment_id),
                tuple(rows.get(segment_id, ())),
            )
        )
    places = [
        Place(
            short_name(view, naming.node_name(view, node)),
            at[node]["lon"],
            at[node]["lat"],
            is_capital(at[node]["country"], at[node]["lat"], at[node]["lon"]),
            count,
        )
        for node, count in weight.items()
    ]
    return places, segments


def list_title(view: View, decision: Decision) -> str:
    listed = decision.orders[:LISTED]
    if not listed:
        return ""
    late = sum(order["overdue_months"] > 0 for order in listed)
    if late == len(listed):
        return view.text("front.list_overdue", n=late)
    if late:
        return view.text("front.list_some", n=len(listed), late=late)
    return view.text("front.list_ahead", day=listed[0]["order_by"])


def _next_order(view: View, order: Order) -> NextOrder:
    text, language = view.text, view.language
    late = order["p_late_now_ratio"]
    size = f"{order['modules']} × " if order["modules"] > 1 else ""
    size += f"{language.number(order['module_gbps'])} {joined(text('unit.gbps'))}"
    words = {"new_wave": text("front.wave"), "new_line_system": text("front.line")}
    what = words.get(order["option"]) or language.word("option", order["option"])
    parts = [what if order["option"] in BUILDS else f"{what}, {size}".replace(" ", "\u00a0")]
    if order["order_seq"] > 1:
        parts.append(text("front.nth", n=order["order_seq"]).replace(" ", "\u00a0"))
    if order["option"] in BUILDS:
        parts.append(text("front.apart"))
    months = order["overdue_months"]
    return NextOrder(
        order["number"],
        short_segment(view, order["segment_id"]),
        segment_path(order["segment_id"]),
        " · ".join(parts),
        language.period(Period(order["order_by"], "day"), "short"),
        text("front.ago", late=late_by(view, months)) if months > 0 else "",
        None if late is None else late * 100,
        language.percent(late),
        late is not None and late > view.material.edition.risk_alpha_ratio,
        language.number(None if order["cost_usd"] is None else order["cost_usd"] / 1e3, 0),
    )


def late_by(view: View, months: float) -> str:
    """How long ago, in months, or in days where it is less than one."""
    if months >= 1:
        return view.language.plural("count.months", round(months))
    return view.language.plural("count.periods_day", max(1, round(months * 30.4)))


def _more(view: View, decision: Decision) -> str:
    over = max(len(decision.overdue) - LISTED, 0)
    if not over and not decision.soon:
        return ""
    return view.text("front.more", over=over, soon=len(decision.soon), day=decision.until)
