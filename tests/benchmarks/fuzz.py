"""`python -m tests.benchmarks.fuzz [N] [--kind KIND ...] [--seed S] [--corpus FOLDER]`: N (300)
damaged inputs of each kind, and what became of them.

Every reader of files, and the guard and engine of questions in SQL, get inputs that were whole and
had bytes flipped, cut, doubled, zeroed or replaced by words that mean something. Each must be read
or refused with a named error. What ends in anything else, or takes longer than PATIENCE_SECONDS, is
kept in the corpus folder, printed, and makes the exit code 1. Inputs of the corpus come first, so
that what was found once is tried ever after.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from tests.warehouse.traffic_worlds import PAIR, load, open_world
from warehouse.errors import TransitError
from warehouse.serving.questions import examples
from warehouse.serving.statement import ask_on
from warehouse.sources.mrtg import MrtgSpec
from warehouse.sources.rows import CountersSpec, TableSpec
from warehouse.sources.spec import SampleSpec
from warehouse.sources.zabbix import ZabbixSpec
from warehouse.store.database import Warehouse

CORPUS = Path(__file__).with_name("corpus")
PATIENCE_SECONDS = 60
ROWS = 120
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = tuple(
    word.encode()
    for word in (
        *("NaN", "-inf", "1e999", "99999999999999999999", "-0", "\x00", "\ufeff", '"', "'", ";"),
        *("\r", "\n\n", ",,", "null", "[", "{", "}", "\\ud800", "2026-02-30", "0x1F", "1,5"),
        *("(", ")", "--", "/*", "from", "select", "join", "over", "$x", "::struct(a int)", "%s"),
    )
)
WIDE = TableSpec(
    "wide",
    layout="wide",
    interface_pattern=r"(?P<interface>.+)[._](?P<direction>in|out)",
    slot_minutes=5,
)
ZABBIX = ZabbixSpec("zabbix", items={"7": "r1 in", "8": "r1 out"}, slot_minutes=5)
COUNTERS = CountersSpec(
    "counters", interface_column="interface", in_column="in", out_column="out", slot_minutes=5
)


def frame() -> pl.DataFrame:
    rng = random.Random(1)
    return pl.DataFrame(
        {
            "time": [START + timedelta(minutes=5 * at) for at in range(ROWS)],
            "interface": ["r1" if at % 2 else "r2" for at in range(ROWS)],
            "in": [rng.random() * 1e9 for _ in range(ROWS)],
            "out": [rng.random() * 1e9 for _ in range(ROWS)],
        }
    )


def written(kind: str, write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"whole.{kind}"
        write(path)
        return path.read_bytes()


def mrtg() -> bytes:
    last = int(START.timestamp()) + ROWS * 300
    lines = [f"{last} 5000 7000"]
    lines += [f"{last - 300 * at} {at * 10} {at * 20} {at * 11} {at * 21}" for at in range(ROWS)]
    return "\n".join(lines).encode()


def zabbix() -> bytes:
    rows = ",".join(
        f'{{"itemid":"{7 + at % 2}","clock":"{int(START.timestamp()) + 300 * at}","value":"{at}"}}'
        for at in range(ROWS)
    )
    return f'{{"jsonrpc":"2.0","result":[{rows}],"id":1}}'.encode()


def seeds() -> Mapping[str, tuple[SampleSpec | None, str, bytes]]:
    """A whole input of each kind: how it is read (None: as SQL), its file's ending, its bytes."""
    table = frame()
    text = table.with_columns(pl.col("time").dt.strftime("%Y-%m-%d %H:%M")).write_csv().encode()
    wide = table.select("time", r1_in="in", r1_out="out").write_csv().encode()
    counted = table.with_columns(pl.col("in", "out").cast(pl.Int64).cum_sum()).write_csv().encode()
    return {
        "csv": (PAIR, "csv", text),
        "gzip": (PAIR, "csv.gz", gzip.compress(text, mtime=0)),
        "tsv": (PAIR, "tsv", text.replace(b",", b"\t")),
        "wide": (WIDE, "csv", wide),
        "counters": (COUNTERS, "csv", counted),
        "parquet": (PAIR, "parquet", written("parquet", table.write_parquet)),
        "xlsx": (
            PAIR,
            "xlsx",
            written(
                "xlsx", table.with_columns(pl.col("time").dt.replace_time_zone(None)).write_excel
            ),
        ),
        "mrtg": (MrtgSpec("mrtg", interface="r1"), "log", mrtg()),
        "zabbix": (ZABBIX, "json", zabbix()),
        "sql": (None, "sql", b""),
    }


def mutated(content: bytes, rng: random.Random) -> bytes:
    """The content with one to four things done to it."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(found) + 1)
        end = min(len(found), at + rng.choice((1, 4, 40, 400)))
        match rng.randrange(6):
            case 0 if at < len(found):
                found[at] ^= 1 << rng.randrange(8)
            case 1:
                del found[at:end]
            case 2:
                found[at:at] = found[at:end]
            case 3:
                found[at:end] = bytes(end - at)
            case 4:
                found[at:end] = rng.choice(WORDS)
            case _:
                found[at:at] = rng.choice(WORDS)
    return bytes(found)


def inputs(kind: str, content: bytes, count: int, rng: random.Random) -> Iterator[bytes]:
    questions = [question.sql.encode() for question in examples()]
    for _ in range(count):
        yield mutated(rng.choice(questions) if kind == "sql" else content, rng)


class TooSlowError(Exception):
    """An input that kept its reader longer than PATIENCE_SECONDS."""


@contextmanager
def patience() -> Iterator[None]:
    def end(*_: object) -> None:
        raise TooSlowError(f"took longer than {PATIENCE_SECONDS} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(
    warehouse: Warehouse, spec: SampleSpec | None, ending: str, content: bytes, folder: Path
) -> str:
    """read or refused, else what it ended in."""
    try:
        with patience():
            if spec is None:
                sql = content.decode(errors="surrogateescape")
                ask_on(warehouse.connection, sql, max_rows=10, timeout_seconds=5)
                return "read"
            path = folder / f"input.{ending}"
            path.write_bytes(content)
            (result,) = load(warehouse, spec, path)
            str(result.error).encode()
            if result.error is None:
                balanced = result.rows_loaded + result.rows_quarantined + result.rows_known
                assert result.rows_in == balanced, "rows were lost"
            return "refused" if result.error else "read"
    except TransitError:
        return "refused"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}".splitlines()[0]


def corpus(folder: Path = CORPUS) -> Iterator[tuple[str, Path]]:
    """Kind and file of every input that was kept."""
    for path in sorted(folder.glob("*/*")):
        yield path.parent.name, path


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("count", type=int, nargs="?", default=300)
    asked.add_argument("--kind", nargs="*", choices=sorted(seeds()), default=sorted(seeds()))
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--corpus", type=Path, default=CORPUS)
    given = asked.parse_args()
    found = 0
    with (
        tempfile.TemporaryDirectory(prefix="transit-fuzz-") as name,
        open_world(Path(name)) as warehouse,
    ):
        for kind, (spec, ending, content) in seeds().items():
            if kind not in given.kind:
                continue
            began, rng = time.monotonic(), random.Random(f"{given.seed} {kind}")
            kept = [path.read_bytes() for of, path in corpus(given.corpus) if of == kind]
            count: Counter[str] = Counter()
            for number, one in enumerate([*kept, *inputs(kind, content, given.count, rng)]):
                # What ends this process outright is found there afterwards.
                trying = given.corpus / f"trying.{ending}"
                trying.parent.mkdir(parents=True, exist_ok=True)
                trying.write_bytes(one)
                said = outcome(warehouse, spec, ending, one, Path(name))
                trying.unlink()
                count[said if said in {"read", "refused"} else "wrong"] += 1
                if said not in {"read", "refused"}:
                    found += 1
                    digest = hashlib.sha256(one).hexdigest()[:12]
                    place = given.corpus / kind / f"{digest}.{ending}"
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(one)
                    print(f"{kind} {number}: {said}\n  kept: {place}", flush=True)
            seconds = time.monotonic() - began
            told = ", ".join(f"{what} {times}" for what, times in sorted(count.items()))
            print(f"{kind:<10}{told} in {seconds:.0f} s", flush=True)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
