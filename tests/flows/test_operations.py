"""What keeps a project running: records, notices, the doctor, backups, hashes, a second run at once."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest

from flows import embedded
from flows.embedded import EmbeddedServer
from flows.job import is_interrupt
from flows.notify import notify
from flows.retention import prune_prefect, prune_reports
from flows.settings import NotifySettings, ScheduleSettings, Settings
from flows.state import State, begun, ended, read_state, write_state
from flows.watch import metrics_text, overdue
from tests.flows.faults import children_of, copy_of, environment, outlived_by
from warehouse.lock import WriterLock

pytestmark = pytest.mark.xdist_group("project")


@pytest.fixture
def webhook():
    """A real server on loopback; what it was sent."""
    received = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook-7f3a", received
    server.shutdown()


@pytest.fixture
def mailbox():
    """A mail server on loopback that speaks as much SMTP as a sender needs; what it was sent."""
    received = []
    listener = socket.create_server(("127.0.0.1", 0))

    def talk():
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as wire:

            def say(text):
                wire.write(text.encode() + b"\r\n")
                wire.flush()

            say("220 here")
            for line in wire:
                word = line.split()[0].upper()
                if word == b"DATA":
                    say("354 go on")
                    received.append(b"".join(iter(wire.readline, b".\r\n")).decode())
                    say("250 kept")
                elif word == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    threading.Thread(target=talk, daemon=True).start()
    yield listener.getsockname()[1], received
    listener.close()


def with_settings(folder: Path, text: str) -> None:
    path = folder / "transit.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


def test_every_step_leaves_a_record(project):
    told = project.transit(
        "query", "from mart.step_history order by started_at", "--format", "json", "--max-rows", "5000"
    )
    steps = json.loads(told.stdout)
    first = [step for step in steps if step["job_id"] == steps[0]["job_id"]]
    assert [step["step"] for step in first][:4] == ["load", "forecast", "plan", "report"]
    assert first[0]["rows_in"] == 2 * 24 * 914
    assert all(step["seconds"] > 0 and step["peak_mb"] > 50 for step in first)
    log = (project.folder / ".transit" / "logs" / "transit.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line)["event"] for line in log]
    assert "job ended" in events
    assert events.count("step ended") >= 5
    assert (project.folder / ".transit").stat().st_mode & 0o077 == 0


def test_a_refused_run_is_told_and_its_repair_too(project, tmp_path, webhook):
    url, received = webhook
    folder = copy_of(project.folder, tmp_path / "mine")
    shutil.copytree(project.folder / ".transit", folder / ".transit")
    secret = folder / "hook"
    secret.write_text(url)
    with_settings(folder, '[notify]\nwebhook_url_file = "hook"\n[gates]\nmax_age_days = 1')
    settings = folder / "transit.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("today = 2026-11-22", "today = 2027-03-01"), encoding="utf-8")
    refused = type(project)(folder).transit("run", check=False)
    assert refused.returncode == 1
    assert [message["event"] for message in received] == ["failed"]
    assert "max_age_days" in received[0]["text"]
    assert "The last edition stays" in received[0]["text"]
    settings.write_text(text.replace("max_age_days = 1", "max_age_days = 100"), encoding="utf-8")
    type(project)(folder).transit("run")
    assert [message["event"] for message in received] == ["failed", "recovered"]
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path != secret)
    assert b"hook-7f3a" not in everything


def test_an_accepted_gate_is_kept_with_the_run(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    shutil.copytree(project.folder / ".transit", folder / ".transit")
    settings = folder / "transit.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("today = 2026-11-22", "today = 2027-06-01"), encoding="utf-8")
    mine = type(project)(folder)
    mine.transit("run", "--accept", "the exchange was closed")
    told = mine.transit(
        "query", "select settings from mart.run_history where settings like '%accepted%'", "--format", "json"
    )
    (kept,) = json.loads(told.stdout)
    accepted = json.loads(kept["settings"])["accepted"]
    assert accepted["why"] == "the exchange was closed"
    assert "max_age_days" in accepted["gates"][0]
    for page in ("index", "assumptions"):
        assert "the exchange was closed" in (folder / "reports/latest/en" / f"{page}.html").read_text(encoding="utf-8")


def test_mail_is_sent_and_what_fails_is_named_without_its_secret(mailbox, tmp_path):
    port, received = mailbox
    told = notify(NotifySettings(mail_to=("noc@example.net",), smtp_port=port), event="failed", title="t", text="why")
    assert told == []
    assert "To: noc@example.net" in received[0]
    assert "why" in received[0]
    secret = tmp_path / "hook"
    secret.write_text("http://127.0.0.1:9/very-secret")
    (problem,) = notify(NotifySettings(webhook_url_file=secret), event="failed", title="t", text="x")
    assert "webhook" in problem.where
    assert "very-secret" not in str(problem)


def test_prefect_mails_by_the_same_settings(mailbox):
    from flows.automations import automations_of, mail_block, mail_url

    port, received = mailbox
    told = NotifySettings(
        mail_to=("noc@example.net", "boss@example.net"), smtp_port=port, mail_from="transit@example.net"
    )
    # In a thread of its own, as in a flow: where an event loop runs already (a browser of another test), Prefect would only promise to send.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(mail_block(mail_url(told)).notify, "why", "transit: blue-fox is Failed").result()
    assert len(received) == 2, "one for each"
    for message, to in zip(received, told.mail_to, strict=True):
        assert "blue-fox is Failed" in message.replace("\r\n ", " ")
        assert to in message
        assert "transit@example.net" in message
    secret = NotifySettings(
        mail_to=("a@b",), smtp_user="me@b", smtp_security="starttls", smtp_host="mail.b", smtp_port=587
    )
    assert mail_url(secret).startswith("mailtos://me%40b:@mail.b:587/a%40b?")
    assert mail_url(NotifySettings()) == ""
    first, second = uuid4(), uuid4()
    assert all(
        [one.block_document_id for one in made.actions] == [first, second]
        for made in automations_of([first, second], 6)
    )


def test_a_second_run_at_once_is_turned_away_by_name(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit").mkdir()
    holder = "import sys\nfrom pathlib import Path\nfrom warehouse.lock import WriterLock\nwith WriterLock(Path('.transit/run')):\n    print('held', flush=True)\n    sys.stdin.readline()\n"
    with subprocess.Popen([sys.executable, "-c", holder], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()) as first:  # fmt: skip
        assert first.stdout is not None
        assert first.stdin is not None
        first.stdout.readline()
        second = type(project)(folder).transit("run", check=False)
        first.stdin.write("\n")
    assert second.returncode == 1
    assert "another run is at work here" in second.stderr
    assert f"process {first.pid}" in second.stderr
    assert not (folder / ".transit" / "transit.duckdb").exists()


def test_a_run_that_is_told_to_stop_stops_and_says_so(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    log = folder / ".transit" / "logs" / "transit.jsonl"
    run = subprocess.Popen([sys.executable, "-m", "flows.cli", "run"], cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True)  # fmt: skip
    deadline = time.monotonic() + 200
    while not (log.exists() and "step started" in log.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = children_of(run.pid)
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Stopped. What was finished is kept" in said
    assert "Traceback" not in said
    assert not outlived_by(children)
    assert read_state(folder / ".transit").last_problem.startswith("stopped by")


def test_a_query_stopped_in_its_midst_is_a_stop_and_no_failure():
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            with pytest.raises(BaseException, match=r"^(Query interrupted|.*Interrupted!|)$") as raised:
                connection.execute("select sum(hash(a.range + b.range)) from range(200_000) a, range(200_000) b")
        finally:
            signal.signal(signal.SIGALRM, before)
    assert is_interrupt(raised.value)
    assert not is_interrupt(RuntimeError("out of luck"))


def test_a_clock_that_went_back_is_named_before_anything_is_done(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit").mkdir()
    tomorrow = ended(begun(State(), time.time()), time.time() + 86400, outcome="done", problem="", rows=1)
    write_state(folder / ".transit", tomorrow)
    mine = type(project)(folder)
    refused = mine.transit("load", check=False)
    assert refused.returncode == 1
    assert "the clock went back" in refused.stderr
    assert "hours before the last run here" in refused.stderr
    assert not (folder / ".transit" / "transit.duckdb").exists()
    write_state(folder / ".transit", replace(tomorrow, last_end=time.time() + 60))
    assert mine.transit("load").returncode == 0


def test_a_backup_comes_back_and_a_damaged_one_does_not(project, tmp_path):
    file = tmp_path / "backup.tar"
    project.transit("backup", str(file))
    assert project.transit("backup", str(file), check=False).returncode == 1
    folder = copy_of(project.folder, tmp_path / "new")
    new = type(project)(folder)
    new.transit("restore", str(file))
    assert new.transit("restore", str(file), check=False).returncode == 1
    new.transit("publish")
    query = "select run_id from mart.run_history order by 1"
    assert new.transit("query", query).stdout == project.transit("query", query).stdout
    damaged = tmp_path / "damaged.tar"
    with tarfile.open(file) as old, tarfile.open(damaged, "w") as archive:
        for member in old.getmembers():
            data = old.extractfile(member)
            archive.addfile(member, data if member.name != "settings/transit.toml" else _zeros(member.size))
    refused = new.transit("restore", str(damaged), "--replace", check=False)
    assert refused.returncode == 1
    assert "the backup is damaged" in refused.stderr
    assert new.transit("query", query).stdout == project.transit("query", query).stdout


def _zeros(size: int):
    import io

    return io.BytesIO(bytes(size))


def test_verify_finds_one_changed_byte(project, tmp_path):
    assert project.transit("verify").returncode == 0
    copy = tmp_path / "copy"
    shutil.copytree(project.folder / "published", copy / "published", symlinks=True)
    shutil.copyfile(project.folder / "transit.toml", copy / "transit.toml")
    edition = (copy / "published" / "transit.duckdb").resolve()
    edition.chmod(0o644)
    with edition.open("r+b") as file:
        file.seek(5000)
        file.write(b"!")
    told = type(project)(copy).transit("verify", check=False)
    assert told.returncode == 1
    assert "differs from what was published" in told.stdout


def test_the_doctor_names_what_is_wrong_and_what_to_do(project, tmp_path):
    well = project.transit("doctor", check=False)
    assert "ok       clock" in well.stdout
    assert "versions" in well.stdout
    ill = copy_of(project.folder, tmp_path / "ill")
    (ill / ".transit" / "prefect").mkdir(parents=True)
    (ill / ".transit" / "prefect" / "prefect.db").write_bytes(os.urandom(9000))
    with_settings(ill, "[rum]\nx = 1")
    told = type(project)(ill).transit("doctor", check=False)
    assert told.returncode == 1
    assert "did you mean run?" in told.stdout
    assert "it holds no results" in told.stdout


def test_the_doctor_sees_settings_that_only_a_run_or_the_schedule_would_stumble_over(project, tmp_path):
    ill = copy_of(project.folder, tmp_path / "ill")
    settings = ill / "transit.toml"
    text = settings.read_text(encoding="utf-8").replace('cron = "15 4 * * *"', 'cron = "61 4 * * *"')
    settings.write_text(f"{text}runner = 'dask'\ndask_address = 'tcp://127.0.0.1:1'\n", encoding="utf-8")
    told = type(project)(ill).transit("doctor", check=False)
    assert told.returncode == 1
    assert 'Invalid cron string: "61 4 * * *"' in told.stdout
    assert "dask_address tcp://127.0.0.1:1 can't be reached" in told.stdout or "Dask is not installed" in told.stdout
    settings.write_text(f"{text}workers = 5000\n", encoding="utf-8")
    assert "workers is 5000, and this machine has" in type(project)(ill).transit("doctor", check=False).stdout
    settings.write_text(f"{text}workers = 'two'\n", encoding="utf-8")
    assert f"1 problem in {settings}" in type(project)(ill).transit("run", check=False).stderr


def test_a_damaged_working_database_is_named_with_what_to_do_and_goes_nowhere(project, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(project.folder, folder, symlinks=True)
    mine, database = type(project)(folder), folder / ".transit" / "transit.duckdb"
    assert "as it was written" in mine.transit("doctor", check=False).stdout
    size = database.stat().st_size
    with database.open("r+b") as file:
        for at in range(3 * 4096 + 100, size, 1 << 18):
            file.seek(at)
            file.write(b"damaged!")
    for command in (("doctor",), ("run", "--force"), ("check",), ("backup", str(tmp_path / "backup.tar")), ("publish",)):  # fmt: skip
        told = mine.transit(*command, check=False)
        assert told.returncode == 1, command
        assert "transit restore" in told.stdout + told.stderr, command
        assert "Traceback" not in told.stderr, command
    assert not (tmp_path / "backup.tar").exists()
    assert mine.transit("verify").returncode == 0
    assert mine.transit("query", "from mart.order_plan").returncode == 0


def test_a_folder_is_served_once(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit").mkdir()
    lock = WriterLock(folder / ".transit" / "serve")
    with lock:
        second = type(project)(folder).transit("serve", check=False)
    assert second.returncode == 1
    assert "another `transit serve` has this folder" in second.stderr
    assert f"process {os.getpid()}" in second.stderr


def test_a_full_disk_is_named_before_prefect_stumbles_over_it(monkeypatch, tmp_path):
    monkeypatch.setattr("flows.embedded.LEAST_FREE_BYTES", float("inf"))
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


def test_serve_runs_by_its_schedule_shows_metrics_and_leaves_nothing_behind(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    settings = folder / "transit.toml"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('cron = "15 4 * * *"', f'cron = "* * * * *"\nmetrics_port = {port}'), encoding="utf-8"
    )
    serving = subprocess.Popen([sys.executable, "-m", "flows.cli", "serve"], cwd=folder, env=environment(), stderr=subprocess.PIPE)  # fmt: skip
    try:
        deadline = time.monotonic() + 200
        while not read_state(folder / ".transit").jobs and time.monotonic() < deadline:
            assert serving.poll() is None, serving.stderr.read().decode()
            time.sleep(0.5)
        state = read_state(folder / ".transit")
        assert (state.jobs, state.last_outcome) == (1, "done"), state
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert b"transit_jobs_total 1" in answer.read()
        children = children_of(serving.pid)
        assert children
    finally:
        serving.send_signal(signal.SIGTERM)
        _, told = serving.communicate(timeout=60)
    assert serving.returncode == 0, told.decode()
    assert "Traceback" not in told.decode()
    assert outlived_by(children) == []
    assert (folder / "published" / "transit.duckdb").exists()


def test_stuck_and_late_runs_are_noticed(tmp_path):
    settings = Settings(
        folders=None, data=tmp_path, schedule=ScheduleSettings(stuck_after_hours=6, late_after_hours=48)
    )  # type: ignore[arg-type]
    hour = 3600.0
    working = begun(State(last_success=1000 * hour), 1000 * hour)
    assert overdue(working, settings, now=1005 * hour, serving_since=0) == {}
    assert set(overdue(working, settings, now=1007 * hour, serving_since=0)) == {"stuck"}
    killed = replace(working, running_process=2**22 + 1)
    assert overdue(killed, settings, now=1007 * hour, serving_since=0) == {}
    done = ended(working, 1001 * hour, outcome="done", problem="", rows=5)
    assert overdue(done, settings, now=1048 * hour, serving_since=0) == {}
    assert set(overdue(done, settings, now=1050 * hour, serving_since=0)) == {"late"}
    assert overdue(done, settings, now=1050 * hour, serving_since=1049 * hour) == {}


def test_state_counts_failures_and_survives_nonsense(tmp_path):
    state = State()
    for outcome in ("failed", "failed", "done", "failed"):
        state = ended(begun(state, 10.0), 12.0, outcome=outcome, problem="", rows=1)
    assert (state.jobs, state.jobs_failed, state.failures_in_a_row, state.rows_read) == (4, 3, 1, 4)
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
    assert "transit_failures_in_a_row 1\n" in metrics_text(tmp_path, now=20, serving_since=10)
    (tmp_path / "state.json").write_text("{nonsense", encoding="utf-8")
    assert read_state(tmp_path) == State()


def test_old_reports_go_and_the_newest_stays(tmp_path):
    for position in range(5):
        edition = tmp_path / f"run-{position}"
        edition.mkdir()
        (edition / "edition.json").write_text("{}", encoding="utf-8")
        os.utime(edition / "edition.json", (position, position))
    (tmp_path / "latest").symlink_to("run-0")
    prune_reports(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "run-0", "run-3", "run-4"]


def test_old_flow_runs_leave_prefect_s_database(project, tmp_path):
    home = tmp_path / "prefect"
    shutil.copytree(project.folder / ".transit" / "prefect", home)

    def count(table: str) -> int:
        with closing(sqlite3.connect(home / "prefect.db")) as database:
            return int(database.execute(f"select count(*) from {table}").fetchone()[0])

    before, tasks = count("flow_run"), count("task_run")
    assert before >= 2
    assert prune_prefect(home, 30) == 0
    assert prune_prefect(home, 30, keep=0) == before - 1
    assert count("flow_run") == 1
    assert count("task_run") < tasks
    assert prune_prefect(tmp_path / "nowhere", 30) == 0


def test_a_server_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded, "REACH_SECONDS", 0.0)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setattr(embedded, "prepare_environment", lambda _home: None)
    with pytest.raises(embedded.PrefectError, match="can't be reached"), embedded.prefect_api(tmp_path):
        pytest.fail("a run must not begin")
