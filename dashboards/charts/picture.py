"""Charts as pictures of their own, as files and on paper."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from dashboards.charts.drawing import Spec
from dashboards.charts.edges import ROOM, fitted
from dashboards.language import Language
from dashboards.theme import config


def standalone(
    spec: Spec, language: Language, title: str = "", subtitle: Sequence[str] = (), width: int = 760
) -> Spec:
    """The specification for a picture: with its title, its configuration and a width of its own."""
    whole = copy.copy(spec)
    whole["title"] = {"text": title, "subtitle": list(subtitle)} if subtitle else title
    whole["config"] = {**config(language), "background": "#FFFFFF"}
    whole = fitted(whole, width)
    if whole.get("width") == "container":
        whole["width"] = width - (ROOM if "padding" in whole else 0)
    return whole
