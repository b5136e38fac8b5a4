"""Threads share two of the allocator's pools."""

import subprocess
import sys
from pathlib import Path

import pytest

COUNT = """
import ctypes, sys, threading
from flows.runtime.arenas import few_arenas
if sys.argv[1] == "few":
    few_arenas()
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes, libc.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]
together = threading.Barrier(8)
def take():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[one.start() for one in threads]
[one.join() for one in threads]
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
"""


def pools(how: str, target: str) -> int:
    subprocess.run([sys.executable, "-c", COUNT, how, target], check=True)
    return Path(target).read_text(encoding="utf-8").count("<heap nr=")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's own")
def test_eight_threads_share_two_pools(tmp_path):
    assert pools("few", str(tmp_path / "few.xml")) <= 2
    assert pools("as they come", str(tmp_path / "many.xml")) > 2
