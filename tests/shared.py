"""Where the shared reference data lies, and a mark for tests that need it."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("TRANSIT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason=f"the shared reference data is not at {SHARED}"
)
