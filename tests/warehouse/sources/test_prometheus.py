"""A server that misbehaves in every way, and a real Prometheus: pages are kept whole or not at
all.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.sources.answering import (
    FIRST,
    SINCE,
    TODAY,
    Answer,
    fetched,
    get,
    good,
    matrix,
    reply,
    server,
    spec,
    stream,
)
from tests.warehouse.traffic_worlds import open_world, samples
from warehouse.errors import SettingsError, SourceError
from warehouse.sources.servers.pages import pages
from warehouse.sources.servers.prometheus import fetch, name_of


def test_pages_are_resumed_where_the_last_load_ended(tmp_path: Path) -> None:
    asked: list[dict[str, str]] = []

    def answer(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        asked.append(query)
        reply(handler, good(query))

    with server(answer) as url, open_world(tmp_path) as world:
        results = get(world, spec(url), tmp_path)
        assert [result.error for result in results] == [None] * 3
        assert len(asked) == 6
        found = samples(world)
        assert found["slot_start"].min() == SINCE
        assert found.select("in_bps", "out_bps").unique().rows() == [(1000.0, 2000.0)]
        assert found.height == 2 * 3 * 288
        asked.clear()
        again = get(world, spec(url), tmp_path, today=TODAY + timedelta(minutes=10))
        assert len(asked) == 2
        assert [(result.slots_new, result.error) for result in again] == [(4, None)]
        assert again[0].rows_known == 2 * 13
        assert not list((tmp_path / "pages").iterdir())


def truncated(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    body = good(query)
    reply(handler, body[: len(body) // 2], length=len(body))


def cut_json(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    reply(handler, good(query)[:-40])


def partial(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    reply(handler, good(query, warnings=["store 3 is down"]))


def flagged(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    """As VictoriaMetrics says that a storage node was away: half of the points, and a flag beside
    them.
    """
    reply(
        handler,
        good({**query, "end": query["start"]}, isPartial=True, stats={"seriesFetched": "2"}),
    )


def stalled(_: BaseHTTPRequestHandler, __: dict[str, str]) -> None:
    time.sleep(1.0)


def elsewhere(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
    reply(handler, good({**query, "end": str(int(query["end"]) + 86400)}))


def failing(handler: BaseHTTPRequestHandler, _: dict[str, str]) -> None:
    reply(handler, b"<html>upstream", status=502)


def oddly(body: object) -> Answer:
    return lambda handler, _: reply(handler, json.dumps(body).encode())


BAD = [
    truncated,
    cut_json,
    partial,
    flagged,
    stalled,
    elsewhere,
    failing,
    oddly([]),
    oddly({"status": "success"}),
    oddly({"status": "success", "data": {"resultType": "vector", "result": []}}),
    oddly(
        {
            "status": "success",
            "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "x"]]}]},
        }
    ),
    oddly({"status": "success", "data": 7}),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_answer_is_asked_for_again_and_never_half_loaded(tmp_path: Path, bad: Answer) -> None:
    calls = {"n": 0}
    heals = {"after": 10**6}

    def answer(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        calls["n"] += 1
        # The first page is good; the second page's out goes wrong until the server is fixed.
        if calls["n"] >= 4 and calls["n"] < heals["after"]:
            bad(handler, query)
        else:
            reply(handler, good(query))

    with server(answer) as url, open_world(tmp_path) as world:
        source = spec(url, tries=2, timeout_seconds=0.3 if bad is stalled else 5.0)
        first, second = get(world, source, tmp_path)
        assert first.error is None
        assert second.error is not None
        assert samples(world).height == 2 * 288
        heals["after"] = 0
        assert all(result.error is None for result in get(world, source, tmp_path))
        assert samples(world).height == 2 * 3 * 288


LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["success", "matrix", "NaN", "1704067500"]),
)
WORDS = st.sampled_from(
    ["status", "data", "result", "resultType", "metric", "values", "error", "isPartial", "port"]
)
JSON = st.recursive(
    LEAF,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)
MATRIX = st.fixed_dictionaries(
    {
        "status": st.just("success"),
        "data": st.fixed_dictionaries({"resultType": st.just("matrix"), "result": JSON}),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    body=st.one_of(st.binary(max_size=100), JSON.map(json.dumps), MATRIX.map(json.dumps)),
    status=st.sampled_from([200, 200, 200, 204, 301, 400, 503]),
)
def test_any_answer_is_a_page_or_an_error(body: bytes | str, status: int) -> None:
    with httpx.Client(
        base_url="http://server",
        transport=httpx.MockTransport(
            lambda _: httpx.Response(
                status, stream=httpx.ByteStream(body.encode() if isinstance(body, str) else body)
            )
        ),
    ) as client:
        try:
            page = fetch(client, spec("http://server", tries=2), SINCE, TODAY, pause=lambda _: None)
        except SourceError:
            return
    assert page.columns == ["time", "interface", "in", "out"]


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ([("r1", [[FIRST, 10**400]])], "not the form of a range query"),
        ([("r1", [[10**400, "1"]])], "not the form of a range query"),
        ([("r1", [[FIRST, True]])], "True is no sample"),
        ([("r1", [[FIRST, "1_000"]])], "'1_000' is no sample"),
        ([("r1", [[FIRST, "1"], [FIRST + 0.2, "2"]])], "series 'r1' has two values of one time"),
        ([("r1", [[FIRST * 1000, "1"]])], "times outside of what was asked for"),
        ([("r1", [[float("nan"), "1"]])], "times outside of what was asked for"),
        (
            [("r\ud800", [[FIRST, "1"]]), ("r\ud801", [[FIRST, "1"]])],
            "several series are named 'r?'",
        ),
    ],
)
def test_values_times_and_names_that_no_range_query_gives(
    series: list[tuple[str, object]], message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        fetched(lambda: stream(matrix(*series)))
    assert message in str(caught.value)


def test_numbers_for_texts_any_order_and_half_characters_are_taken(tmp_path: Path) -> None:
    series = (
        "r1",
        [
            [FIRST + 300, 5],
            [FIRST, "2e3"],
            [FIRST + 600, "NaN"],
            [FIRST + 900, "+Inf"],
            [FIRST + 1200, "-1"],
        ],
    )
    with (
        server(
            lambda handler, _: reply(handler, matrix(series, ("r\ud800", [[FIRST, "1"]])).encode())
        ) as url,
        open_world(tmp_path) as world,
    ):
        (result,) = get(world, spec(url, page_days=5.0, out_query=""), tmp_path)
        assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (6, 3, 3)
        assert samples(world)["in_bps"].to_list() == [2000.0, 5.0, None]
        assert any("interface r? is unknown" in note for note in result.notes)


def test_pages_and_queries_without_series_are_told_of(tmp_path: Path) -> None:
    """A gap in the middle, a server that has lost everything, and a query that nothing answers."""
    lost = {SINCE + timedelta(days=1, minutes=5)}

    def answer(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        nothing = (
            query["query"] == "out" or datetime.fromtimestamp(int(query["start"]), UTC) in lost
        )
        reply(handler, matrix().encode() if nothing else good(query))

    with server(answer) as url, open_world(tmp_path) as world:
        first, second, third = get(world, spec(url), tmp_path)
        assert "no series answers out" in first.notes
        assert second.notes == (
            "the server has no series from 2026-01-02 00:05 to 2026-01-03 00:00",
        )
        assert (third.rows_loaded, third.notes) == (576, ())
        lost.add(datetime(2026, 1, 3, 23, tzinfo=UTC))
        (again,) = get(world, spec(url), tmp_path)
        assert again.notes == (
            "the server has no series from 2026-01-03 23:00 to 2026-01-04 00:00",
        )


def test_a_refusal_is_told_at_once(tmp_path: Path) -> None:
    calls = []

    def answer(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        calls.append(query)
        reply(
            handler,
            b'{"status":"error","errorType":"bad_data","error":"parse error at char 3"}',
            status=400,
        )

    with server(answer) as url, open_world(tmp_path) as world:
        (result,) = get(world, spec(url), tmp_path)
        assert "parse error at char 3" in str(result.error)
        assert len(calls) == 1


def test_names_that_are_not_unique_and_answers_that_are_too_large(tmp_path: Path) -> None:
    with (
        server(lambda handler, query: reply(handler, good(query))) as url,
        open_world(tmp_path) as world,
    ):
        (result,) = get(world, spec(url, label="port{nothing}"), tmp_path)
        assert "several series are named 'port'" in str(result.error)
        (result,) = get(world, spec(url, max_answer_bytes=100), tmp_path)
        assert "more than the limit of 100 bytes" in str(result.error)
        assert samples(world).is_empty()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x"},
        {"url": "http://me:word@x"},
        {"in_query": "", "out_query": ""},
        {"label": ""},
        {"since": None},
        {"slot_minutes": None},
        {"token_file": "a", "user": "b"},
        {"url": "http://[::1"},
        {"url": "http://x:y"},
        {"url": "http://x\n"},
        {"max_answer_bytes": 0},
        {"page_days": 60.0},
        {"tries": 0},
        {"url": "http://x/?token=1"},
    ],
)
def test_settings_that_cannot_work(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        spec(
            "http://127.0.0.1:1", **{k: v for k, v in wrong.items() if k != "url"}
        ) if "url" not in wrong else spec(**wrong)  # type: ignore[arg-type]


def test_pages_lie_on_the_grid_and_never_hold_too_many_points() -> None:
    source = spec("http://x", page_days=30.0)
    found = list(pages(source, None, TODAY + timedelta(days=400)))
    assert found[0][0] == SINCE + timedelta(minutes=5)
    assert all((last - first) / timedelta(minutes=5) < 11_000 for first, last in found)
    assert all(
        after[0] - before[1] == timedelta(minutes=5) for before, after in itertools.pairwise(found)
    )
    assert (
        name_of("{instance} {ifName}{x}", {"instance": "a{ifName}", "ifName": "e1"})
        == "a{ifName} e1"
    )


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server whose history has ifHC counters of two ports: r1 at 1 Gbit/s in and 2 out,
    restarted once; r2 from the second day.
    """
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("prometheus is not installed")
    folder = tmp_path_factory.mktemp("prometheus")
    lines = []
    for name, octets in (("ifHCInOctets", 125_000_000), ("ifHCOutOctets", 250_000_000)):
        lines.append(f"# TYPE {name} counter")
        for port, begin in (("r1", 0), ("r2", 1440)):
            for minute in range(begin, 2880):
                value = octets * 60 * (minute - (720 if minute >= 720 else 0))
                lines.append(
                    f'{name}{{instance="core1",ifName="{port}"}} {value} '
                    f"{SINCE.timestamp() + 60 * minute:.0f}"
                )
    (folder / "history.txt").write_text("\n".join([*lines, "# EOF", ""]))
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "history.txt", "data"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port_number = free.getsockname()[1]
    command = [
        "prometheus",
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port_number}",
    ]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        url = f"http://127.0.0.1:{port_number}"
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/-/ready", timeout=2).status_code == 200:
                    break
            time.sleep(0.1)
        yield url
        process.terminate()


@pytest.mark.server
def test_counters_of_a_real_prometheus(tmp_path: Path, prometheus: str) -> None:
    source = spec(
        prometheus, in_query="rate(ifHCInOctets[5m]) * 8", out_query="rate(ifHCOutOctets[5m]) * 8"
    )
    with open_world(tmp_path) as world:
        results = get(world, source, tmp_path)
        assert [result.error for result in results] == [None] * len(results)
        assert sum(result.rows_quarantined for result in results) == 0
        found = samples(world)
        rates = found.filter(interface_id="r1", flag="ok")
        assert rates.height >= 2 * 288 - 2
        # Not over the slot of the restart: there rate() knows only what was counted since.
        steady = rates.filter(rates["slot_start"] != SINCE + timedelta(hours=11, minutes=55))
        assert all(abs(rate / 1e9 - 1) < 1e-6 for rate in steady["in_bps"][1:-1])
        assert all(abs(rate / 2e9 - 1) < 1e-6 for rate in steady["out_bps"][1:-1])
        assert found.filter(interface_id="r2")["slot_start"].min() >= SINCE + timedelta(days=1)
        before = samples(world)
        again = get(world, source, tmp_path)
        assert sum(result.slots_new + result.slots_changed for result in again) == 0
        assert samples(world).equals(before)


@pytest.mark.server
def test_a_real_server_refuses_a_query_with_its_own_words(tmp_path: Path, prometheus: str) -> None:
    with open_world(tmp_path) as world:
        (result,) = get(world, spec(prometheus, in_query="rate(ifHCInOctets"), tmp_path)
        assert "parse error" in str(result.error)
