"""The documentation that comes with the installation."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from warehouse.errors import Problem, SettingsError

SITE = Path(__file__).parent.parent / "site"


def docs(*, address_only: bool = False) -> None:
    """Open the documentation in a browser: tutorial, settings, sources, commands, columns. Offline.

    Parameters
    ----------
    address_only
        Print the address of the first page and open nothing.
    """
    first_page = SITE / "index.html"
    if not first_page.is_file():
        raise SettingsError(
            "this installation has no documentation site",
            [Problem(str(first_page), "is not there")],
            "In a clone `make docs` builds it; the same pages are the repository's Markdown files.",
        )
    address = first_page.as_uri()
    print(address)
    if not address_only:
        webbrowser.open(address)
