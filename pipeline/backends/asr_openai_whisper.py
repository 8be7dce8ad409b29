"""Whisper by OpenAI's own program (PyTorch): the reference that other engines are measured against."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import whisper
from whisper.model import ModelDimensions, Whisper, disable_sdpa
from whisper.tokenizer import get_tokenizer

from pipeline.backends.whisper_alignment import token_edges_s
from pipeline.backends.whisper_listening import MAX_TOKENS, WhisperTranscriber
from pipeline.backends.whisper_words import Heard
from pipeline.machine import usable_cores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OpenaiWhisper(WhisperTranscriber):
    """See :class:`pipeline.backends.whisper_listening.WhisperTranscriber`."""

    engine = "openai-whisper"
    form = "openai"

    def _has_cuda(self) -> bool:
        return torch.cuda.is_available()

    def _load(self) -> _Model:
        torch.set_num_threads(usable_cores())
        return _Model(_load(self._files.folder, self._device), self._config.beam_size)


def _load(path: Path, device: str) -> Whisper:
    """From a ``.pt`` file, or from a folder with one and the alignment heads in ``config.json``."""
    weights, config = (path, None) if path.is_file() else (path / "model.pt", path / "config.json")
    checkpoint = torch.load(weights, map_location="cpu", weights_only=True, mmap=True)
    model = Whisper(ModelDimensions(**checkpoint["dims"]))
    model.load_state_dict(checkpoint["model_state_dict"])
    if config and config.is_file():
        heads = json.loads(config.read_text(encoding="utf-8"))["alignment_heads"]
        mask = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
        mask[tuple(torch.tensor(heads).T)] = True
        model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
    return model.to(device).eval()


class _Model:
    """Fits :class:`pipeline.backends.whisper_listening.WhisperModel`."""

    def __init__(self, model: Whisper, beam_size: int) -> None:
        self._model = model
        self._beam_size = beam_size
        self._half = model.device.type == "cuda"
        self._tokenizer = self._tokenizer_of("en")

    workers = 1  # PyTorch shares each step among the cores by itself

    @property
    def multilingual(self) -> bool:
        return bool(self._model.is_multilingual)

    @torch.inference_mode()
    def encode(self, samples: NDArray[np.float32]) -> Any:
        mels = [whisper.log_mel_spectrogram(torch.from_numpy(row), self._model.dims.n_mels) for row in samples]
        batch = torch.stack(mels).to(self._model.device)
        return self._model.encoder(batch.half() if self._half else batch)

    def languages(self, encoded: Any) -> list[dict[str, float]]:
        return list(whisper.detect_language(self._model, encoded, self._tokenizer)[1])

    @torch.inference_mode()
    def hear(self, encoded: Any, language: str, lengths_s: Sequence[float]) -> list[Heard]:
        options = whisper.DecodingOptions(
            language=language,
            beam_size=self._beam_size if self._beam_size > 1 else None,
            without_timestamps=True,
            sample_len=MAX_TOKENS,
            fp16=self._half,
        )
        # One by one: with several windows its beam search does not repeat the sound for each beam, and fails.
        results = [whisper.decode(self._model, window[None], options)[0] for window in encoded]
        tokenizer = self._tokenizer_of(language)
        return [self._aligned(*row, tokenizer) for row in zip(results, encoded, lengths_s, strict=True)]

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens)))

    def _tokenizer_of(self, language: str) -> Any:
        return get_tokenizer(
            self._model.is_multilingual, num_languages=self._model.num_languages, language=language, task="transcribe"
        )

    def _aligned(self, result: Any, encoded: Any, length_s: float, tokenizer: Any) -> Heard:
        """Reads the found text once more in one go, looking at the decoder's attention."""
        tokens = [token for token in result.tokens if token < tokenizer.eot]
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        read = torch.tensor([[*start, *tokens, tokenizer.eot]], device=self._model.device)
        with _attention_of(self._model) as attention:
            logits = self._model.decoder(read, encoded[None])[0, len(start) - 1 : -2, : tokenizer.eot]
        certain = logits.softmax(-1)[range(len(tokens)), tokens].tolist() if tokens else []
        weights = torch.stack(
            [attention[layer][head] for layer, head in self._model.alignment_heads.indices().T.tolist()]
        )
        edges_s = token_edges_s(weights.softmax(-1), prompt_tokens=len(start), length_s=length_s)
        return Heard(tuple(tokens), edges_s, tuple(certain), result.avg_logprob, result.no_speech_prob)


@contextmanager
def _attention_of(model: Whisper) -> Iterator[dict[int, torch.Tensor]]:
    """Fills, for each decoder layer, its attention to the sound before the softmax: shape (heads, tokens, frames)."""
    seen: dict[int, torch.Tensor] = {}
    hooks = [
        block.cross_attn.register_forward_hook(lambda _, __, output, layer=layer: seen.__setitem__(layer, output[1][0]))
        for layer, block in enumerate(model.decoder.blocks)
    ]
    try:
        with disable_sdpa():
            yield seen
    finally:
        for hook in hooks:
            hook.remove()
