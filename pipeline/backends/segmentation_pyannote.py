"""Where people speak, and how many at once: the packaged speaker segmentation model, on windows of ten seconds.

The network is PyanNet (Bredin 2023, "powerset" segmentation 3.0): learnable sinc filters, four bidirectional LSTM layers, and
for every frame of 16.9 ms one of seven classes: nobody, one of three local speakers, or two of them at once. Only its
weights are used; the layers are written here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.ports import SAMPLE_RATE_HZ, Audio, Progress
from pipeline.timeline import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW_S = 10.0  # what the model was trained on
STEP_S = 2.5  # each moment is seen in four contexts; 5 s misses more soft speech, 1 s costs 2.5 times as much
BATCH = 16
FRAME_S = 270 / SAMPLE_RATE_HZ  # product of all strides
RECEPTIVE_S = 991 / SAMPLE_RATE_HZ  # samples that one frame sees
LOCAL_SPEAKERS = 3
# Rows: silence, the three local speakers alone, then the pairs (1,2), (1,3), (2,3).
POWERSET = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1))


class _SincFilters(nn.Module):
    """80 band-pass filters (40 even, 40 odd) of 251 taps, each defined by two cut-off frequencies."""

    def __init__(self) -> None:
        super().__init__()
        self.low_hz_ = nn.Parameter(torch.zeros(40, 1))
        self.band_hz_ = nn.Parameter(torch.zeros(40, 1))
        self.register_buffer("window_", torch.zeros(125))
        self.register_buffer("n_", torch.zeros(1, 125))

    def filters(self) -> Tensor:
        window, times = self.get_buffer("window_"), self.get_buffer("n_")
        low = 50 + self.low_hz_.abs()
        high = (low + 50 + self.band_hz_.abs()).clamp(50, SAMPLE_RATE_HZ / 2)
        width = 2 * (high - low)
        even = 2 * (torch.sin(high @ times) - torch.sin(low @ times)) / times * window
        odd = 2 * (torch.cos(low @ times) - torch.cos(high @ times)) / times * window
        cosine = torch.cat([even, width, even.flip(1)], dim=1) / width
        sine = torch.cat([odd, torch.zeros_like(low), -odd.flip(1)], dim=1) / width
        return torch.cat([cosine, sine]).unsqueeze(1)

    def forward(self, samples: Tensor) -> Tensor:
        return functional.conv1d(samples, self.filters(), stride=10)


class _FilterBank(nn.Module):
    """Holds the filters under the name that the weights know."""

    def __init__(self) -> None:
        super().__init__()
        self.filterbank = _SincFilters()

    def forward(self, samples: Tensor) -> Tensor:
        result: Tensor = self.filterbank(samples)
        return result.abs()


class _SincNet(nn.Module):
    """From samples (batch, 1, n) to features (batch, 60, frames)."""

    def __init__(self) -> None:
        super().__init__()
        self.wav_norm1d = nn.InstanceNorm1d(1, affine=True)
        self.conv1d = nn.ModuleList([_FilterBank(), nn.Conv1d(80, 60, 5), nn.Conv1d(60, 60, 5)])
        self.norm1d = nn.ModuleList([nn.InstanceNorm1d(width, affine=True) for width in (80, 60, 60)])

    def forward(self, samples: Tensor) -> Tensor:
        features: Tensor = self.wav_norm1d(samples)
        for convolution, norm in zip(self.conv1d, self.norm1d, strict=True):
            features = functional.leaky_relu(norm(functional.max_pool1d(convolution(features), 3)))
        return features


class _PyanNet(nn.Module):
    """From samples (batch, 1, n) to probabilities of the seven classes (batch, frames, 7)."""

    def __init__(self) -> None:
        super().__init__()
        self.sincnet = _SincNet()
        self.lstm = nn.LSTM(60, 128, num_layers=4, bidirectional=True, batch_first=True)
        self.linear = nn.ModuleList([nn.Linear(256, 128), nn.Linear(128, 128)])
        self.classifier = nn.Linear(128, len(POWERSET))

    def forward(self, samples: Tensor) -> Tensor:
        features, _ = self.lstm(self.sincnet(samples).transpose(1, 2))
        for layer in self.linear:
            features = functional.leaky_relu(layer(features))
        return torch.softmax(self.classifier(features), dim=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """Frame-wise activity of a whole recording, averaged over the windows that saw each frame.

    ``speech`` and ``overlap``: probability that at least one, at least two speak, shape (frames,). ``change``: how strongly
    the active local speaker changes between this frame and the next, 0 to 1, shape (frames,).
    """

    speech: NDArray[np.float32]
    overlap: NDArray[np.float32]
    change: NDArray[np.float32]
    frame_s: float = FRAME_S
    offset_s: float = (RECEPTIVE_S - FRAME_S) / 2


class PyannoteSegmentation:
    """The packaged segmentation model as a :class:`pipeline.ports.SpeechDetector`."""

    name = "segmentation-3.0"

    def __init__(self, weights: Path, sha256: str, *, device: str = "cpu") -> None:
        self.model_sha256 = sha256
        self._device = device
        checkpoint = torch.load(weights, map_location="cpu", weights_only=True)
        state = checkpoint["state_dict"]
        self._model = _PyanNet().eval()
        self._model.load_state_dict(state)
        self._model.to(device)

    def activity(self, audio: Audio, *, progress: Progress) -> Activity:
        """Speech, overlap and speaker change of the whole recording; memory grows by 36 bytes a frame (60 frames a second)."""
        import numpy as np

        frames = max(1, math.ceil(audio.duration_s / FRAME_S))
        sums = np.zeros((3, frames), np.float64)
        weight = np.zeros(frames, np.float64)
        for starts_s, scores in self._windows(audio, progress):
            for start_s, window in zip(starts_s, scores, strict=True):
                first = round(start_s / FRAME_S)
                count = min(window.shape[1], frames - first)
                taper = np.hamming(window.shape[1])[:count]
                sums[:, first : first + count] += window[:, :count] * taper
                weight[first : first + count] += taper
        means = (sums / np.maximum(weight, 1e-9)).astype(np.float32)
        return Activity(speech=means[0], overlap=means[1], change=means[2])

    def _windows(self, audio: Audio, progress: Progress) -> Iterator[tuple[list[float], NDArray[np.float32]]]:
        """Batches of window starts (seconds) and their speech, overlap and change, shape (windows, 3, frames)."""
        import numpy as np

        size = round(WINDOW_S * SAMPLE_RATE_HZ)
        count = max(1, math.ceil((audio.duration_s - WINDOW_S) / STEP_S) + 1)
        for begin in range(0, count, BATCH):
            starts_s = [number * STEP_S for number in range(begin, min(begin + BATCH, count))]
            samples = np.zeros((len(starts_s), 1, size), np.float32)
            for row, start_s in enumerate(starts_s):
                piece = audio.read(Span(start_s, start_s + WINDOW_S))
                samples[row, 0, : len(piece)] = piece
            with torch.inference_mode():
                classes = self._model(torch.from_numpy(samples).to(self._device)).cpu()
            yield starts_s, _describe(classes).numpy()
            progress(min(1.0, (begin + len(starts_s)) / count))


def _describe(classes: Tensor) -> Tensor:
    """From class probabilities (windows, frames, 7) to speech, overlap and change (windows, 3, frames)."""
    speech = 1 - classes[..., 0]
    overlap = classes[..., 4:].sum(-1)
    local = classes @ torch.tensor(POWERSET, dtype=classes.dtype)
    share = local / local.sum(-1, keepdim=True).clamp_min(1e-6)
    change = torch.zeros_like(speech)
    change[:, :-1] = (share[:, 1:] - share[:, :-1]).abs().sum(-1) / 2 * torch.minimum(speech[:, 1:], speech[:, :-1])
    return torch.stack([speech, overlap, change], dim=1)
