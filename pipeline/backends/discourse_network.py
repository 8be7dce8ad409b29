"""The network that reads a lesson's sentences in the light of their neighbours, and how text becomes its tokens.

Sentences that follow each other lie in one window of up to 256 tokens, each behind a marker that says who speaks and whether
the speaker has just changed. One pass judges all of them, so context costs nothing. A sentence is read off its marker and
the mean of its tokens. Case and punctuation are taken away first: speech recognition gives them unreliably.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from pipeline.lesson import Role
from pipeline.ports import DEMAND_LABELS, FOCUS_LABELS, QUESTION_KINDS, STUDENT_LABELS, TEACHER_LABELS, Sentence

WINDOW_TOKENS = 256  # positions that the encoder was made for
SENTENCE_TOKENS = 72  # of a longer sentence, the first and the last ones
UPTAKE_TOKENS = (70, 120)  # of the student's and of the teacher's turn; what is longer loses its middle
_ROLES: tuple[Role, ...] = ("teacher", "student", "unknown")
_FIRST_MARKER = 1  # [unused0] and the following are tokens that no text contains
_CLS, _SEP, _PAD = 101, 102, 0

HEADS = {"teacher": len(TEACHER_LABELS), "student": len(STUDENT_LABELS), "question": 1, "role": 2, "uptake": 1}
LATE_HEADS = {"kind": len(QUESTION_KINDS), "focus": len(FOCUS_LABELS), "demand": len(DEMAND_LABELS)}
"""Fitted on few labels when the encoder is done."""
_APOSTROPHES = str.maketrans("", "", "'’‘`´")


def plain_text(text: str) -> str:
    """Lower case, without apostrophes, other punctuation turned to blanks."""
    return " ".join(re.sub(r"[\W_]+", " ", text.lower().translate(_APOSTROPHES)).split())


def marker(sentence: Sentence) -> int:
    """The token that stands before a sentence: who speaks, and whether the one before was somebody else's."""
    return _FIRST_MARKER + 2 * _ROLES.index(sentence.role) + sentence.new_speaker


def clipped(tokens: Sequence[int], longest: int = SENTENCE_TOKENS) -> list[int]:
    """Beginning and end of a long sentence: both say more than its middle."""
    if len(tokens) <= longest:
        return list(tokens)
    return [*tokens[: longest // 2], *tokens[len(tokens) - longest + longest // 2 :]]


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences that are read together: ``tokens`` with the markers, and where each sentence's marker stands."""

    tokens: tuple[int, ...]
    markers: tuple[int, ...]

    @classmethod
    def of(cls, sentences: Sequence[Sequence[int]]) -> Window:
        """``sentences``: each its marker, then its tokens."""
        tokens, places = [_CLS], []
        for sentence in sentences:
            places.append(len(tokens))
            tokens.extend(sentence)
        return cls((*tokens, _SEP), tuple(places))


def fill_windows(lengths: Sequence[int], start: int = 0, room: int = WINDOW_TOKENS - 2) -> list[tuple[int, int]]:
    """Runs of sentences (first, behind the last) whose lengths in tokens fit into ``room``, one after the other."""
    runs, first, used = [], start, 0
    for place in range(start, len(lengths)):
        if used + lengths[place] > room and place > first:
            runs.append((first, place))
            first, used = place, 0
        used += lengths[place]
    if first < len(lengths):
        runs.append((first, len(lengths)))
    return runs


def exchange_window(tokenizer: Tokenizer, student: str, teacher: str) -> Window:
    """A student's turn and the teacher's after it, to be read together."""
    said: tuple[tuple[str, Role], ...] = ((plain_text(student), "student"), (plain_text(teacher), "teacher"))
    return Window.of(
        [
            [marker(Sentence(text, role, True)), *clipped(tokenizer.encode(text, add_special_tokens=False).ids, room)]
            for (text, role), room in zip(said, UPTAKE_TOKENS, strict=True)
        ]
    )


class DiscourseNetwork(nn.Module):
    """A MiniLM encoder with one linear head a question that is put to it; see :data:`HEADS`."""

    def __init__(self, encoder: nn.Module, width: int = 384) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict({name: nn.Linear(2 * width, size) for name, size in (HEADS | LATE_HEADS).items()})

    def read(self, windows: Sequence[Window]) -> Tensor:
        """What is known of each sentence, in order, shape (sentences of all windows, 768)."""
        longest = max(len(window.tokens) for window in windows)
        tokens = torch.tensor([[*window.tokens, *[_PAD] * (longest - len(window.tokens))] for window in windows])
        states = self.encoder(input_ids=tokens, attention_mask=(tokens != _PAD).long()).last_hidden_state
        found = []
        for row, window in enumerate(windows):
            ends = (*window.markers[1:], len(window.tokens) - 1)
            sums = torch.cat([torch.zeros_like(states[row, :1]), states[row].cumsum(0)])
            first, last = torch.tensor(window.markers), torch.tensor(ends)
            means = (sums[last] - sums[first]) / (last - first).unsqueeze(1)
            found.append(torch.cat([states[row, first], means], dim=1))
        return torch.cat(found)

    def ask(self, read: Tensor, head: str) -> Tensor:
        """A head's logits, shape (sentences, size)."""
        return cast("Tensor", self.heads[head](read))


def empty_encoder(config: dict[str, Any]) -> nn.Module:
    """A BERT of that shape with arbitrary weights, without the pooling layer that nobody asks."""
    from transformers import BertConfig, BertModel

    return cast("nn.Module", BertModel(BertConfig(**config), add_pooling_layer=False))


def save_network(network: DiscourseNetwork, folder: Path, about: dict[str, Any]) -> None:
    """Writes ``weights.npz`` (matrices as int8 with a scale a row, the rest as they are) and ``network.json``."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, tensor in network.state_dict().items():
        values = tensor.detach().numpy()
        if values.ndim == 2 and values.size > 4096 and name.startswith("encoder."):
            scale = np.abs(values).max(axis=1, keepdims=True) / 127 + 1e-12
            arrays[f"{name}:int8"] = np.round(values / scale).astype(np.int8)
            arrays[f"{name}:scale"] = scale.astype(np.float32)
        elif np.issubdtype(values.dtype, np.floating):
            arrays[name] = values.astype(np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "weights.npz", **arrays)  # type: ignore[arg-type]
    (folder / "network.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load_network(folder: Path) -> tuple[DiscourseNetwork, dict[str, Any]]:
    """What :func:`save_network` wrote, ready to be asked. Nothing is unpickled."""
    about = json.loads((folder / "network.json").read_text(encoding="utf-8"))
    with torch.device("meta"):
        network = DiscourseNetwork(empty_encoder(about["encoder"]))
    state = {}
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        for name in arrays.files:
            if name.endswith(":int8"):
                plain = name.removesuffix(":int8")
                state[plain] = torch.from_numpy(arrays[name].astype(np.float32) * arrays[f"{plain}:scale"])
            elif not name.endswith(":scale"):
                state[name] = torch.from_numpy(arrays[name])
    missing, unexpected = network.load_state_dict(state, strict=False, assign=True)
    if unexpected or any(not name.endswith("position_ids") and not name.endswith("token_type_ids") for name in missing):
        raise ValueError(f"{folder} holds the weights of another network")
    for name, buffer in list(network.named_buffers()):
        _restore_buffer(network, name, buffer)
    return network.eval(), about


def _restore_buffer(network: nn.Module, name: str, buffer: Tensor) -> None:
    """The counting buffers of BERT are not saved; they are made anew."""
    path, _, leaf = name.rpartition(".")
    shape = buffer.shape
    values = torch.arange(shape[-1]).expand(shape) if leaf == "position_ids" else torch.zeros(shape, dtype=torch.long)
    network.get_submodule(path).register_buffer(leaf, values, persistent=False)


def load_tokenizer(folder: Path) -> Tokenizer:
    """WordPiece, as the encoder was trained with."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
