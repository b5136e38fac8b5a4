"""What every page, chart and name is made from: an edition's material in one language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.language import Language
from dashboards.material import Material


@dataclass(frozen=True)
class View:
    """An edition's material, read in one language."""

    material: Material
    language: Language

    @property
    def text(self) -> Callable[..., str]:
        """The text of a catalogue key, with its places filled."""
        return self.language.text
