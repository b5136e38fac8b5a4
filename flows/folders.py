"""Where things lie: the settings file and the folders it names. Light enough for commands that must
answer at once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.errors import Problem, SettingsError

SETTINGS_FILE = "transit.toml"
EXAMPLE_SETTINGS = (
    Path(__file__).parent.parent / "warehouse" / "example" / "central_asia" / SETTINGS_FILE
)


@dataclass(frozen=True)
class Folders:
    """The folders of a run. `base` is where relative paths of the settings start."""

    settings_file: Path
    base: Path
    private: Path
    published: Path
    reports: Path

    @property
    def database(self) -> Path:
        return self.private / "transit.duckdb"

    @property
    def published_database(self) -> Path:
        return self.published / "transit.duckdb"

    @property
    def prefect_home(self) -> Path:
        return self.private / "prefect"

    @property
    def logs(self) -> Path:
        return self.private / "logs"

    @property
    def run_lock(self) -> Path:
        """What a run holds from its first step to its last; the lock file is this name with
        `.lock`.
        """
        return self.private / "run"

    @property
    def serve_lock(self) -> Path:
        """What `transit serve` holds."""
        return self.private / "serve"

    @property
    def steps(self) -> Path:
        return self.private / "steps"


def make_private(folder: Path) -> None:
    """Makes a folder, where it is missing, that only this user enters."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def read_toml(config: Path | None) -> tuple[Path, dict[str, Any]]:
    """The settings file in use and what it says: `config`, else ./transit.toml, else the bundled
    example.
    """
    path = config or Path(SETTINGS_FILE)
    if config is not None and config.is_dir():
        path = config / SETTINGS_FILE
    if not path.exists():
        if config is not None:
            raise SettingsError(
                "there is no such settings file",
                [Problem(str(path), "not found")],
                "Check --config, or make one: transit init",
            )
        path = EXAMPLE_SETTINGS
    try:
        return path, tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError(
            "the settings are not UTF-8",
            [Problem(str(path), str(error))],
            "Save the file as UTF-8.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            "the settings are not valid TOML", [Problem(str(path), str(error))], "Fix that line."
        ) from error


def folders_of(path: Path, document: dict[str, Any]) -> Folders:
    """Outputs lie in the working folder, unless [folders] says otherwise."""
    named = document.get("folders", {})
    if not isinstance(named, dict):
        raise SettingsError(
            "[folders] is not a table",
            [Problem(str(path), "folders")],
            "Write [folders] and keys below it.",
        )
    home = Path.cwd()

    def folder(key: str, default: str) -> Path:
        return (home / str(named.get(key, default))).resolve()

    return Folders(
        settings_file=path.resolve(),
        base=path.resolve().parent,
        private=folder("private", ".transit"),
        published=folder("published", "published"),
        reports=folder("reports", "reports"),
    )


def read_folders(config: Path | None) -> Folders:
    return folders_of(*read_toml(config))
