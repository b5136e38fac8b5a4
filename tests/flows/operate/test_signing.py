"""The hashes of what is published are signed by one key, and any change to list or signature
shows.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from flows.operate.manifest import (
    NAME,
    Manifest,
    hash_files,
    parse_manifest,
    problems_of,
    read_manifest,
    write_manifest,
)
from flows.operate.signing import public_of
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
    links = {"latest": "a.html"}
    (tmp_path / "latest").symlink_to("a.html")
    manifest = Manifest(hash_files(tmp_path), "here", "2026-10", 3, links)
    write_manifest(tmp_path / NAME, manifest, key)
    return tmp_path, public_of(key)


def test_what_was_signed_is_known_to_be(edition):
    folder, public = edition
    manifest = read_manifest(folder)
    assert {*manifest.files} == {"a.html", "b.duckdb"}
    assert (manifest.name, manifest.edition, manifest.sequence) == ("here", "2026-10", 3)
    assert problems_of(folder, "here", public_key=public) == []
    (problem,) = problems_of(folder, "elsewhere", public_key=public)
    assert problem.what == "is the list of here, not of elsewhere"


@pytest.mark.parametrize(
    "change",
    [
        *("list", "signature", "removed", "stranger", "name here", "edition 2026-10"),
        *("sequence 3", "link latest -> a.html"),
    ],
)
def test_any_change_shows(edition, change):
    folder, public = edition
    manifest = folder / NAME
    text = manifest.read_text()
    if change == "list":
        (folder / "a.html").write_text("forged")
        old = read_manifest(folder)
        write_manifest(manifest, replace(old, files={**old.files, **hash_files(folder)}))
        manifest.write_text(manifest.read_text() + text.splitlines()[-1] + "\n")
        assert problems_of(folder, "here") == []
    elif change in ("name here", "edition 2026-10", "sequence 3", "link latest -> a.html"):
        manifest.write_text(text.replace(f"# {change}\n", f"# {change[:-1]}4\n"))
        assert manifest.read_text() != text
    elif change == "signature":
        manifest.write_text(text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:])
    elif change == "removed":
        manifest.write_text("".join(text.splitlines(keepends=True)[:-1]))
    else:
        public = public_of(private_key())
    problem = problems_of(folder, "here", public_key=public)[0]
    assert "signed" in problem.what


def test_a_key_of_another_kind_is_refused_without_showing_it(tmp_path):
    rsa = (
        generate_private_key(65537, 2048)
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )
    for key in (rsa, "nonsense"):
        with pytest.raises(SettingsError) as refused:
            write_manifest(tmp_path / NAME, Manifest({}), key)
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


def test_lists_of_earlier_versions_are_read_and_state_no_name(tmp_path):
    (tmp_path / "b-c").mkdir()
    (tmp_path / "b").mkdir()
    for name in ("b-c/x", "b/x"):
        (tmp_path / name).write_text(name)
    lines = [f"{digest}  {name}\n" for name, digest in sorted(hash_files(tmp_path).items())]
    by_path = "".join(sorted(lines, key=lambda line: line.split("  ")[1].split("/")))
    assert parse_manifest(by_path).listed == by_path
    (tmp_path / NAME).write_text(by_path)
    (problem,) = problems_of(tmp_path, "reports/b")
    assert "earlier version" in problem.what


@pytest.mark.parametrize(
    "text",
    [
        "nonsense\n",
        f"{'0' * 64}  /etc/passwd\n",
        f"{'0' * 64}  a/../../b\n",
        "# sequence x\n",
        f"# sequence {'9' * 5000}\n",
    ],
)
def test_what_is_not_a_list_is_not_read_as_one(text):
    assert parse_manifest(text) is None
