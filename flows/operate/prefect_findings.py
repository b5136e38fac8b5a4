"""What the doctor sees of Prefect: whether its server answers, and whom; whether its own database
is sound.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing

from flows.folders import Folders
from flows.operate.findings import Finding, holder_of, size_of
from flows.runtime.embedded import ADDRESS_FILE, CLIENT_PASSWORD, SERVER_PASSWORD

OPEN_REMEDY = (
    f"Start it with {SERVER_PASSWORD}=user:password, and set {CLIENT_PASSWORD} to the same here."
)


def examine_prefect(folders: Folders) -> Iterator[Finding]:
    url = os.environ.get("PREFECT_API_URL")
    if url:
        yield from _server(url.rstrip("/"))
        return
    serving = folders.prefect_home / ADDRESS_FILE
    if serving.exists() and holder_of(
        folders.serve_lock.with_name(folders.serve_lock.name + ".lock")
    ):
        address = json.loads(serving.read_text(encoding="utf-8"))["url"]
        if _is_open(address):
            yield Finding("error", "prefect", f"{address} is open", OPEN_REMEDY)
        else:
            yield Finding("ok", "prefect", f"{address} of `transit serve` asks for its password")
    database = folders.prefect_home / "prefect.db"
    if not database.exists():
        yield Finding("ok", "prefect", "embedded; its database is made by the first run")
        return
    try:
        with closing(
            sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=2)
        ) as connection:
            sound = connection.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        sound = str(error)
    if sound == "ok":
        yield Finding(
            "ok", "prefect", f"embedded; its database is sound, {size_of(database) / 1e6:.0f} MB"
        )
    else:
        yield Finding(
            "error",
            "prefect",
            f"{database} is damaged: {sound}",
            f"Move {folders.prefect_home} away; it holds no results. The next run makes it anew.",
        )


def _server(url: str) -> Iterator[Finding]:
    """The server of PREFECT_API_URL, and whether it answers anybody."""
    try:
        if _is_open(url):
            yield Finding(
                "error",
                "prefect",
                f"{url} answers without a password: whoever reaches it can start runs, and programs"
                " of their own as the worker's user",
                OPEN_REMEDY,
            )
        password = os.environ.get(CLIENT_PASSWORD, "")
        with urllib.request.urlopen(_asking(url, password), timeout=5) as answer:
            yield Finding("ok", "prefect", f"{url} answers, version {json.load(answer)}")
    except urllib.error.HTTPError as error:
        refused = error.code in {401, 403}
        yield Finding(
            "error",
            "prefect",
            f"{url} refuses the password of {CLIENT_PASSWORD}" if refused else f"{url}: {error}",
            f"Set {CLIENT_PASSWORD} to what the server was given as {SERVER_PASSWORD}."
            if refused
            else "Read that server's log.",
        )
    except (OSError, ValueError) as error:
        yield Finding(
            "error",
            "prefect",
            f"PREFECT_API_URL {url} can't be reached: {error}",
            "Start that server, fix the address, or unset PREFECT_API_URL to run without it.",
        )


def _is_open(url: str) -> bool:
    try:
        with urllib.request.urlopen(_asking(url, ""), timeout=5):
            return True
    except urllib.error.HTTPError as error:
        if error.code in {401, 403}:
            return False
        raise


def _asking(url: str, password: str) -> urllib.request.Request:
    asking = urllib.request.Request(f"{url}/admin/version")
    if password:
        token = base64.b64encode(password.encode()).decode()
        asking.add_header("Authorization", f"Basic {token}")
    return asking
