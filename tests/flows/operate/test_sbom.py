"""The bill names all that is needed and nothing else; the audit finds what differs, changed or is
known to be vulnerable.
"""

from __future__ import annotations

import json
from importlib.metadata import distribution, version
from pathlib import Path

import pytest

from flows.operate.sbom import audit, bill, changed_files, locked, needed, vulnerable
from warehouse.errors import SettingsError

ROOT = Path(__file__).parents[3]


def test_the_bill_names_every_part_once_with_version_and_licence():
    made = bill()
    names = [part["name"].lower().replace("_", "-") for part in made["components"]]
    assert len(names) == len(set(names))
    assert {"duckdb", "polars", "prefect", "starlette", "numpy"} <= set(names)
    assert "pytest" not in names
    assert "ruff" not in names
    assert all(part["licenses"] for part in made["components"])
    (duckdb,) = [part for part in made["components"] if part["name"] == "duckdb"]
    assert duckdb["purl"] == f"pkg:pypi/duckdb@{version('duckdb')}"
    references = {
        made["metadata"]["component"]["bom-ref"],
        *(part["bom-ref"] for part in made["components"]),
    }
    assert {one["ref"] for one in made["dependencies"]} == references
    assert {below for one in made["dependencies"] for below in one["dependsOn"]} <= references
    assert json.loads(json.dumps(made)) == bill()


def test_the_installation_is_what_the_lock_says():
    wanted = locked(ROOT / "requirements.lock")
    differs = {
        name: (one.version, wanted.get(name))
        for name, (one, _) in needed().items()
        if name != "transit-forecast" and wanted.get(name) != one.version
    }
    assert differs == {}


def test_another_version_and_a_stranger_are_found(tmp_path):
    lock = tmp_path / "some.lock"
    lock.write_text("rich==1.0 \\\n    --hash=sha256:00\nnumpy==9 ; python_version < '3'\n")
    found = {problem.where.split()[0]: problem.what for problem in audit(lock, ["rich", "httpx"])}
    assert found == {"rich": "some.lock says 1.0", "httpx": "is not in some.lock"}


def test_a_changed_file_is_found(tmp_path):
    place = tmp_path / "odd-1.0.dist-info"
    place.mkdir()
    (tmp_path / "odd.py").write_text("x = 1\n")
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (place / "RECORD").write_text(
        "odd.py,sha256=l6vnOVpbhvTPGIlpbiYRHS9zX4B6QzBXaQWyPSjIjxI,6\nodd-1.0.dist-info/RECORD,,\n"
    )
    from importlib.metadata import PathDistribution

    assert changed_files(PathDistribution(place)) == ["odd.py"]
    assert changed_files(distribution("cyclopts")) == []


@pytest.mark.parametrize(
    ("events", "hit"),
    [
        ([{"introduced": "0"}], True),
        ([{"introduced": "0"}, {"fixed": "2.0"}], False),
        ([{"introduced": "0"}, {"fixed": "2.0"}, {"introduced": "2.4"}, {"fixed": "3.0"}], True),
        ([{"introduced": "2.6"}], False),
        ([{"introduced": "1.0"}, {"last_affected": "2.5"}], True),
        ([{"introduced": "1.0"}, {"last_affected": "2.4.9"}], False),
    ],
)
def test_advisories_are_looked_up_by_their_spans(tmp_path, events, hit):
    advisory = {
        "id": "X-1",
        "summary": "bad",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "Some_Part"},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
    }
    (tmp_path / "x.json").write_text(json.dumps(advisory))
    assert bool(vulnerable(tmp_path, {"some-part": "2.5"})) is hit


def test_an_audit_against_nothing_is_refused(tmp_path):
    """An empty folder of advisories would find nothing, which is not the same as finding that all
    is well.
    """
    from flows.commands.sbom import sbom

    with pytest.raises(SettingsError) as caught:
        sbom(lock=tmp_path / "no.lock", advisories=tmp_path)
    assert "no.lock is not a file" in str(caught.value)
    assert "holds no JSON files" in str(caught.value)
