"""Who speaks when: pieces of speech, a vector for each voice, and clusters of them. Roles come later, with the words."""

from __future__ import annotations

import numpy as np

from pipeline.analysis.speakers import (
    SpeakerRules,
    assemble,
    cluster_voices,
    cut_pieces,
    embedding_spans,
    with_child_odds,
)
from pipeline.config import DiarizationConfig
from pipeline.lesson import Speech
from pipeline.ports import Audio, Embedder, Progress, VoiceSpace
from pipeline.stages.detect import Heard


def diarize(
    embedder: Embedder, space: VoiceSpace, audio: Audio, heard: Heard, config: DiarizationConfig, *, progress: Progress
) -> tuple[Speech, ...]:
    """Stretches of speech with their speakers, S1 speaking longest; roles are unknown yet."""
    pieces = cut_pieces(heard.speech, heard.changes_s)
    if not pieces:
        return ()
    vectors = embedder.embed(audio, embedding_spans(pieces, audio.duration_s), progress=progress)
    durations_s = np.array([piece.duration_s for piece in pieces], np.float32)
    labels = cluster_voices(space.place(vectors), durations_s, SpeakerRules(max_speakers=config.max_speakers))
    found = assemble(pieces, labels, heard.overlap)
    return with_child_odds(found, pieces, labels, space.child_log_odds(vectors))
