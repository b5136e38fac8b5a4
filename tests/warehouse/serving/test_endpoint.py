"""The endpoint answers questions to who has the token, and does nothing else whatever is tried."""

import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from warehouse.errors import QueryError, WarehouseError
from warehouse.serving.extras.endpoint import EXTENSIONS, endpoint, only_reads
from warehouse.serving.extras.extensions import extension

TOKEN = "a token of some length"
try:
    FILES = [str(extension(name, "endpoint")) for name in EXTENSIONS]
except WarehouseError:
    FILES = []
installed = pytest.mark.skipif(
    not FILES, reason="the wheels of the extra `endpoint` are not installed"
)
ATTACKS = [
    "delete from core.route",
    "create table t as select 1",
    "create temp table t as select 1",
    "drop view mart.route",
    "attach ':memory:' as m",
    "attach 'other.duckdb' as other",
    "detach memory",
    "copy (select 1) to 'stolen.csv'",
    "export database 'out'",
    "from read_text('/etc/passwd')",
    "from '/etc/passwd'",
    "from glob('/etc/*')",
    "install httpfs",
    "load json",
    "set enable_external_access = true",
    "reset lock_configuration",
    "set memory_limit = '64GB'",
    "set quack_authentication_function = 'quack_nop_authorization'",
    "call quack_stop('quack:localhost:9494')",
    "from quack_stop('quack:localhost:9494')",
    "from quack_serve('quack:0.0.0.0:9999', token = 'abcdefgh', allow_other_hostname = true)",
    "from query('from quack' || '_stop(''quack:localhost:9494'')')",
    "from query/* */('from quack' || '_active_connections()')",
    "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    "from quack_query('quack:localhost:1', 'select 1', token = 'x')",
    "from quack_active_connections()",
    "from duckdb_secrets()",
    "create secret s (type quack, token 'x')",
    "from enable_logging(storage_path = 'log')",
    "from pandas_scan(1234567)",
    "select 1; drop view mart.route",
    "checkpoint",
    "vacuum",
    "begin",
    "selec 1",
    "",
]
CLIENT = """
import json, sys, duckdb
address, token, files, statements = json.loads(sys.stdin.read())
connection = duckdb.connect()
for file in files:
    connection.load_extension(file)
said = []
for statement in statements:
    try:
        values = {"a": address, "q": statement, "t": token}
        rows = connection.execute("from quack_query($a, $q, token = $t)", values).fetchall()
        said.append([True, str(rows)])
    except duckdb.Error as error:
        said.append([False, str(error)])
try:
    connection.execute(f"attach '{address}' as remote (token '{token}')")
    rows = connection.execute("select count(*) from remote.mart.route").fetchall()
    said.append([True, str(rows)])
except duckdb.Error as error:
    said.append([False, str(error)])
print(json.dumps(said))
"""


def ask(address: str, token: str, *statements: str) -> list[list]:
    """From a process of its own, as a client elsewhere."""
    import json

    said = subprocess.run(
        [sys.executable, "-c", CLIENT],
        input=json.dumps([address, token, FILES, statements]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(said.stdout)


@pytest.fixture
def port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


@installed
def test_it_reads_for_who_has_the_token_and_nothing_else(analysts, port):
    before = analysts.read_bytes()
    with endpoint(analysts, token=TOKEN, port=port) as address:
        *answers, attached = ask(
            address,
            TOKEN,
            "select 40 + 2",
            "select count(*) from mart.route",
            *ATTACKS,
            "select 41 + 2",
        )
        strangers = ask(address, "another long enough token", "select 42")
    assert answers[:2] == [[True, "[(42,)]"], [True, "[(8,)]"]]
    assert [attack for attack, (done, _) in zip(ATTACKS, answers[2:-1], strict=True) if done] == []
    assert answers[-1] == [True, "[(43,)]"]
    assert attached == [True, "[(8,)]"]
    assert [done for done, _ in strangers] == [False, False]
    assert "Authentication failed" in strangers[0][1]
    assert analysts.read_bytes() == before
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("localhost", port)):
        pass


@installed
def test_only_this_machine_hears_it(analysts, port):
    with endpoint(analysts, token=TOKEN, port=port):
        heard = {
            line.split()[1].split(":")[0]
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for line in Path(table).read_text().splitlines()[1:]
            if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
        }
    assert heard
    assert heard <= {"0100007F", "0" * 24 + "01000000"}


@installed
def test_a_port_in_use_and_a_short_token_are_refused(analysts, port):
    with pytest.raises(QueryError, match="too short"), endpoint(analysts, token="short", port=port):
        pass
    with (
        socket.create_server(("localhost", port)),
        pytest.raises(WarehouseError, match="--port"),
        endpoint(analysts, token=TOKEN, port=port),
    ):
        pass


@pytest.mark.parametrize(
    "attack",
    [attack for attack in ATTACKS if not attack.startswith(("from read", "from '", "from glob"))],
)
def test_the_gate_admits_no_attack(attack):
    with duckdb.connect() as parser:
        assert not only_reads(parser, attack)


@pytest.mark.parametrize(
    "question",
    [
        "select 1",
        "from mart.runout",
        "with a as (select 1 as n) select n from a",
        "explain select 1",
    ],
)
def test_the_gate_admits_questions(question):
    with duckdb.connect() as parser:
        assert only_reads(parser, question)


def test_without_the_wheels_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("warehouse.serving.extras.extensions.find_spec", lambda name: None)
    with pytest.raises(WarehouseError, match=r"transit-forecast\[endpoint\]"):
        extension("quack", "endpoint")


def test_wheels_for_another_duckdb_are_named(monkeypatch, tmp_path):
    (tmp_path / "extensions" / "v0.9.9").mkdir(parents=True)
    monkeypatch.setattr(
        "warehouse.serving.extras.extensions.find_spec",
        lambda name: SimpleNamespace(submodule_search_locations=[str(tmp_path)]),
    )
    with pytest.raises(WarehouseError, match=r"only for v0\.9\.9\nInstall it and its DuckDB"):
        extension("quack", "endpoint")
