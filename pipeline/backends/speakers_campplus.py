"""What a voice sounds like: CAM++ speaker embeddings (Wang et al. 2023), 192 numbers for a piece of speech.

Only the packaged weights are used; the layers are written here. Input are 80 log mel energies a frame of 10 ms, computed as
Kaldi does (25 ms Povey window, pre-emphasis 0.97), less their mean over the piece.
"""

from __future__ import annotations

from collections.abc import Sequence
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

MELS = 80
FRAME = 400  # samples: 25 ms
HOP = 160  # samples: 10 ms
FFT = 512
BATCH_FRAMES = 12 * 150  # frames in a batch: larger ones fall out of the processor cache and take half as long again
DIMENSIONS = 192


class LogMel(nn.Module):
    """Kaldi's filter bank: samples (batch, n) to log mel energies (batch, frames, 80)."""

    def __init__(self) -> None:
        super().__init__()
        hann = torch.hann_window(FRAME, periodic=False, dtype=torch.float64)
        self.register_buffer("window", hann.pow(0.85).float(), persistent=False)
        self.register_buffer("bank", _mel_bank(), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        frames = samples.unfold(1, FRAME, HOP)
        frames = frames - frames.mean(-1, keepdim=True)
        before = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
        frames = (frames - 0.97 * before) * self.get_buffer("window")
        power = torch.fft.rfft(frames, n=FFT).abs().pow(2)
        energies: Tensor = power[..., :-1] @ self.get_buffer("bank")
        return energies.clamp_min(torch.finfo(torch.float32).eps).log()


def _mel_bank() -> Tensor:
    """Triangles on the mel scale from 20 Hz to 8 kHz, shape (256, 80)."""

    def mel(hertz: Tensor) -> Tensor:
        return 1127.0 * torch.log1p(hertz / 700.0)

    edges = torch.linspace(float(mel(torch.tensor(20.0))), float(mel(torch.tensor(8000.0))), MELS + 2)
    bins = mel(torch.arange(FFT // 2) * (SAMPLE_RATE_HZ / FFT)).unsqueeze(1)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp_min(0)


def _norm_relu(channels: int) -> nn.Sequential:
    block = nn.Sequential()
    block.add_module("batchnorm", nn.BatchNorm1d(channels))
    block.add_module("relu", nn.ReLU())
    return block


class _Residual(nn.Module):
    """Two 3 x 3 convolutions with a short cut; the frequency axis is halved where ``stride`` is 2."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, stride=(stride, 1), padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width, width, 1, stride=(stride, 1), bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(inner + self.shortcut(x))


class _Head(nn.Module):
    """Two-dimensional convolutions: (batch, 80, frames) to (batch, 320, frames)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.layer1 = nn.Sequential(_Residual(32, 2), _Residual(32, 1))
        self.layer2 = nn.Sequential(_Residual(32, 2), _Residual(32, 1))
        self.conv2 = nn.Conv2d(32, 32, 3, stride=(2, 1), padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)

    def forward(self, mels: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(mels.unsqueeze(1))))
        x = functional.relu(self.bn2(self.conv2(self.layer2(self.layer1(x)))))
        return x.flatten(1, 2)


class _Linear(nn.Module):
    """A convolution and its normalisation under the names that the weights know; ``first`` says which comes first."""

    def __init__(self, convolution: nn.Conv1d, nonlinear: nn.Module, *, first: str) -> None:
        super().__init__()
        self.linear = convolution
        self.nonlinear = nonlinear
        self._convolve_first = first == "linear"

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.nonlinear(self.linear(x)) if self._convolve_first else self.linear(self.nonlinear(x))
        return result


class _ContextMask(nn.Module):
    """A dilated convolution, weighted by what the whole piece and its 100-frame neighbourhood sound like."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(128, 32, 3, padding=dilation, dilation=dilation, bias=False)
        self.linear1 = nn.Conv1d(128, 64, 1)
        self.linear2 = nn.Conv1d(64, 32, 1)

    def forward(self, x: Tensor) -> Tensor:
        near = functional.avg_pool1d(x, 100, 100, ceil_mode=True).repeat_interleave(100, dim=-1)[..., : x.shape[-1]]
        context = functional.relu(self.linear1(x.mean(-1, keepdim=True) + near))
        local: Tensor = self.linear_local(x)
        return local * torch.sigmoid(self.linear2(context))


class _DenseLayer(nn.Module):
    """Adds 32 channels that are computed from all before them."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _norm_relu(channels)
        self.linear1 = nn.Conv1d(channels, 128, 1, bias=False)
        self.nonlinear2 = _norm_relu(128)
        self.cam_layer = _ContextMask(dilation)

    def forward(self, x: Tensor) -> Tensor:
        added = self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))
        return torch.cat([x, added], dim=1)


class _CamPlusPlus(nn.Module):
    """Log mel energies less their mean (batch, frames, 80) to embeddings (batch, 192), not yet of length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.head = _Head()
        layers = nn.Sequential()
        layers.add_module(
            "tdnn", _Linear(nn.Conv1d(320, 128, 5, stride=2, padding=2, bias=False), _norm_relu(128), first="linear")
        )
        channels = 128
        for number, (depth, dilation) in enumerate(((12, 1), (24, 2), (16, 2)), start=1):
            block = nn.Sequential()
            for index in range(depth):
                block.add_module(f"tdnnd{index + 1}", _DenseLayer(channels + 32 * index, dilation))
            channels += 32 * depth
            layers.add_module(f"block{number}", block)
            half = nn.Conv1d(channels, channels // 2, 1, bias=False)
            layers.add_module(f"transit{number}", _Linear(half, _norm_relu(channels), first="nonlinear"))
            channels //= 2
        layers.add_module("out_nonlinear", _norm_relu(channels))
        self.xvector = layers
        norm = nn.Sequential()
        norm.add_module("batchnorm", nn.BatchNorm1d(DIMENSIONS, affine=False))
        layers.add_module("dense", _Linear(nn.Conv1d(channels * 2, DIMENSIONS, 1, bias=False), norm, first="linear"))

    def forward(self, mels: Tensor) -> Tensor:
        x: Tensor = self.head(mels.transpose(1, 2))
        for name, layer in self.xvector.named_children():
            x = layer(torch.cat([x.mean(-1), x.std(-1)], dim=-1).unsqueeze(-1) if name == "dense" else x)
        return x.squeeze(-1)


class CamPlusPlus:
    """The packaged CAM++ model as a :class:`pipeline.ports.Embedder`."""

    name = "campplus-zh-en"

    def __init__(self, weights: Path, sha256: str, *, device: str = "cpu") -> None:
        self.model_sha256 = sha256
        self._device = device
        self._mel = LogMel().to(device)
        self._model = _CamPlusPlus().eval()
        self._model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        self._model.to(device)

    def embed(self, audio: Audio, spans: Sequence[Span], *, progress: Progress) -> NDArray[np.float32]:
        """One vector of length 1 a span, shape (spans, 192). Spans need at least 0.1 s.

        Pieces of equal length go through the network together, so equal spans are fastest.
        """
        import numpy as np

        result = np.zeros((len(spans), DIMENSIONS), np.float32)
        by_length: dict[int, list[int]] = {}
        for index, span in enumerate(spans):
            by_length.setdefault(_frames_of(span), []).append(index)
        done = 0
        with torch.inference_mode():
            for frames, indices in sorted(by_length.items()):
                size = max(1, BATCH_FRAMES // frames)
                for begin in range(0, len(indices), size):
                    batch = indices[begin : begin + size]
                    result[batch] = self._vectors(audio, [spans[index] for index in batch], frames)
                    done += len(batch)
                    progress(done / len(spans))
        return result

    def _vectors(self, audio: Audio, spans: list[Span], frames: int) -> NDArray[np.float32]:
        import numpy as np

        samples = np.zeros((len(spans), FRAME + (frames - 1) * HOP), np.float32)
        for row, span in enumerate(spans):
            piece = audio.read(span)[: samples.shape[1]]
            samples[row, : len(piece)] = piece
        mels = self._mel(torch.from_numpy(samples).to(self._device))
        vectors = self._model(mels - mels.mean(1, keepdim=True))
        vectors = functional.normalize(vectors, dim=-1).cpu().numpy()
        return np.asarray(vectors, np.float32)


def _frames_of(span: Span) -> int:
    return max(8, (round(span.duration_s * SAMPLE_RATE_HZ) - FRAME) // HOP + 1)
