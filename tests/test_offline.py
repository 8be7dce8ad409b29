"""Nothing leaves the machine: the program works without a network, and with one it contacts nobody but itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.programs import SAMPLE, excerpt, run_program

# A namespace of its own has no network at all, not even a working loopback. Root needs no user namespace for it.
WITHOUT_NETWORK = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
_LOOPBACK = re.compile(r'sin_addr=inet_addr\("127\.|sin6_addr.*"::1"|inet_pton\(AF_INET6, "::1"')


def test_the_sample_is_analysed_with_the_network_off(tmp_path: Path) -> None:
    done = run_program(tmp_path / "library", "demo", "--no-serve", before=WITHOUT_NETWORK)
    assert done.returncode == 0, done.stderr
    assert "Teacher's share of the talk" in done.stdout


def test_analysis_contacts_nobody_but_this_machine(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    assert strace, "apt-get install strace"
    log = tmp_path / "calls"
    calls = "trace=connect,sendto,sendmsg"
    done = run_program(
        tmp_path / "library", "analyze", excerpt(tmp_path / "lesson.mp4"), "--model", "tiny.en",
        before=[strace, "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", calls], timeout_s=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = log.read_text(errors="replace").splitlines()
    outward = [line for line in lines if "AF_INET" in line and not _LOOPBACK.search(line)]
    assert outward == []


def test_the_recorder_of_connections_sees_one(tmp_path: Path) -> None:
    """The test above would pass with a blind recorder; this one would not."""
    log = tmp_path / "calls"
    code = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.1', 9)); s.close()"
    subprocess.run(["strace", "-f", "-qq", "-o", str(log), "-e", "trace=connect", "python3", "-c", code], check=True)
    assert [line for line in log.read_text().splitlines() if "AF_INET" in line and not _LOOPBACK.search(line)]


def test_a_hub_model_without_a_network_gets_a_sentence(tmp_path: Path) -> None:
    arguments = ["--engine", "transformers", "--model", "no-such-user/no-such-model"]
    done = run_program(tmp_path / "library", "analyze", SAMPLE, *arguments, before=WITHOUT_NETWORK)
    assert done.returncode == 1
    assert "no-such-user/no-such-model" in done.stderr and "Traceback" not in done.stderr
