"""Whisper by Hugging Face transformers (PyTorch)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tokenizers
import torch
import transformers
from transformers.modeling_outputs import BaseModelOutput

from pipeline.backends.whisper_alignment import token_edges_s
from pipeline.backends.whisper_listening import MAX_TOKENS, WhisperTranscriber
from pipeline.backends.whisper_words import Heard
from pipeline.errors import ModelError
from pipeline.machine import usable_cores
from pipeline.ports import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TransformersWhisper(WhisperTranscriber):
    """See :class:`pipeline.backends.whisper_listening.WhisperTranscriber`."""

    engine = "transformers"
    form = "transformers"

    def _has_cuda(self) -> bool:
        return torch.cuda.is_available()

    def _load(self) -> _Model:
        torch.set_num_threads(usable_cores())
        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()  # it warns of its own inner calls
        model = transformers.WhisperForConditionalGeneration.from_pretrained(
            self._files.folder,
            local_files_only=True,
            dtype=torch.float16 if self._device == "cuda" else torch.float32,
            attn_implementation="eager",  # the only one that shows the attention that word times are made from
        )
        return _Model(model.to(self._device).eval(), self._files.folder, self._config.beam_size)


class _Model:
    """Fits :class:`pipeline.backends.whisper_listening.WhisperModel`."""

    def __init__(self, model: Any, folder: Path, beam_size: int) -> None:
        self._model = model
        self._beam_size = beam_size
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._features = transformers.WhisperFeatureExtractor(feature_size=model.config.num_mel_bins)
        self._end = self._id("endoftext")

    workers = 1  # PyTorch shares each step among the cores by itself

    @property
    def multilingual(self) -> bool:
        return bool(self._model.generation_config.is_multilingual)

    @torch.inference_mode()
    def encode(self, samples: NDArray[np.float32]) -> Any:
        features = self._features(list(samples), sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt").input_features
        return self._model.get_encoder()(features.to(self._model.device, self._model.dtype)).last_hidden_state

    def languages(self, encoded: Any) -> list[dict[str, float]]:
        known = {text.strip("<|>"): token for text, token in self._model.generation_config.lang_to_id.items()}
        certain = self._first_logits(encoded)[:, list(known.values())].softmax(-1)
        return [dict(zip(known, row, strict=True)) for row in certain.tolist()]

    @torch.inference_mode()
    def hear(self, encoded: Any, language: str, lengths_s: Sequence[float]) -> list[Heard]:
        spoken = {"language": language, "task": "transcribe"} if self.multilingual else {}
        found = self._model.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
            num_beams=self._beam_size,
            max_new_tokens=MAX_TOKENS,
            return_timestamps=False,
            **spoken,
        )
        silent = self._first_logits(encoded).softmax(-1)[:, self._no_speech].tolist()
        start = self._start(language)
        return [self._aligned(*row, start) for row in zip(found.tolist(), encoded, lengths_s, silent, strict=True)]

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens)))

    @torch.inference_mode()
    def _first_logits(self, encoded: Any) -> torch.Tensor:
        """What the decoder expects as first token, shape (windows, vocabulary)."""
        start = torch.full((len(encoded), 1), self._id("startoftranscript"), device=self._model.device)
        logits: torch.Tensor = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded), decoder_input_ids=start
        ).logits[:, 0]
        return logits.float()

    def _aligned(self, found: list[int], encoded: Any, length_s: float, silent: float, start: list[int]) -> Heard:
        """Reads the found text once more in one go, looking at the decoder's attention."""
        tokens = [token for token in found if token < self._end]
        read = torch.tensor([[*start, *tokens, self._end]], device=self._model.device)
        output = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded[None]),
            decoder_input_ids=read,
            output_attentions=True,
        )
        logits = output.logits[0, len(start) - 1 : -1].float()
        written = [*tokens, self._end]
        mean = logits.log_softmax(-1)[range(len(written)), written].mean()
        certain = logits[:-1, : self._end].softmax(-1)[range(len(tokens)), tokens].tolist() if tokens else []
        heads = self._model.generation_config.alignment_heads
        attention = torch.stack([output.cross_attentions[layer][0, head] for layer, head in heads])
        edges_s = token_edges_s(attention, prompt_tokens=len(start), length_s=length_s)
        return Heard(tuple(tokens), edges_s, tuple(certain), float(mean), silent)

    def _start(self, language: str) -> list[int]:
        kinds = ["startoftranscript", *([language, "transcribe"] if self.multilingual else []), "notimestamps"]
        return [self._id(kind) for kind in kinds]

    @property
    def _no_speech(self) -> int:
        return (
            self._id("nospeech") if self._tokenizer.token_to_id("<|nospeech|>") is not None else self._id("nocaptions")
        )

    def _id(self, kind: str) -> int:
        found: int | None = self._tokenizer.token_to_id(f"<|{kind}|>")
        if found is None:
            raise ModelError(f"The model's vocabulary has no <|{kind}|>.", hint="Choose a Whisper model.")
        return found
