"""`python -m tests.benchmarks.container [FOLDER]`: builds Dockerfile and lives compose.yaml without
a container engine's daemon, registry or network.

Needs root, and buildah, debootstrap and postgresql from Debian. Debian's Python stands for the base
image, which a registry would give; the services run with the very commands of compose.yaml on this
machine's network, PostgreSQL is Debian's. In FOLDER (a new one) the images stay, so that a second
call builds nothing. What pip needs to reach its index from inside (its settings, certificates) is
named in TRANSIT_BUILD_FILES, places with colons between.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tests.flows.conftest import make_project

ROOT = Path(__file__).parents[2]
BASE, IMAGE, USER_ID = "docker.io/library/python:3.11-slim", "localhost/transit-forecast", 10001
COPIED = (
    "Dockerfile",
    "requirements.lock",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "flows",
    "forecasting",
    "warehouse",
    "dashboards",
)
SHOWN = [place for place in os.environ.get("TRANSIT_BUILD_FILES", "").split(os.pathsep) if place]
"""Files and folders the build is shown and keeps nothing of: pip's settings, certificates."""
POSTGRES = next(
    iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("missing")
)
BEGAN = time.monotonic()


def say(text: str) -> None:
    print(f"{time.monotonic() - BEGAN:6.0f} s  {text}", flush=True)


def buildah(home: Path, *words: str) -> list[str]:
    return [
        "buildah",
        "--storage-driver",
        "vfs",
        "--root",
        str(home / "images"),
        "--runroot",
        str(home / "run"),
        *words,
    ]


def called(*command: str | Path, folder: Path | None = None) -> str:
    return subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, cwd=folder
    ).stdout.strip()


def base_image(home: Path) -> None:
    system = home / "debian"
    called(
        "debootstrap",
        "--variant=minbase",
        "--include=python3,python3-venv,ca-certificates",
        "bookworm",
        system,
    )
    (system / "usr/bin/python").symlink_to("python3")
    made = called(*buildah(home, "from", "scratch"))
    called(*buildah(home, "add", "-q", made, str(system), "/"))
    called(*buildah(home, "commit", "-q", made, BASE))
    shutil.rmtree(system)


def image(home: Path) -> None:
    context = home / "context"
    context.mkdir()
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(
            ROOT / name, context / name
        )
    shown = [f"--volume={place}:{place}:ro" for place in SHOWN]
    called(
        *buildah(
            home,
            "bud",
            "--quiet",
            "--isolation",
            "chroot",
            "--pull-never",
            *shown,
            "-t",
            IMAGE,
            str(context),
        )
    )


class Container:
    """One of the image; its project's folder is this machine's."""

    def __init__(self, home: Path, service: Mapping[str, object], volumes: Sequence[str]) -> None:
        self.home, self.service = home, service
        self.name = called(*buildah(home, "from", "--pull-never", IMAGE))
        stated = service["environment"]
        assert isinstance(stated, dict)
        given = [
            f"--env={name}={str(value).replace('http://server', 'http://127.0.0.1')}"
            for name, value in stated.items()
        ]
        self.options = [
            "--isolation",
            "chroot",
            *given,
            *(f"--volume={volume}" for volume in volumes),
        ]

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        # Compose writes $$ for $, and its own network has no other machines on it.
        words = [word.replace("$$", "$").replace("0.0.0.0", "127.0.0.1") for word in command]
        log = (self.home / f"{self.name}.log").open("ab")
        return subprocess.Popen(
            buildah(self.home, "run", *self.options, self.name, "--", *words),
            stdout=log,
            stderr=log,
        )

    def until(self, process: subprocess.Popen[bytes], *command: str) -> None:
        while self.start(*command).wait():
            assert process.poll() is None, f"the service ended; see {self.home}"
            time.sleep(3)


def live(home: Path) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    place = Path(tempfile.mkdtemp(prefix="lived-", dir=home))
    place.chmod(0o755)
    project = make_project(place / "project").folder
    for path in [project, *project.rglob("*")]:
        os.chown(path, USER_ID, USER_ID)
    (place / "secrets").mkdir()
    (place / "secrets" / "prefect_database").write_text(
        "postgresql+asyncpg://prefect:pw@127.0.0.1:55432/prefect"
    )
    (place / "secrets" / "prefect_password").write_text("transit:of-this-trial")
    cluster = place / "postgres"
    cluster.mkdir()
    shutil.chown(cluster, "postgres")

    def postgres(name: str, *words: str | Path) -> str:
        return called(
            "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            POSTGRES / name,
            *words,
            folder=Path("/"),
        )

    postgres("initdb", "-D", cluster, "-A", "trust")
    postgres(
        "pg_ctl",
        "-D",
        cluster,
        "-w",
        "-l",
        cluster / "log",
        "-o",
        f"-p 55432 -c listen_addresses=127.0.0.1 -k {cluster}",
        "start",
    )
    running: list[subprocess.Popen[bytes]] = []
    try:
        at = ("-h", "127.0.0.1", "-p", "55432")
        postgres("psql", *at, "-d", "postgres", "-c", "create role prefect login password 'pw'")
        postgres("createdb", *at, "-O", "prefect", "prefect")
        server = Container(home, services["server"], [f"{place / 'secrets'}:/run/secrets:ro"])
        running.append(server.start(*services["server"]["command"]))
        server.until(running[0], *services["server"]["healthcheck"]["test"][1:])
        say("the server is healthy, its database in PostgreSQL")
        worker = Container(
            home,
            services["worker"],
            [f"{project}:/project:rw", f"{place / 'secrets'}:/run/secrets:ro"],
        )
        running.append(worker.start(*services["worker"]["command"]))
        worker.options.append("--env=PREFECT_API_AUTH_STRING=transit:of-this-trial")
        worker.until(running[1], "prefect", "deployment", "inspect", "transit/monthly-edition")
        say("the worker has deployed")
        code = worker.start(
            "prefect", "deployment", "run", "transit/monthly-edition", "--watch"
        ).wait()
        say(f"the monthly edition was run by the worker (exit code {code})")
        assert worker.start("transit", "verify").wait() == code == 0
        states = postgres(
            "psql",
            *at,
            "-U",
            "prefect",
            "-d",
            "prefect",
            "-Atc",
            "select state_type from flow_run where state_type <> 'SCHEDULED'",
        )
        assert "COMPLETED" in states
        say("what it published is as it was published; PostgreSQL knows of the run")
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()
        postgres("pg_ctl", "-D", cluster, "-m", "fast", "stop")


def main(home: Path) -> None:
    known = called(*buildah(home, "images", "--format", "{{.Name}}:{{.Tag}}")).split()
    if BASE not in known:
        base_image(home)
        say("Debian's Python stands for the base image")
    if f"{IMAGE}:latest" not in known:
        image(home)
        say("the image is built")
    live(home)


if __name__ == "__main__":
    main(
        Path(sys.argv[1])
        if len(sys.argv) > 1
        else Path(tempfile.mkdtemp(prefix="transit-container-"))
    )
