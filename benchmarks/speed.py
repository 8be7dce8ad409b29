"""What an analysis costs: seconds of work for a second of recording (real-time factor) and peak memory.

    python benchmarks/speed.py [FILE] [--engines] [--growth MINUTES ...]

Prints each stage of FILE (default: the sample). ``--engines`` adds openai-whisper and transformers with the same weights on
the same recording, one after the other in this run. ``--growth 5 20 180`` repeats FILE to those lengths: time a minute and
memory must not grow.
Model loading is left out of the difference ``A B - A``: the wall time of analysing A and B less that of A alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline.config import MediaConfig
from pipeline.intake import sample_path


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds and peak resident memory (bytes) of one run of the program, and its lessons (lesson.json)."""

    wall_s: float
    peak_bytes: int
    lessons: list[dict[str, Any]]


def analyse(files: list[Path], *options: str) -> Cost:
    """Runs ``lessonmirror analyze`` on the files with an empty library. Raises CalledProcessError where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [sys.executable, "-m", "pipeline.cli", "analyze", *map(str, files), "--out", str(out), *options]
        env = {**os.environ, "LESSONMIRROR_LIBRARY": str(Path(folder) / "library")}
        began = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)  # wait4 took it; Popen would look for it in vain
        if status:
            raise subprocess.CalledProcessError(process.returncode, command)
        lessons = [json.loads(path.read_text()) for path in sorted(out.glob("*/lesson.json"))]
        return Cost(wall_s, usage.ru_maxrss * 1024, lessons)


def repeated(source: Path, minutes: float, folder: Path) -> Path:
    """The recording's sound, again and again, to that length, as Opus."""
    from pipeline.backends.ffmpeg_process import executable

    target = folder / f"{minutes:g}-minutes.opus"
    command = [executable(MediaConfig()), "-nostdin", "-v", "error", "-stream_loop", "-1", "-i", str(source), "-vn"]
    subprocess.run([*command, "-t", str(60 * minutes), "-ar", "16000", "-ac", "1", str(target)], check=True)
    return target


def show_stages(source: Path) -> None:
    """One row a stage; then the whole as ``A B - A``."""
    alone = analyse([sample_path()])
    both = analyse([sample_path(), source]) if source != sample_path() else analyse([source])
    lesson = next(item for item in both.lessons if item["recording"]["name"] == source.name)
    length_s = lesson["recording"]["duration_s"]
    print(f"{source.name}: {length_s:.0f} s, {len(os.sched_getaffinity(0))} cores")
    for stage in lesson["stages"]:
        print(
            f"  {stage['stage']:<12}{stage['elapsed_s']:>8.1f} s   factor {stage['elapsed_s'] / length_s:.4f}   {stage['backend']}"
        )
    if source != sample_path():
        print(
            f"  {'A B - A':<12}{both.wall_s - alone.wall_s:>8.1f} s   factor {(both.wall_s - alone.wall_s) / length_s:.4f}"
        )
    print(f"  peak memory {both.peak_bytes / 1e9:.2f} GB")


def show_engines(source: Path) -> None:
    """Transcription alone by each engine with the same weights; ratios to the default."""
    seconds = {}
    for engine in ("faster-whisper", "openai-whisper", "transformers"):
        (lesson,) = analyse([source], "--engine", engine).lessons
        seconds[engine] = next(item["elapsed_s"] for item in lesson["stages"] if item["stage"] == "transcribe")
    whole = sum(item["elapsed_s"] for item in analyse([source]).lessons[0]["stages"])
    for engine, elapsed_s in seconds.items():
        ratios = (elapsed_s / seconds["faster-whisper"], elapsed_s / whole)
        print(
            f"  {engine:<16}{elapsed_s:>8.1f} s   {ratios[0]:.1f} x faster-whisper   {ratios[1]:.1f} x the whole analysis"
        )


def show_growth(source: Path, lengths_min: list[float]) -> None:
    """Seconds a minute and peak memory by length, and the ratio to the first length."""
    first: float | None = None
    with tempfile.TemporaryDirectory() as folder:
        for minutes in lengths_min:
            path = repeated(source, minutes, Path(folder))
            cost = analyse([path])
            work_s = sum(item["elapsed_s"] for item in cost.lessons[0]["stages"]) / minutes
            first = first or work_s
            row = f"  {minutes:>6g} min {work_s:>8.2f} s a minute   {work_s / first:.2f} x the first"
            print(f"{row}   peak {cost.peak_bytes / 1e9:.2f} GB", flush=True)
            path.unlink()


def main() -> None:
    """Reads the arguments and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=sample_path())
    parser.add_argument("--engines", action="store_true")
    parser.add_argument("--growth", nargs="+", type=float, metavar="MINUTES")
    args = parser.parse_args()
    show_stages(args.file)
    if args.engines:
        show_engines(args.file)
    if args.growth:
        show_growth(args.file, args.growth)


if __name__ == "__main__":
    main()
