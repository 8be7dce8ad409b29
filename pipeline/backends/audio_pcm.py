"""The analysis audio as a memory-mapped WAV file: any stretch can be read, and three hours cost no memory."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import MediaError
from pipeline.ports import SAMPLE_RATE_HZ
from pipeline.timeline import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FULL_SCALE = 32768.0


class PcmAudio:
    """A 16 kHz mono 16-bit WAV file, read in pieces. Raises MediaError for any other file."""

    def __init__(self, path: Path) -> None:
        import numpy as np

        try:
            with wave.open(str(path), "rb") as file:
                form = (file.getframerate(), file.getnchannels(), file.getsampwidth())
                frames = file.getnframes()
                offset = file.getfp().tell()  # type: ignore[union-attr]  # the data chunk begins here
        except (OSError, EOFError, wave.Error) as error:
            raise MediaError(
                f"The analysis audio {path.name} cannot be read: {error}.", hint="Analyse again."
            ) from error
        if form != (SAMPLE_RATE_HZ, 1, 2):
            raise MediaError(f"{path.name} is not 16 kHz mono 16-bit audio.", hint="Analyse the recording again.")
        frames = min(frames, (path.stat().st_size - offset) // 2)
        self._samples = (
            np.memmap(path, dtype="<i2", mode="r", offset=offset, shape=(frames,)) if frames else np.zeros(0, "<i2")
        )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self._samples) / SAMPLE_RATE_HZ

    def read(self, span: Span) -> NDArray[np.float32]:
        """Samples of ``span`` between -1 and 1, shape (samples,); parts outside the recording are left out."""
        import numpy as np

        first = max(0, round(span.start_s * SAMPLE_RATE_HZ))
        last = max(first, round(span.end_s * SAMPLE_RATE_HZ))
        return np.asarray(self._samples[first:last], dtype=np.float32) / _FULL_SCALE
