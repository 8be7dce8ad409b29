"""Runs lessons with exact ground truth through the whole program and prints how near it comes, and whether its confidence holds.

python benchmarks/accuracy.py [--lessons DIR] [--engine ENGINE] [--model MODEL] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.confidence import Judged, in_range, judge, show
from benchmarks.scores import FIGURES, means, score
from pipeline.config import load_config
from pipeline.intake import sample_path, take_in
from pipeline.lesson_json import lesson_to_json
from pipeline.runner import Runner
from pipeline.store.library import Library

MEDIA = (".mp4", ".opus", ".wav", ".flac", ".m4a", ".mkv", ".webm", ".mp3")


def lessons_in(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """Name, media file and truth of every lesson in a folder, in order of name."""
    for truth in sorted(folder.glob("*.json")):
        name = truth.name.removesuffix(".json").removesuffix(".truth")
        media = next((path for suffix in MEDIA if (path := folder / f"{name}{suffix}").is_file()), None)
        if media is not None:
            yield name, media, truth


def main() -> None:
    """Prints one row a lesson and a row of means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lessons", type=Path, default=sample_path().parent, help="a folder (default: the sample lesson's)"
    )
    parser.add_argument("--engine", default="faster-whisper")
    parser.add_argument("--model", default="base")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    found = list(lessons_in(args.lessons))
    if not found:
        parser.error(f"{args.lessons} holds no media file with its truth beside it")
    rows: dict[str, Mapping[str, float | None]] = {}
    judged: list[Judged] = []
    ranges: list[bool | None] = []
    print(f"{'lesson':<16}" + "".join(f"{name:>11}" for name in FIGURES) + "  speakers")
    with tempfile.TemporaryDirectory() as folder:
        config = load_config(None, {"library": {"folder": folder}, "asr": {"engine": args.engine, "model": args.model}})
        with Library.open(config.library) as library:
            runner = Runner(library, config)
            for name, media, truth_path in found:
                truth = json.loads(truth_path.read_text())
                lesson = lesson_to_json(runner.analyze(take_in(library, media, config)))
                rows[name] = score(truth, lesson)
                judged += judge(truth, lesson)
                ranges.append(in_range(truth, lesson))
                heard = len({row["speaker"] for row in lesson["speech"]})
                people = len({row["speaker"] for row in truth["utterances"]})
                group = "" if lesson["students_told_apart"] else "  one group of students"
                print(_line(name, rows[name]) + f"  {heard}/{people}{group}", flush=True)
    mean = means(rows.values())
    print(_line("mean", mean))
    show(judged, ranges)
    if args.json:
        args.json.write_text(json.dumps({"lessons": rows, "mean": mean}, indent=1))


def _line(name: str, row: Mapping[str, float | None]) -> str:
    cells = (f"{value:>11.3f}" if (value := row.get(figure)) is not None else f"{'-':>11}" for figure in FIGURES)
    return f"{name:<16}" + "".join(cells)


if __name__ == "__main__":
    main()
