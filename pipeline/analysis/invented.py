"""Tells what a speech recogniser made up where nobody speaks from what somebody said.

The thresholds are for Whisper. They were set on distant children at 12 to 18 dB (probability of no
speech up to 0.36, mean log probability of single far words down to -1.5) and on synthetic room noise and music (no speech
from 0.27 up, log probability below -0.3, and next to no words where windows are long).
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence

from pipeline.lesson import Word

MAX_NO_SPEECH = 0.4  # above it nobody speaks, unless the words are nearly certain
CERTAIN = -0.25  # mean log probability of words that are kept all the same
DOUBTFUL_NO_SPEECH = 0.2  # above it, few and uncertain words for much "speech" are made up too
DOUBTFUL = -0.7
FEW_WORDS_PER_S = 0.5  # people who talk say two to three words a second
DOUBTED = 0.15  # mean probability of the words; those of far children had 0.3 and more
LONG_WORD_S = 3.0  # a word that lasts this long is spread over sound that holds none
MAX_LONG_SHARE = 0.3  # of the speech
MAX_WORDS_PER_S = 12.0  # nobody speaks as fast as a recogniser that is stuck
SQUEEZED_S = 0.06  # words this short in a row have no sound of their own
SQUEEZED_RUN = 3
MAX_COMPRESSION = 2.4  # text that zlib shrinks more than this says the same thing again and again
MIN_REPEATING = 50  # bytes; shorter text says nothing about repetition


def believable(
    words: Sequence[Word], *, speech_s: float, mean_log_probability: float, no_speech_probability: float
) -> tuple[Word, ...]:
    """The words of a window that somebody said; none where the whole window looks made up.

    ``speech_s``: seconds that were taken for speech. ``mean_log_probability``: of the window's tokens.
    ``no_speech_probability``: what the recogniser itself gives for nobody speaking.
    """
    if not words or sum(word.probability for word in words) < DOUBTED * len(words):
        return ()
    rate = len(words) / speech_s if speech_s > 0 else math.inf
    silent = no_speech_probability > MAX_NO_SPEECH and mean_log_probability < CERTAIN
    sparse = no_speech_probability > DOUBTFUL_NO_SPEECH and mean_log_probability < DOUBTFUL and rate < FEW_WORDS_PER_S
    drawn_out_s = sum(word.span.duration_s for word in words if word.span.duration_s > LONG_WORD_S)
    if silent or sparse or rate > MAX_WORDS_PER_S or drawn_out_s > MAX_LONG_SHARE * speech_s:
        return ()
    return _without_squeezed(words)


def repeats(text: str) -> bool:
    """Whether a recogniser got stuck and wrote one phrase over and over."""
    content = re.sub(r"\s+", " ", text.strip()).encode()
    return len(content) >= MIN_REPEATING and len(content) / len(zlib.compress(content)) > MAX_COMPRESSION


def _without_squeezed(words: Sequence[Word]) -> tuple[Word, ...]:
    kept: list[Word] = []
    run: list[Word] = []
    for word in words:
        if word.span.duration_s <= SQUEEZED_S:
            run.append(word)
            continue
        kept += run if len(run) < SQUEEZED_RUN else []
        kept.append(word)
        run = []
    return (*kept, *(run if len(run) < SQUEEZED_RUN else []))
