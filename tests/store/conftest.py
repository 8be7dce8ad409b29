"""A disk that is really small."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SMALL_BYTES = 2 * 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for 2 MiB: a file system of its own, or where mounting is not allowed, a limit on files.

    ``long.mp4`` of 3 MiB lies beside it.
    """
    folder = tmp_path / "small"
    folder.mkdir()
    (tmp_path / "long.mp4").write_bytes(os.urandom(3 * 2**20))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_BYTES},mode=0755", "tmpfs", str(folder)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0:
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, hard))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
