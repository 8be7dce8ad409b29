"""Who speaks when: pieces of speech, a vector for each voice, and clusters of them. Roles come later, with the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.enrolment import enrolled_log_odds, pieces_of, voice_vector
from pipeline.analysis.speakers import (
    assemble,
    cluster_voices,
    cut_pieces,
    embedding_spans,
    join_alike,
    main_voices,
    unbroken,
    voice_spreads,
    with_evidence,
)
from pipeline.analysis.voices import follow_voices
from pipeline.config import DiarizationConfig
from pipeline.lesson import Speech
from pipeline.ports import Audio, Embedder, Progress, VoiceSpace
from pipeline.stages.detect import Heard
from pipeline.timeline import Span

Floats = NDArray[np.float32]


def diarize(
    embedder: Embedder,
    space: VoiceSpace,
    audio: Audio,
    heard: Heard,
    config: DiarizationConfig,
    *,
    enrolled: Floats | None = None,
    progress: Progress,
) -> tuple[Speech, ...]:
    """Stretches of speech with their speakers, S1 speaking longest; roles are unknown yet.

    ``enrolled`` is the enrolled teacher's vector (192,), if there is one: each stretch then says how far its voice is that one.
    """
    pieces = cut_pieces(heard.speech, heard.changes_s)
    if not pieces:
        return ()
    vectors = embedder.embed(audio, embedding_spans(pieces, audio.duration_s), progress=progress)
    found = tell_voices(space, pieces, vectors, heard, config)
    return found if enrolled is None else recognise(space, found, pieces, vectors, enrolled)


def tell_voices(
    space: VoiceSpace, pieces: Sequence[Span], vectors: Floats, heard: Heard, config: DiarizationConfig
) -> tuple[Speech, ...]:
    """The same from the vectors (pieces, 192) of pieces of speech."""
    durations_s = np.array([piece.duration_s for piece in pieces], np.float32)
    places = space.place(vectors)
    guess = cluster_voices(places, durations_s)
    points, runs_on = space.standardise(vectors), unbroken(pieces, heard.changes_s)
    shares = follow_voices(points, space.between, durations_s.astype(np.float64), runs_on, guess)
    shares = main_voices(join_alike(shares, places, durations_s), durations_s, config.max_speakers)
    labels = shares.argmax(axis=1)
    found = assemble(pieces, labels, heard.overlap)
    spreads = voice_spreads(points, labels, durations_s)
    return with_evidence(found, pieces, shares, space.child_log_odds(vectors), spreads)


def recognise(
    space: VoiceSpace, speech: Sequence[Speech], pieces: Sequence[Span], vectors: Floats, enrolled: Floats
) -> tuple[Speech, ...]:
    """The stretches with the log odds that their voice is the enrolled one."""
    durations_s = np.array([piece.duration_s for piece in pieces], np.float32)
    known = space.place(enrolled[None])[0]
    odds = {}
    for voice in {item.speaker for item in speech}:
        own = pieces_of(voice, speech, pieces)
        if own.any():
            heard = space.place(voice_vector(vectors[own], durations_s[own])[None])[0]
            odds[voice] = enrolled_log_odds(float(heard @ known))
    return tuple(replace(item, enrolled_log_odds=odds.get(item.speaker)) for item in speech)
