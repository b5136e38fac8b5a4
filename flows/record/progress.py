"""What a person at a terminal sees of a run: one line per step, with its time and outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

CONSOLE = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def step(name: str) -> Iterator[Callable[[str], None]]:
    """Shows that a step runs; call what it yields with the outcome."""
    started = time.perf_counter()
    outcome = ""

    def done(text: str) -> None:
        nonlocal outcome
        outcome = text

    if CONSOLE.is_terminal:
        with CONSOLE.status(f"{name} ..."):
            yield done
    else:
        yield done
    CONSOLE.print(f"[bold]{name:<9}[/bold] {time.perf_counter() - started:6.1f} s  {outcome}")


def note(text: str) -> None:
    CONSOLE.print(f"          {text}", style="yellow", markup=False)
