"""A secret in a Secret block of a real Prefect server is found under its variable's name, and lies
nowhere in the open.
"""

import subprocess
import sys
from pathlib import Path

from tests.flows.faults import environment

SCRIPT = """
import sys
from pathlib import Path
from flows.runtime import embedded

with embedded.prefect_api(Path("prefect")) as server:
    server.wait()
    from prefect.blocks.system import Secret
    from flows.operate.secrets import stated
    if sys.argv[1] == "keep":
        Secret(value="hush-hush").save("transit-webhook-url")
    print("webhook:", stated("TRANSIT_WEBHOOK_URL"))
    print("password:", stated("TRANSIT_SMTP_PASSWORD") or "none")
"""


def ask(folder: Path, what: str, **variables: str) -> list[str]:
    (folder / "ask.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "ask.py", what],
        cwd=folder,
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-2:]


def test_a_secret_block_is_read_in_this_start_and_the_next_and_the_environment_goes_before(
    tmp_path,
):
    assert ask(tmp_path, "keep") == ["webhook: hush-hush", "password: none"]
    again = ask(tmp_path, "read", TRANSIT_SMTP_PASSWORD="of the environment")
    assert again == ["webhook: hush-hush", "password: of the environment"]
    kept = [
        path
        for path in (tmp_path / "prefect").rglob("*")
        if path.is_file() and b"hush-hush" in path.read_bytes()
    ]
    assert kept == [], "the server keeps it encrypted, its log without it"
