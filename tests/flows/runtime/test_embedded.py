"""Prefect's API and its database: a full disk, a damaged file, a server that is not there, a
stranger who asks.
"""

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows.folders import Folders
from flows.operate.prefect_findings import examine_prefect
from flows.runtime import embedded, embedded_server
from flows.runtime.embedded import EmbeddedServer
from tests.flows.faults import alive, copy_of, environment

pytestmark = pytest.mark.xdist_group("project")


def test_a_full_disk_is_named_before_prefect_stumbles_over_it(monkeypatch, tmp_path):
    monkeypatch.setattr("flows.runtime.embedded.LEAST_FREE_BYTES", float("inf"))
    with pytest.raises(OSError, match="No space left on device"):
        EmbeddedServer(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_prefect_database_does_not_stop_a_run(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit" / "prefect").mkdir(parents=True)
    (folder / ".transit" / "prefect" / "prefect.db").write_bytes(os.urandom(9000))
    run = type(project)(folder).transit("load")
    assert "Prefect's database was damaged" in run.stderr
    assert "nothing is lost" in run.stderr


def test_a_server_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded, "REACH_SECONDS", 0.0)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setattr(embedded, "prepare_environment", lambda _home: None)
    with (
        pytest.raises(embedded.PrefectError, match="can't be reached"),
        embedded.prefect_api(tmp_path),
    ):
        pytest.fail("a run must not begin")


@pytest.fixture(scope="module")
def server():
    """One that serves pages, in a folder that others may enter up to the project's own."""
    base = Path(tempfile.mkdtemp(prefix="transit-test-"))
    base.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", environment())
        embedded.prepare_environment(base / ".transit" / "prefect")
        started = EmbeddedServer(base / ".transit" / "prefect", scheduler=True)
        try:
            started.wait()
            yield started
        finally:
            started.stop()
            shutil.rmtree(base)
    assert not alive(started.process)


def answered(server, path, *, method="GET", password="", **headers):
    """The status of a request's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    if password:
        headers["Authorization"] = "Basic " + base64.b64encode(password.encode()).decode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"{}" if method in {"POST", "PATCH"} else None
    connection.request(method, path, body, {"Content-Type": "application/json", **named})
    status = connection.getresponse().status
    connection.close()
    return status


def socket_answer(server, path, **headers):
    """The status of the answer to a request for a web socket, and its first frame's code where one
    was opened and closed again.
    """
    named = {"Sec-WebSocket-Protocol": "prefect", "Host": f"127.0.0.1:{server.port}"} | headers
    asked = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as opened:
        opened.sendall(
            f"GET {path} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {22 * 'A'}==\r\n{asked}\r\n".encode()
        )
        status = int(opened.recv(4096).split(b" ", 2)[1])
        if status != 101:
            return status, None
        sent = json.dumps({"type": "auth", "token": "guessed"}).encode()
        opened.sendall(bytes([0x81, 0x80 | len(sent), 0, 0, 0, 0]) + sent)
        frame = opened.recv(4096)
        return status, int.from_bytes(frame[2:4]) if frame[0] == 0x88 else frame


def as_nobody(attack):
    """What `attack` returns when another user of this machine carries it out."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            told = json.dumps(attack())
        except Exception as error:  # noqa: BLE001 - told to the other side
            told = json.dumps(repr(error))
        os.write(theirs, told.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        told = json.load(pipe)
    os.waitpid(child, 0)
    return told


# What an intruder would do: read, start a run, empty the schedules, read secrets, ask for another
# path in the health check's name.
ATTACKS = (
    ("GET", "/api/admin/version"),
    ("GET", "/api/admin/settings"),
    ("POST", "/api/flow_runs/filter"),
    ("POST", "/api/deployments/filter"),
    ("POST", "/api/deployments/0/create_flow_run"),
    ("DELETE", "/api/deployments/0/schedules"),
    ("POST", "/api/deployments/"),
    ("POST", "/api/work_pools/"),
    ("POST", "/api/block_documents/filter"),
    ("POST", "/api/health"),
    ("GET", "/api/variables/name/x/../../../health"),
    ("GET", "/api//health"),
)


def test_nobody_without_the_password_gets_an_answer(server):
    assert answered(server, "/api/health") == 200
    for method, path in ATTACKS:
        for password in ("", "transit:", "guessed", "transit:guessed"):
            assert answered(server, path, method=method, password=password) in {401, 404, 405}, path
        if path.startswith("/api/admin"):
            assert answered(server, path, password=server.password) == 200
    assert socket_answer(server, "/api/events/in") == (101, 1008)
    assert socket_answer(server, "/api/logs/out") == (101, 1008)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_another_user_of_the_machine_finds_no_password(server):
    home = server.address_file.parent
    places = [
        f"/proc/{server.process}/environ",
        f"/proc/{os.getpid()}/environ",
        *map(str, [server.address_file, home / "server.log", home / "prefect.db", home]),
    ]

    def attack():
        found = []
        for place in map(Path, places):
            try:
                found.append(repr(list(place.iterdir()) if place == home else place.read_bytes()))
            except PermissionError:
                found.append("refused")
        found.append(Path(f"/proc/{server.process}/cmdline").read_text())
        return [*found, answered(server, "/api/deployments/", method="POST")]

    *refused, words, status = as_nobody(attack)
    assert refused == ["refused"] * len(places)
    assert "embedded_server" in words
    assert server.password not in words
    assert status == 401
    assert oct(server.address_file.stat().st_mode & 0o777) == "0o600"
    assert json.loads(server.address_file.read_text())["password"] == server.password


def test_a_page_of_another_site_reaches_nothing_though_its_reader_has_the_password(server):
    own, known = f"127.0.0.1:{server.port}", server.password
    path = "/api/admin/version"
    assert answered(server, path, password=known, Host=own, Origin=f"http://{own}") == 200
    for headers in (
        {"Host": "evil.example"},  # a name that was led to 127.0.0.1
        {"Host": f"evil.example:{server.port}"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ):
        assert answered(server, path, password=known, **headers) == 403, headers
        assert answered(server, "/", **headers) == 403, headers
    assert (
        answered(
            server,
            "/api/flow_runs/filter",
            method="OPTIONS",
            Origin="http://evil.example",
            Access_Control_Request_Method="POST",
        )
        == 403
    )
    assert socket_answer(server, "/api/events/in", Origin="http://evil.example") == (403, None)


def test_the_doctor_says_whether_a_server_asks_for_a_password(server, monkeypatch, tmp_path):
    folders = Folders(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", server.url)
    monkeypatch.setenv(embedded.CLIENT_PASSWORD, server.password)
    (good,) = examine_prefect(folders)
    assert good.level == "ok"
    monkeypatch.setenv(embedded.CLIENT_PASSWORD, "transit:guessed")
    (wrong,) = examine_prefect(folders)
    assert (wrong.level, "refuses the password" in wrong.what) == ("error", True)

    class Open(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'"3.8.8"')

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Open) as anybody:
        threading.Thread(target=anybody.serve_forever, daemon=True).start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{anybody.server_port}/api")
        found = list(examine_prefect(folders))
        anybody.shutdown()
    assert "without a password" in found[0].what
    assert found[0].level == "error"


def test_a_server_without_a_password_does_not_start(monkeypatch):
    monkeypatch.delenv(embedded.SERVER_PASSWORD, raising=False)
    monkeypatch.setattr("flows.runtime.embedded_server.end_with", lambda _parent: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit, match="no password"):
        embedded_server.serve(1, os.getpid())


def test_a_server_leaves_a_word_to_the_whole_group_to_its_run(server):
    """Ctrl-C and systemd tell every process: the run still has to say how it ended."""
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(server.process, number)
    time.sleep(1.0)
    assert alive(server.process)
    server.wait()
