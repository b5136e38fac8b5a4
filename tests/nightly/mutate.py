"""Do the tests notice? Puts one small fault at a time into the code that computes money, dates,
statistics and failures, and runs the tests that should fail.

`python -m tests.nightly.mutate [--sample 25] [--only forecasting/capacity/money.py] [--faults]`

Faults are made in a copy of the tree: comparisons, arithmetic, constants, bounds and conditions of
each module of FLOORS, a sample of them chosen by seed, and the stated ones of faults.toml, which
reach SQL as well. Ends with code 1 where a module's share of noticed faults is below its floor, or
a stated fault is not noticed or no longer fits the code. What survives is printed with its line.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREES = ("flows", "forecasting", "warehouse", "dashboards", "tests", "pyproject.toml")
SECONDS = 240
CAPACITY = "tests/forecasting/capacity"
FLOORS: dict[str, tuple[float, tuple[str, ...]]] = {
    "forecasting/capacity/money.py": (
        0.8,
        (f"{CAPACITY}/test_money.py", f"{CAPACITY}/test_ledger.py"),
    ),
    "forecasting/capacity/runout.py": (0.8, (f"{CAPACITY}/test_capacity.py",)),
    "forecasting/capacity/orders.py": (
        0.6,
        tuple(
            f"{CAPACITY}/test_{name}.py"
            for name in ("capacity", "plan", "plan_edges", "order_prices")
        ),
    ),
    "forecasting/capacity/dates.py": (
        0.6,
        tuple(f"{CAPACITY}/test_{name}.py" for name in ("plan", "plan_edges", "worst_failure")),
    ),
    "forecasting/capacity/routing.py": (
        0.6,
        tuple(f"{CAPACITY}/test_{name}.py" for name in ("routing", "worst_failure", "plan")),
    ),
    "forecasting/capacity/availability.py": (0.6, (f"{CAPACITY}/test_availability.py",)),
    "forecasting/accuracy.py": (0.8, ("tests/forecasting/test_accuracy.py",)),
    "forecasting/standalone/failures.py": (0.6, ("tests/forecasting/standalone/test_failures.py",)),
    "warehouse/loading/slot_grid.py": (0.6, ("tests/warehouse/loading/test_statistics.py",)),
    "warehouse/loading/rates.py": (
        0.6,
        ("tests/warehouse/sources/test_sources_counters.py",),
    ),
}
"""The least share of noticed faults by module, and the tests that should notice."""

COMPARISONS = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
}
ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*"}
CALLS = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "ceil": "floor",
    "floor": "ceil",
    "any": "all",
    "all": "any",
}


@dataclass(frozen=True)
class Fault:
    """One change of a file: the text before, the text instead, and where."""

    path: str
    line: int
    before: str
    after: str
    changed: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before!r} -> {self.after!r}"


def _offsets(text: str) -> list[int]:
    """Where each line begins, in characters."""
    starts, at = [], 0
    for line in text.splitlines(keepends=True):
        starts.append(at)
        at += len(line)
    return starts


def mutants(path: str, text: str) -> Iterator[Fault]:
    """Every single fault this makes of a module; docstrings and annotations are left alone."""
    starts = _offsets(text)
    lines = text.splitlines()

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    def swap(start: int, end: int, before: str, after: str, line: int) -> Fault | None:
        at = text.find(before, start, end)
        if at < 0:
            return None
        return Fault(path, line, before, after, text[:at] + after + text[at + len(before) :])

    skipped: set[int] = set()
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if isinstance(outer := getattr(node, name, None), ast.AST):
                skipped |= {id(inner) for inner in ast.walk(outer)}
    for node in ast.walk(tree):
        fault = None
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
            start = place(node.left.end_lineno, node.left.end_col_offset)
            end = place(node.comparators[0].lineno, node.comparators[0].col_offset)
            sign = text[start:end].strip(" \n()")
            fault = swap(start, end, sign, COMPARISONS[type(node.ops[0])], node.lineno)
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            start = place(node.left.end_lineno, node.left.end_col_offset)
            end = place(node.right.lineno, node.right.col_offset)
            sign = text[start:end].strip(" \n()")
            fault = swap(start, end, sign, ARITHMETIC[type(node.op)], node.lineno)
        elif isinstance(node, ast.BoolOp):
            start = place(node.values[0].end_lineno, node.values[0].end_col_offset)
            end = place(node.values[1].lineno, node.values[1].col_offset)
            sign, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            fault = swap(start, end, sign, other, node.lineno)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            start = place(node.lineno, node.col_offset)
            fault = swap(start, start + 4, "not ", "", node.lineno)
        elif isinstance(node, ast.Call):
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            if name in CALLS:
                end = place(node.func.end_lineno, node.func.end_col_offset)
                fault = swap(end - len(name), end, name, CALLS[name], node.lineno)
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            start = place(node.lineno, node.col_offset)
            end = place(node.end_lineno, node.end_col_offset)
            more = node.value + 1 if isinstance(node.value, int) else node.value * 1.5 + 0.1
            fault = swap(start, end, text[start:end], repr(more), node.lineno)
        if fault:
            yield fault


def stated_faults() -> Iterator[tuple[Fault | str, tuple[str, ...]]]:
    """Those of faults.toml, and a complaint where one's text is not found exactly once."""
    table = tomllib.loads((Path(__file__).parent / "faults.toml").read_text("utf-8"))
    for entry in table["fault"]:
        path, before = entry["path"], entry["before"]
        text = (ROOT / path).read_text("utf-8") if (ROOT / path).is_file() else ""
        if text.count(before) != 1:
            yield f"{path}: {before!r} is there {text.count(before)} times", ()
            continue
        line = text[: text.index(before)].count("\n") + 1
        changed = text.replace(before, entry["after"])
        yield Fault(path, line, before, entry["after"], changed), tuple(entry["tests"])


def noticed(fault: Fault, tests: tuple[str, ...], copy: Path) -> bool:
    """Whether the tests fail in the copy with the fault in it; an endless loop counts as
    noticed.
    """
    file = copy / fault.path
    kept = file.read_text("utf-8")
    file.write_text(fault.changed, encoding="utf-8")
    command = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    try:
        run = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(kept, encoding="utf-8")
    if run.returncode not in (0, 1, 2):
        raise SystemExit(f"pytest did not run: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    return run.returncode != 0


def copied(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "site")
    for name in TREES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copyfile(source, folder / name)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=25, help="faults a module")
    parser.add_argument("--only", choices=FLOORS, help="one module")
    parser.add_argument("--faults", action="store_true", help="the stated faults alone")
    parser.add_argument("--seed", type=int, default=20261201)
    given = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        copy = copied(Path(temporary))
        if not given.only:
            for fault, tests in stated_faults():
                if isinstance(fault, str) or not noticed(fault, tests, copy):
                    failed = True
                    print(f"NOT NOTICED {fault}" if tests else f"OUT OF DATE {fault}", flush=True)
        for path, (floor, tests) in FLOORS.items():
            if given.faults or given.only not in (None, path):
                continue
            every = list(mutants(path, (ROOT / path).read_text("utf-8")))
            chosen = random.Random(given.seed).sample(every, min(given.sample, len(every)))
            survivors = [fault for fault in chosen if not noticed(fault, tests, copy)]
            share = 1 - len(survivors) / len(chosen)
            failed |= share < floor
            print(
                f"{path}: {share:.0%} of {len(chosen)} noticed (at least {floor:.0%})", flush=True
            )
            for fault in survivors:
                print(f"  survived {fault}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
