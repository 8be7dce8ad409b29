#!/usr/bin/env python3
"""Remake the sample lesson: the video, its exact ground truth, its details.

    python data/samples/make_sample.py [OUT_DIR]

Reads script.toml; writes lesson.mp4, lesson.truth.json, lesson.rttm and lesson.toml into OUT_DIR, which is this folder
unless another is named. The same tools give the same bytes. Only remaking needs flite 2.2 (Debian and Ubuntu:
apt-get install flite); the Python packages are numpy, scipy, pillow and imageio-ffmpeg, which Lesson Mirror's tests bring.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import imageio_ffmpeg
import numpy as np
from classroom_sound import (
    RATE_HZ,
    SIGNAL_TO_NOISE_DB,
    Floats,
    Utterance,
    Voice,
    in_room,
    room_noise,
    room_response,
    speak,
    write_wav,
)
from draw_board import HEIGHT_PX, WIDTH_PX, Board, Scene

HERE = Path(__file__).resolve().parent
NAME = "lesson"
FRAME_RATE_HZ = 10
TAIL_S = 1.2  # the last echo fades
NEW_TURN_S = 3.0  # after such a silence the same speaker begins a new turn


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person of the script."""

    id: str
    name: str
    role: str
    voice: Voice


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line of the script at its place in time; ``start_s`` and ``end_s`` are its first and last sound."""

    person: Person
    line: dict[str, Any]
    start_s: float
    end_s: float
    sound: Utterance

    def speech_s(self) -> list[list[float]]:
        """The stretches that sound, [start, end] in seconds of the lesson."""
        return [[round(self.start_s + edge / RATE_HZ, 3) for edge in span] for span in self.sound.speech]


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of the script at its place in time."""

    slide: str
    stretch: str | None
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """The script laid out in time; ``spoken`` in order of starts."""

    spoken: tuple[Spoken, ...]
    shown: tuple[Shown, ...]
    duration_s: float


def lay_out(script: dict[str, Any], people: dict[str, Person]) -> Lesson:
    """Voice every line and give it its time. Groups of a part talk at once, each on its own clock."""
    spoken: list[Spoken] = []
    shown: list[Shown] = []
    clock_s = 0.0
    for part in script["parts"]:
        start_s = clock_s
        for group in part.get("groups") or [part["lines"]]:
            said = _say(group, people, start_s)
            spoken += said
            clock_s = max(clock_s, said[-1].end_s)
        shown.append(Shown(part["slide"], part.get("stretch"), start_s, clock_s))
    frames = int(np.ceil((clock_s + TAIL_S) * FRAME_RATE_HZ))
    spoken.sort(key=lambda item: item.start_s)
    return Lesson(tuple(spoken), tuple(shown), frames / FRAME_RATE_HZ)


def _say(lines: list[dict[str, Any]], people: dict[str, Person], clock_s: float) -> list[Spoken]:
    said = []
    for line in lines:
        person = people[line["who"]]
        sound = speak(line["say"], person.voice)
        start_s = round(clock_s + line["pause_s"], 3)
        clock_s = round(start_s + sound.speech[-1][1] / RATE_HZ, 3)
        said.append(Spoken(person, line, start_s, clock_s, sound))
    return said


def mix(lesson: Lesson, people: dict[str, Person]) -> Floats:
    """What one microphone on the teacher's desk hears."""
    responses = {person.id: room_response(person.voice.distance_m, seed) for seed, person in enumerate(people.values())}
    samples = np.zeros(round(lesson.duration_s * RATE_HZ))
    for item in lesson.spoken:
        first = round(item.start_s * RATE_HZ) - item.sound.lead
        heard = in_room(item.sound, responses[item.person.id])[: len(samples) - first]
        samples[first : first + len(heard)] += heard
    return np.asarray(samples + room_noise(samples, seed=len(people)))


def truth(script: dict[str, Any], people: dict[str, Person], lesson: Lesson) -> dict[str, Any]:
    """Who said what when, what was asked, and the stretches of quiet thinking and of group talk."""
    seconds = dict.fromkeys(("teacher", "student"), 0.0)
    for item in lesson.spoken:
        seconds[item.person.role] += sum(end - start for start, end in item.speech_s())
    return {
        "name": NAME,
        "kind": "tts",
        "source": script["lesson"]["title"],
        "duration": lesson.duration_s,
        "snr_db": SIGNAL_TO_NOISE_DB,
        "teacher_seconds": round(seconds["teacher"], 2),
        "student_seconds": round(seconds["student"], 2),
        "teacher_share": round(seconds["teacher"] / sum(seconds.values()), 4),
        "speakers": len(people),
        "people": {person.id: person.name for person in people.values()},
        "stretches": [_stretch(lesson, part) for part in lesson.shown if part.stretch],
        "utterances": list(_rows(lesson.spoken)),
    }


def _stretch(lesson: Lesson, part: Shown) -> dict[str, Any]:
    """Group talk lasts from its first to its last sound, thinking time from the sound before it to its first."""
    first_s = min(item.start_s for item in lesson.spoken if item.start_s >= part.start_s)
    quiet = part.stretch == "thinking_time"
    start_s, end_s = (part.start_s, first_s) if quiet else (first_s, part.end_s)
    return {"kind": part.stretch, "start": start_s, "end": end_s}


def _rows(spoken: tuple[Spoken, ...]) -> Iterator[dict[str, Any]]:
    turn, before = 0, None
    for item in spoken:
        if before is None or before.person != item.person or item.start_s - before.end_s >= NEW_TURN_S:
            turn += 1
        before = item
        move, kind = item.line.get("move"), item.line.get("question")
        yield {
            "start": item.start_s,
            "end": item.end_s,
            "speech": item.speech_s(),
            "speaker": item.person.id,
            "role": item.person.role,
            "turn": turn,
            "text": item.line["say"],
            "question": kind is not None,
            "question_kind": kind,
            "teacher_move": move if item.person.role == "teacher" else None,
            "student_move": move if item.person.role == "student" else None,
            "praise": item.line.get("praise"),
        }


def rttm(lesson: Lesson) -> str:
    """One line a stretch that sounds."""
    rows = sorted((start, end, item.person.id) for item in lesson.spoken for start, end in item.speech_s())
    return "".join(
        f"SPEAKER {NAME} 1 {start:.3f} {end - start:.3f} <NA> <NA> {who} <NA> <NA>\n" for start, end, who in rows
    )


def details(script: dict[str, Any]) -> str:
    """The sidecar that goes with the recording."""
    about = script["lesson"]
    known = {key: about[key] for key in ("teacher", "class_name", "subject", "title", "lawful_basis")}
    lines = ["# What is known about lesson.mp4."] + [f"{key} = {json.dumps(value)}" for key, value in known.items()]
    return "\n".join([*lines, f"held_on = {about['held_at'][:10]}"]) + "\n"


def tables(script: dict[str, Any], people: dict[str, Person]) -> tuple[tuple[str, ...], ...]:
    """Who sits together in the group talk, each group in the order in which its members first speak."""
    groups = next(part["groups"] for part in script["parts"] if "groups" in part)
    return tuple(tuple(dict.fromkeys(people[line["who"]].name for line in group)) for group in groups)


def frames(lesson: Lesson, board: Board) -> Iterator[bytes]:
    """The pictures of the video, in order, as packed RGB."""
    for number in range(round(lesson.duration_s * FRAME_RATE_HZ)):
        time_s = number / FRAME_RATE_HZ
        part = next((part for part in lesson.shown if time_s < part.end_s), lesson.shown[-1])
        speaking = frozenset(item.person.id for item in lesson.spoken if item.start_s <= time_s < item.end_s)
        left_s = int(np.ceil(part.end_s - time_s)) if part.stretch == "group_talk" else None
        yield board.picture(Scene(part.slide, speaking, left_s))


def encode(pictures: Iterator[bytes], sound: Path, created: str, target: Path) -> None:
    """H.264 and AAC, ready to stream; one thread and no tool names, so that the bytes come out the same again."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{WIDTH_PX}x{HEIGHT_PX}", "-r", str(FRAME_RATE_HZ), "-i", "-", "-i", str(sound)]
    command += ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709"]
    command += ["-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    command += ["-c:v", "libx264", "-preset", "slow", "-crf", "26", "-tune", "animation", "-g", "100", "-threads", "1"]
    command += ["-c:a", "aac", "-b:a", "64k", "-ar", "48000", "-ac", "1", "-map_metadata", "-1", "-map_chapters", "-1"]
    command += ["-metadata", f"creation_time={created}", "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    command += ["-flags:a", "+bitexact", "-movflags", "+faststart", str(target)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as pipe:  # ffmpeg gave up; its exit status tells
        for picture in pictures:
            pipe.write(picture)
    if process.wait() != 0:
        raise SystemExit("ffmpeg could not write the video; its message stands above")


def main() -> None:
    """Read the script, write the four files, say how long the lesson is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, default=HERE)
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    script = tomllib.loads((HERE / "script.toml").read_text("utf-8"))
    people = {row["id"]: Person(row["id"], row["name"], row["role"], Voice(**row["voice"])) for row in script["people"]}
    lesson = lay_out(script, people)
    facts = truth(script, people, lesson)
    (out / f"{NAME}.truth.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    (out / f"{NAME}.rttm").write_text(rttm(lesson), "utf-8")
    (out / f"{NAME}.toml").write_text(details(script), "utf-8")
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "lesson.wav"
        write_wav(sound, mix(lesson, people))
        names = {person.id: person.name for person in people.values()}
        board = Board(script["lesson"]["title"], names, tables(script, people))
        encode(frames(lesson, board), sound, script["lesson"]["held_at"], out / f"{NAME}.mp4")
    share = f"teacher share {facts['teacher_share']:.2f}"
    print(f"{NAME}: {lesson.duration_s:.1f} s, {len(lesson.spoken)} utterances of {len(people)} people, {share}")


if __name__ == "__main__":
    main()
