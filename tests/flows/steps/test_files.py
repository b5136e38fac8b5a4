"""Commands on files alone: anyone's network and demand, any panel of series."""

import csv
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

RING = {
    "segments.csv": "segment_id,a_node,z_node\nAB,A,B\nBC,B,C\nCD,C,D\nDA,D,A\n",
    "routes.csv": "route_id,a_node,z_node\nAC,A,C\nAB,A,B\nBC,B,C\n",
    "route_paths.csv": "route_id,rank,seq,segment_id\n"
    "AC,1,1,AB\nAC,1,2,BC\nAC,2,1,DA\nAC,2,2,CD\nAB,1,1,AB\n"
    "AB,2,1,DA\nAB,2,2,CD\nAB,2,3,BC\n"
    "BC,1,1,BC\nBC,2,1,AB\nBC,2,2,DA\nBC,2,3,CD\n",
    "risk_groups.csv": "risk_group_id,segment_id\nT1,AB\nT1,DA\n",
    "capacity.csv": "segment_id,lit_gbps\nAB,100\nBC,100\nCD,100\nDA,100\n",
    "demand.csv": "route_id,direction,gbps\nAC,out,40\nAB,out,30\nBC,out,20\n",
}


@pytest.fixture
def ring(tmp_path) -> Path:
    for name, text in RING.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def transit(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "flows.cli", *arguments],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_ring_of_the_methods(ring):
    run = transit("failures", ".", "--demand", "demand.csv", "--format", "json", cwd=ring)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    worst = {
        (row["segment_id"], row["direction"]): (row["load_gbps"], row["failure_id"])
        for row in found["worst"]
    }
    assert worst["AB", "az"] == (70, "none")
    assert worst["DA", "za"] == (70, "segment:AB")
    assert worst["AB", "za"] == (20, "segment:BC")
    lost = {row["failure_id"]: row["lost_gbps"] for row in found["failures"]}
    assert lost["risk_group:T1"] == 70
    assert lost["segment:AB"] == 0
    assert math.isclose(found["headroom_factor"], 1.14285714, rel_tol=1e-6)


def test_csv_and_table_hold_the_same_loads(ring):
    run = transit("failures", ".", "--demand", "demand.csv", "--format", "csv", cwd=ring)
    rows = [row for row in csv.DictReader(io.StringIO(run.stdout)) if row["table"] == "worst"]
    assert len(rows) == 6
    shown = transit("failures", ".", "--demand", "demand.csv", cwd=ring).stdout
    for row in rows:
        assert any(
            line.split()[:2] == [row["segment_id"], row["direction"]] and row["failure_id"] in line
            for line in shown.splitlines()
        )


def test_what_does_not_fit_is_gathered(ring):
    (ring / "bad.csv").write_text(
        "route_id,direction,gbps\nAC,out,-4\nXX,sideways,x\n", encoding="utf-8"
    )
    run = transit("failures", ".", "--demand", "bad.csv", cwd=ring)
    assert run.returncode == 1
    assert "gbps is -4.0" in run.stderr
    assert "route XX is unknown" in run.stderr
    assert "direction is sideways" in run.stderr
    assert "Traceback" not in run.stderr
    assert transit("failures", "nowhere", "--demand", "demand.csv", cwd=ring).returncode == 1


def test_a_panel_of_good_and_bad_series(tmp_path):
    steps = list(range(48))
    good = pl.DataFrame(
        {
            "series_id": "good",
            "step": steps,
            "value": [100 * 1.02**t * (1 + 0.2 * math.sin(t * math.pi / 6)) for t in steps],
        }
    )
    short = pl.DataFrame({"series_id": "short", "step": steps[:4], "value": [1.0, 2.0, 3.0, 4.0]})
    pl.concat([good, short]).write_parquet(tmp_path / "panel.parquet")
    run = transit(
        "forecast-file",
        "panel.parquet",
        "--season",
        "12",
        "--horizon",
        "6",
        "--output",
        "out.parquet",
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    made = pl.read_parquet(tmp_path / "out.parquet")
    rows = made.filter(pl.col("series_id") == "good").sort("horizon")
    assert rows["horizon"].to_list() == [1, 2, 3, 4, 5, 6]
    levels = ["q025", "q10", "q25", "q50", "q75", "q90", "q975"]
    for row in rows.select(levels).iter_rows():
        assert list(row) == sorted(row)
        assert all(0 < value < 2000 for value in row)
    refused = made.filter(pl.col("series_id") == "short")
    assert refused["reason"][0]
    assert refused["median"].is_null().all()


def test_a_panel_that_can_not_be_read_is_an_error(tmp_path):
    (tmp_path / "panel.csv").write_text("id,when,what\n1,2,3\n", encoding="utf-8")
    run = transit(
        "forecast-file",
        "panel.csv",
        "--season",
        "12",
        "--horizon",
        "6",
        "--output",
        "out.csv",
        cwd=tmp_path,
    )
    assert run.returncode == 1
    assert "series_id" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_memory_is_kept_in_a_file_and_used_the_next_time(tmp_path):
    values = [100 * 1.02**t * (1 + 0.2 * math.sin(t * math.pi / 6)) for t in range(49)]
    frame = pl.DataFrame({"series_id": "a", "step": range(49), "value": values})
    frame[:48].write_parquet(tmp_path / "before.parquet")
    frame.write_parquet(tmp_path / "after.parquet")
    words = ("--season", "12", "--output", "out.csv", "--memory", "kept.parquet")
    for name in ("before", "after"):
        run = transit("forecast-file", f"{name}.parquet", "--horizon", "6", *words, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
    assert pl.read_csv(tmp_path / "out.csv")["step"].to_list() == list(range(49, 55))
    wrong = transit("forecast-file", "after.parquet", "--horizon", "9", *words, cwd=tmp_path)
    assert wrong.returncode == 1
    assert "horizon 6" in wrong.stderr
    assert "Traceback" not in wrong.stderr
