"""Secrets, from files, the environment or Prefect's Secret blocks, and what else a source needs
from outside of its settings.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from flows.settings import Settings
from warehouse.errors import Problem, SourceError
from warehouse.sources.servers.answers import Secrets, ServerSpec
from warehouse.sources.servers.pages import PagedSpec
from warehouse.sources.spec import FILE_SETTINGS, SourceSpec

BLOCK_SECONDS = 5.0


def placed(settings: Settings, source: SourceSpec) -> SourceSpec:
    """The source with its tables looked for in the folder of data, and its secrets and certificates
    beside the settings file.
    """
    data = {
        key: str(settings.data / name)
        for key in FILE_SETTINGS
        if (name := getattr(source, key, ""))
    }
    kept = {
        key: str(settings.folders.base / name)
        for key in ("token_file", "password_file", "ca_file")
        if (name := getattr(source, key, ""))
    }
    return replace(source, **data, **kept)  # type: ignore[arg-type]


def secrets_of(source: PagedSpec) -> Secrets:
    """From token_file and password_file, else TRANSIT_<NAME>_TOKEN and TRANSIT_<NAME>_PASSWORD,
    variables or Secret blocks.
    """
    name = re.sub(r"\W", "_", source.name).upper()
    token_file = source.token_file if isinstance(source, ServerSpec) else ""
    may_have_token = isinstance(source, ServerSpec) and not source.user
    return Secrets(
        token=_read(source.name, token_file)
        or (stated(f"TRANSIT_{name}_TOKEN") if may_have_token else ""),
        password=_read(source.name, source.password_file)
        or (stated(f"TRANSIT_{name}_PASSWORD") if source.user else ""),
    )


def signing_key(settings: Settings) -> str:
    """The text of the private key of [run] signing_key_file, else TRANSIT_SIGNING_KEY; empty:
    nothing is signed.
    """
    file = settings.run.signing_key_file
    return file.read_text(encoding="utf-8") if file else stated("TRANSIT_SIGNING_KEY")


def stated(variable: str) -> str:
    """The environment's variable, else the Secret block of its name, transit-webhook-url for
    TRANSIT_WEBHOOK_URL; empty: neither.

    Blocks are looked up on the Prefect server in use, and only while there is one.
    """
    value = os.environ.get(variable, "")
    if value or not os.environ.get("PREFECT_API_URL"):
        return value
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    try:
        with get_client(sync_client=True, httpx_settings={"timeout": BLOCK_SECONDS}) as client:
            document = client.read_block_document_by_name(
                variable.lower().replace("_", "-"), "secret"
            )
    except (ObjectNotFound, httpx.HTTPError):
        return ""
    return str(document.data.get("value", ""))


def _read(source: str, name: str) -> str:
    if not name:
        return ""
    try:
        return Path(name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            "a secret can't be read",
            [Problem(f"{source}, {name}", type(error).__name__)],
            "Check that the file is there and may be read.",
        ) from None
