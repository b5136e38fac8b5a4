"""Prometheus and what speaks its HTTP API: whole pages of a range query, or an error; never half a
page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import httpx
import polars as pl
from pydantic import Field
from pydantic.dataclasses import dataclass

from warehouse.errors import Problem, SourceError
from warehouse.sources.servers.answers import PassingError, ServerSpec, post
from warehouse.sources.spec import STRICT, failed

MOST_WAIT_SECONDS = 600.0
"""A server that asks for a longer rest is left to the next load."""
MAX_POINTS = 10_990
"""A server of Prometheus refuses more than 11,000 points a series."""
LONGEST_STEP_MINUTES = 60
INFO = "PromQL info"
RETRIED = (408, 425, 429, 500, 502, 503, 504)
Series = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True, config=STRICT)
class PrometheusSpec(ServerSpec):
    """kind = "prometheus": range queries of Prometheus' HTTP API."""

    kind: Literal["prometheus"] = "prometheus"
    in_query: Annotated[str, Field(description="bit/s in, such as rate(ifHCInOctets[5m]) * 8")] = ""
    out_query: Annotated[str, Field(description="bit/s out")] = ""
    label: Annotated[
        str, Field(description="the interface's name from labels, such as {instance} {ifName}")
    ] = ""

    def problems(self) -> list[tuple[str, str]]:
        minutes = self.slot_minutes
        checks = [
            (bool(self.in_query or self.out_query), "in_query", "is empty, and so is out_query"),
            (
                bool(self.label),
                "label",
                "is empty: it makes the interface's name from labels, such as {instance} {ifName}",
            ),
            (
                minutes is not None and minutes <= LONGEST_STEP_MINUTES,
                "slot_minutes",
                f"must be given, {LONGEST_STEP_MINUTES} at most",
            ),
            (
                self.page_days * 1440 <= MAX_POINTS * (minutes or 1),
                "page_days",
                f"is {self.page_days:g}; a page holds at most {MAX_POINTS} slots of a series",
            ),
        ]
        return [*super().problems(), *failed(checks)]


def fetch(
    client: httpx.Client,
    spec: PrometheusSpec,
    first: datetime,
    last: datetime,
    *,
    pause: Callable[[float], None],
    infos: list[str] | None = None,
) -> pl.DataFrame:
    """One page: `time` (slot end, epoch seconds), `interface`, `in`, `out`; what the server remarks
    on the queries is added to `infos`. Raises SourceError once the tries are used up.
    """
    infos = [] if infos is None else infos
    sides = []
    for side, query in (("in", spec.in_query), ("out", spec.out_query)):
        found = _ask(client, spec, query, first, last, pause, infos) if query else {}
        rows = [
            (round(at), name, value)
            for name, values in sorted(found.items())
            for at, value in values
        ]
        sides.append(
            pl.DataFrame(
                rows,
                schema={"time": pl.Int64, "interface": pl.String, side: pl.Float64},
                orient="row",
            )
        )
    return (
        sides[0]
        .join(sides[1], on=["time", "interface"], how="full", coalesce=True)
        .sort("interface", "time")
    )


def _ask(
    client: httpx.Client,
    spec: PrometheusSpec,
    query: str,
    first: datetime,
    last: datetime,
    pause: Callable[[float], None],
    infos: list[str],
) -> Series:
    asked = {
        "query": query,
        "start": f"{first.timestamp():.0f}",
        "end": f"{last.timestamp():.0f}",
        "step": f"{60 * (spec.slot_minutes or 5)}",
    }
    said, wait, attempt = "", 0.0, 0
    while attempt < spec.tries and wait <= MOST_WAIT_SECONDS:
        if attempt:
            pause(max(wait, min(60.0, 2.0**attempt)))
        attempt += 1
        try:
            answer = _answer(client, spec, asked)
            infos += [info for info in _infos(answer) if info not in infos]
            return _series(spec, answer, first, last)
        except PassingError as error:
            said, wait = str(error), error.wait
    raise SourceError(
        "the server does not answer as it should",
        [
            Problem(
                f"{spec.name}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}",
                f"{said} ({attempt} tries)",
            )
        ],
        "Nothing of this page was kept. The next load goes on from here; raise "
        "timeout_seconds or lower page_days if the server is slow.",
    )


def _answer(client: httpx.Client, spec: PrometheusSpec, asked: dict[str, str]) -> dict[str, object]:
    found = post(client, spec, "/api/v1/query_range", asked)
    status = found.status
    if found.elsewhere:
        raise SourceError(
            "the server sends us elsewhere",
            [Problem(f"{spec.name}, {spec.url}", f"status {status}: to {found.elsewhere[:300]}")],
            "No redirect is followed, so that secrets stay with the server they are for. "
            "If that one is meant, write its address as url.",
        )
    try:
        answer = json.loads(found.content)
    except (ValueError, RecursionError) as error:
        if status == httpx.codes.OK:
            raise PassingError(f"status {status}, and no JSON that can be read: {error}") from error
        answer = {}
    answer = answer if isinstance(answer, dict) else {}
    said = f"status {status}: {str(answer.get('error', found.reason))[:300]}"
    if found.wait > MOST_WAIT_SECONDS:
        said += f", and asks to be left alone for {found.wait:.0f} seconds"
    if status in RETRIED:
        raise PassingError(said, found.wait)
    if status != httpx.codes.OK or answer.get("status") != "success":
        hint = {
            401: "Check token_file, or user and password_file.",
            403: "Check what this user may read.",
        }
        raise SourceError(
            "the server refuses the query",
            [Problem(f"{spec.name}, {asked['query']}", said)],
            hint.get(status, "Check url and the queries."),
        )
    warnings = [text for text in _texts(answer.get("warnings")) if not text.startswith(INFO)]
    if warnings or answer.get("isPartial"):
        raise PassingError(f"the answer is not whole: {str(warnings or 'isPartial')[:300]}")
    return answer


def _infos(answer: dict[str, object]) -> list[str]:
    """Remarks on a query, which leave its answer whole; Prometheus 2.48 to 2.53 and Thanos put them
    among the warnings.
    """
    remarks = [text for text in _texts(answer.get("warnings")) if text.startswith(INFO)]
    return [*_texts(answer.get("infos")), *remarks]


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else [str(value)] * bool(value)


def _series(
    spec: PrometheusSpec, answer: dict[str, object], first: datetime, last: datetime
) -> Series:
    try:
        data: Any = answer["data"]
        if data["resultType"] != "matrix":
            raise PassingError(f"the answer is a {data['resultType']}, not a matrix")
        series: Series = {}
        twice: set[str] = set()
        for item in data["result"]:
            name = name_of(spec.label, item["metric"])
            if name in series:
                twice.add(name)
            series[name] = [(float(at), _rate(value)) for at, value in item["values"]]
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise PassingError(f"the answer has not the form of a range query: {error!r}") from error
    if twice:
        problems = [
            Problem(spec.name, f"several series are named {name!r}") for name in sorted(twice)[:20]
        ]
        raise SourceError(
            "series can't be told apart",
            problems,
            "Add a label to `label`, or sum them in the query.",
        )
    strange = [
        name
        for name, values in series.items()
        if any(not first.timestamp() <= at <= last.timestamp() for at, _ in values)
    ]
    if strange:
        raise PassingError(f"series {strange[0]!r} has times outside of what was asked for")
    repeated = [
        name
        for name, values in series.items()
        if len({round(at) for at, _ in values}) < len(values)
    ]
    if repeated:
        raise PassingError(f"series {repeated[0]!r} has two values of one time")
    return series


def _rate(value: object) -> float:
    """A sample is a number in a text, or one bare; Python would take `true` and 1_000 as well."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or "_" in str(value):
        raise ValueError(f"{value!r} is no sample")
    return float(value)


def name_of(label: str, labels: dict[str, str]) -> str:
    """The interface's name: the setting `label` with each {label} replaced; an absent one is empty,
    half a character a question mark.
    """
    name = re.sub(r"\{(\w+)\}", lambda found: str(labels.get(found[1], "")), label).strip()
    return name.encode("utf-8", "replace").decode("utf-8")
