"""Who is told of a failure and its repair, by webhook and mail, and never a secret."""

import json
import shutil
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from flows.operate.notify import notify
from flows.settings import NotifySettings
from tests.flows.conftest import with_settings
from tests.flows.faults import copy_of

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
    log = (folder / ".transit/logs/transit.jsonl").read_text("utf-8").splitlines()
    (error,) = (line for line in map(json.loads, log) if line["event"] == "error")
    assert error["code"]
    assert all(problem["code"] and problem["values"] for problem in error["problems"])
    settings.write_text(text.replace("max_age_days = 1", "max_age_days = 100"), encoding="utf-8")
    type(project)(folder).transit("run")
    assert [message["event"] for message in received] == ["failed", "recovered"]
    everything = b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file() and path != secret
    )
    assert b"hook-7f3a" not in everything


def test_mail_is_sent_and_what_fails_is_named_without_its_secret(mailbox, tmp_path):
    port, received = mailbox
    told = notify(
        NotifySettings(mail_to=("noc@example.net",), smtp_port=port),
        event="failed",
        title="t",
        text="why",
    )
    assert told == []
    assert "To: noc@example.net" in received[0]
    assert "why" in received[0]
    secret = tmp_path / "hook"
    secret.write_text("http://127.0.0.1:9/very-secret")
    (problem,) = notify(
        NotifySettings(webhook_url_file=secret), event="failed", title="t", text="x"
    )
    assert "webhook" in problem.where
    assert "very-secret" not in str(problem)


def test_prefect_mails_by_the_same_settings(mailbox):
    from flows.operate.automations import automations_of, mail_block, mail_url

    port, received = mailbox
    told = NotifySettings(
        mail_to=("noc@example.net", "boss@example.net"),
        smtp_port=port,
        mail_from="transit@example.net",
    )
    # In a thread of its own, as in a flow: where an event loop runs already (a browser of another
    # test), Prefect would only promise to send.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(
            mail_block(mail_url(told)).notify, "why", "transit: blue-fox is Failed"
        ).result()
    assert len(received) == 2, "one for each"
    for message, to in zip(received, told.mail_to, strict=True):
        assert "blue-fox is Failed" in message.replace("\r\n ", " ")
        assert to in message
        assert "transit@example.net" in message
    secret = NotifySettings(
        mail_to=("a@b",),
        smtp_user="me@b",
        smtp_security="starttls",
        smtp_host="mail.b",
        smtp_port=587,
    )
    assert mail_url(secret).startswith("mailtos://me%40b:@mail.b:587/a%40b?")
    assert mail_url(NotifySettings()) == ""
    first, second = uuid4(), uuid4()
    assert all(
        [action.block_document_id for action in made.actions] == [first, second]
        for made in automations_of([first, second], 6)
    )
