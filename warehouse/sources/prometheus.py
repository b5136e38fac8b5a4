"""Prometheus and what speaks its HTTP API: whole pages of a range query, or an error; never half a page."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import polars as pl

from warehouse.errors import Problem, SourceError
from warehouse.sources.spec import SourceSpec

ANSWER_OUTLASTS_TIMEOUT = 10
"""An answer that drips may take this many time-outs as a whole."""
RETRIED = (408, 425, 429, 500, 502, 503, 504)
Series = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Secrets:
    """What opens the server. Neither is ever shown."""

    token: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class _PassingError(Exception):
    """A failure that may pass."""


def pages(spec: SourceSpec, known_until: datetime | None, today: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Slot ends to ask for, first and last, page by page: from `since`, or a little before the last slot known.

    The slot that ends less than one slot ago is left for the next time: the server may not have all of it yet.
    """
    step = timedelta(minutes=spec.slot_minutes or 5)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    since = spec.since or epoch
    begin = since if known_until is None else max(since, known_until - timedelta(minutes=spec.again_minutes))
    first = epoch + (begin - epoch) // step * step + step
    last = epoch + (today - epoch) // step * step - step
    points = max(1, int(timedelta(days=spec.page_days) / step))
    while first <= last:
        end = min(last, first + (points - 1) * step)
        yield first, end
        first = end + step


def connect(spec: SourceSpec, secrets: Secrets) -> httpx.Client:
    """A client that verifies certificates, follows no redirect and takes nothing from the environment."""
    headers = {"Authorization": f"Bearer {secrets.token}"} if secrets.token else {}
    auth = httpx.BasicAuth(spec.user, secrets.password) if spec.user else None
    try:
        return httpx.Client(
            base_url=spec.url.rstrip("/"), headers=headers, auth=auth, timeout=spec.timeout_seconds,
            verify=ssl.create_default_context(cafile=spec.ca_file or None), follow_redirects=False, trust_env=False,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise SourceError("the server's certificates can't be read", [Problem(spec.ca_file, str(error))], "Check ca_file.") from error  # fmt: skip


def fetch(
    client: httpx.Client, spec: SourceSpec, first: datetime, last: datetime, *, pause: Callable[[float], None]
) -> pl.DataFrame:
    """One page: `time` (slot end, epoch seconds), `interface`, `in`, `out`. Raises SourceError once the tries are used up."""
    sides = []
    for side, query in (("in", spec.in_query), ("out", spec.out_query)):
        found = _ask(client, spec, query, first, last, pause) if query else {}
        rows = [(round(at), name, value) for name, values in sorted(found.items()) for at, value in values]
        sides.append(pl.DataFrame(rows, schema={"time": pl.Int64, "interface": pl.String, side: pl.Float64}, orient="row"))  # fmt: skip
    return sides[0].join(sides[1], on=["time", "interface"], how="full", coalesce=True).sort("interface", "time")


def _ask(
    client: httpx.Client, spec: SourceSpec, query: str, first: datetime, last: datetime, pause: Callable[[float], None]
) -> Series:
    asked = {"query": query, "start": f"{first.timestamp():.0f}", "end": f"{last.timestamp():.0f}", "step": f"{60 * (spec.slot_minutes or 5)}"}  # fmt: skip
    said = ""
    for attempt in range(spec.tries):
        if attempt:
            pause(min(60.0, 2.0**attempt))
        try:
            return _series(spec, _answer(client, spec, asked), first, last)
        except (httpx.TransportError, httpx.DecodingError, _PassingError) as error:
            said = str(error) or type(error).__name__
    raise SourceError(
        "the server does not answer as it should",
        [Problem(f"{spec.name}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}", f"{said} ({spec.tries} tries)")],
        "Nothing of this page was kept. The next load goes on from here; raise timeout_seconds or lower page_days if the server is slow.",
    )


def _answer(client: httpx.Client, spec: SourceSpec, asked: dict[str, str]) -> dict[str, object]:
    deadline = time.monotonic() + ANSWER_OUTLASTS_TIMEOUT * spec.timeout_seconds
    content = bytearray()
    with client.stream("POST", "/api/v1/query_range", data=asked) as response:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > spec.max_file_bytes:
                raise SourceError("an answer is too large", [Problem(spec.name, f"more than the limit of {spec.max_file_bytes} bytes")], "Lower page_days, or raise max_file_bytes.")  # fmt: skip
            if time.monotonic() > deadline:
                raise _PassingError("the answer takes too long")
    status = response.status_code
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        if status in RETRIED or status == httpx.codes.OK:
            raise _PassingError(f"status {status}, and no JSON that can be read: {error}") from error
        answer = {}
    answer = answer if isinstance(answer, dict) else {}
    said = f"status {status}: {str(answer.get('error', response.reason_phrase))[:300]}"
    if status in RETRIED:
        raise _PassingError(said)
    if status != httpx.codes.OK or answer.get("status") != "success":
        hint = {401: "Check token_file, or user and password_file.", 403: "Check what this user may read."}
        raise SourceError("the server refuses the query", [Problem(f"{spec.name}, {asked['query']}", said)], hint.get(status, "Check url and the queries."))  # fmt: skip
    if answer.get("warnings") or answer.get("isPartial"):
        raise _PassingError(f"the answer is not whole: {str(answer.get('warnings', 'isPartial'))[:300]}")
    return answer


def _series(spec: SourceSpec, answer: dict[str, object], first: datetime, last: datetime) -> Series:
    try:
        data: Any = answer["data"]
        if data["resultType"] != "matrix":
            raise _PassingError(f"the answer is a {data['resultType']}, not a matrix")
        series: Series = {}
        twice: set[str] = set()
        for item in data["result"]:
            name = name_of(spec.label, item["metric"])
            if name in series:
                twice.add(name)
            series[name] = [(float(at), float(value)) for at, value in item["values"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _PassingError(f"the answer has not the form of a range query: {error!r}") from error
    if twice:
        problems = [Problem(spec.name, f"several series are named {name!r}") for name in sorted(twice)[:20]]
        raise SourceError("series can't be told apart", problems, "Add a label to `label`, or sum them in the query.")
    strange = [name for name, values in series.items() if any(not first.timestamp() <= at <= last.timestamp() for at, _ in values)]  # fmt: skip
    if strange:
        raise _PassingError(f"series {strange[0]!r} has times outside of what was asked for")
    return series


def name_of(label: str, labels: dict[str, str]) -> str:
    """The interface's name: the setting `label` with each {label} replaced; an absent one is empty."""
    return re.sub(r"\{(\w+)\}", lambda found: str(labels.get(found[1], "")), label).strip()
