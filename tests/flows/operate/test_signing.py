"""The hashes of what is published are signed by one key, and any change to list or signature
shows.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from flows.operate.manifest import (
    NAME,
    damaged,
    is_signed,
    public_of,
    read_manifest,
    sign,
    unsigned,
    write_manifest,
)
from warehouse.errors import SettingsError


def private_key() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )


@pytest.fixture
def edition(tmp_path: Path) -> tuple[Path, str]:
    (tmp_path / "a.html").write_text("<p>")
    (tmp_path / "b.duckdb").write_bytes(bytes(100))
    key = private_key()
    write_manifest(tmp_path, list(tmp_path.glob("*.*")))
    sign(tmp_path, "")
    assert not is_signed(tmp_path)
    sign(tmp_path, key)
    sign(tmp_path, key)
    return tmp_path, public_of(key)


def test_what_was_signed_is_known_to_be(edition):
    folder, public = edition
    assert len(read_manifest(folder)) == 2
    assert damaged(folder) == (2, [])
    assert unsigned(folder, public) == []


@pytest.mark.parametrize("change", ["list", "signature", "removed", "stranger"])
def test_any_change_shows(edition, change):
    folder, public = edition
    manifest = folder / NAME
    text = manifest.read_text()
    if change == "list":
        (folder / "a.html").write_text("forged")
        write_manifest(folder, [folder / "a.html", folder / "b.duckdb"])
        manifest.write_text(manifest.read_text() + text.splitlines()[-1] + "\n")
        assert damaged(folder) == (2, [])
    elif change == "signature":
        manifest.write_text(text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:])
    elif change == "removed":
        manifest.write_text("".join(text.splitlines(keepends=True)[:-1]))
    else:
        public = public_of(private_key())
    (problem,) = unsigned(folder, public)
    assert "signed" in problem.what


def test_a_key_of_another_kind_is_refused_without_showing_it(tmp_path):
    rsa = (
        generate_private_key(65537, 2048)
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )
    for key in (rsa, "nonsense"):
        with pytest.raises(SettingsError) as refused:
            write_manifest(tmp_path, [], signing_key=key)
        assert key[30:60] not in str(refused.value) or key == "nonsense"
    assert not (tmp_path / NAME).exists()


@pytest.mark.skipif(
    not shutil.which("sha256sum") or not shutil.which("openssl"),
    reason="needs sha256sum and openssl",
)
def test_tools_of_any_machine_can_check_it(edition):
    folder, public = edition
    subprocess.run(
        ["sha256sum", "--check", "--strict", NAME], cwd=folder, check=True, capture_output=True
    )
    (folder / "key.pub").write_text(public)
    command = (
        f"grep -v '^# ed25519' {NAME} > list && grep '^# ed25519' {NAME} | cut -d' ' -f3 | "
        "base64 -d > signature"
        " && openssl pkeyutl -verify -pubin -inkey key.pub -rawin -in list -sigfile signature"
    )
    subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True)
