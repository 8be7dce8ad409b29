"""Whisper weights from the CTranslate2 form to those of openai-whisper and transformers: the same numbers under other names.

CTranslate2 (binary version 6, https://opennmt.net/CTranslate2) fuses query, key and value of self attention into one matrix,
and key and value of cross attention into another; everything else is renamed. Keys have no bias in Whisper.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.backends.weights import ModelFiles
from pipeline.backends.weights_cache import prepared_folder
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Mapping[str, "NDArray[Any]"]

BINARY_VERSION = 6
_DTYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}  # CTranslate2's numbering

# CTranslate2's name -> openai-whisper's; "{}" stands for the side ("encoder", "decoder") and the layer's number.
_LAYER_NAMES = {
    "self_attention/layer_norm": "attn_ln",
    "self_attention/linear_1": "attn.out",
    "attention/layer_norm": "cross_attn_ln",
    "attention/linear_0": "cross_attn.query",
    "attention/linear_2": "cross_attn.out",
    "ffn/layer_norm": "mlp_ln",
    "ffn/linear_0": "mlp.0",
    "ffn/linear_1": "mlp.2",
}
_FUSED = {
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
}
_LEAVES = {"gamma": "weight", "beta": "bias"}
_TOP_NAMES = {
    "encoder/position_encodings/encodings": "encoder.positional_embedding",
    "encoder/layer_norm/gamma": "encoder.ln_post.weight",
    "encoder/layer_norm/beta": "encoder.ln_post.bias",
    "decoder/embeddings/weight": "decoder.token_embedding.weight",
    "decoder/position_encodings/encodings": "decoder.positional_embedding",
    "decoder/layer_norm/gamma": "decoder.ln.weight",
    "decoder/layer_norm/beta": "decoder.ln.bias",
}
# openai-whisper's name -> transformers', applied in this order.
_TRANSFORMERS_NAMES = (
    (r"\.blocks\.", ".layers."),
    (r"\.cross_attn_ln\.", ".encoder_attn_layer_norm."),
    (r"\.attn_ln\.", ".self_attn_layer_norm."),
    (r"\.cross_attn\.", ".encoder_attn."),
    (r"\.attn\.", ".self_attn."),
    (r"\.query\.", ".q_proj."),
    (r"\.key\.", ".k_proj."),
    (r"\.value\.", ".v_proj."),
    (r"\.out\.", ".out_proj."),
    (r"\.mlp_ln\.", ".final_layer_norm."),
    (r"\.mlp\.0\.", ".fc1."),
    (r"\.mlp\.2\.", ".fc2."),
    (r"\.ln(_post)?\.", ".layer_norm."),
    (r"\.token_embedding\.", ".embed_tokens."),
    (r"\.positional_embedding$", ".embed_positions.weight"),
)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The sizes of a Whisper model, under openai-whisper's names."""

    n_mels: int
    n_audio_ctx: int
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_vocab: int
    n_text_ctx: int
    n_text_state: int
    n_text_head: int
    n_text_layer: int


def openai_folder(files: ModelFiles) -> Path:
    """A folder with ``model.pt`` (openai-whisper's ``dims`` and ``model_state_dict``) and the model's ``config.json``."""
    return _converted(files, "openai", _write_openai)


def transformers_folder(files: ModelFiles) -> Path:
    """A folder that transformers loads by path, with safetensors, configuration, tokenizer and alignment heads."""
    return _converted(files, "transformers", _write_transformers)


def _converted(files: ModelFiles, form: str, write: Callable[[Path, Path], None]) -> Path:
    return prepared_folder(f"{files.name}-{files.sha256[:8]}-{form}", lambda target: write(files.folder, target))


def read_ctranslate2(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a CTranslate2 ``model.bin`` by name, mapped from the file so that they take no memory.

    Raises ModelError for another format, or for weights that were quantized: they cannot be converted exactly.
    """
    try:
        with path.open("rb") as file:
            arrays = dict(_read_arrays(file, path))
    except (OSError, struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
        raise _unreadable(path) from error
    if any(name.endswith("weight_scale") for name in arrays):
        raise ModelError(
            f"{path} holds quantized weights, which cannot be converted.", hint="Use them with --engine faster-whisper."
        )
    return arrays


def _unreadable(path: Path) -> ModelError:
    return ModelError(
        f"{path} is not a CTranslate2 Whisper model.", hint="Choose a folder made by ct2-transformers-converter."
    )


def _read_arrays(file: BinaryIO, path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    import numpy as np

    def numbers(form: str) -> tuple[int, ...]:
        return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))

    def text() -> str:
        return file.read(numbers("H")[0]).rstrip(b"\0").decode()

    (version,) = numbers("I")
    if version != BINARY_VERSION or text() != "WhisperSpec":
        raise _unreadable(path)
    _revision, count = numbers("II")
    for _ in range(count):
        name = text()
        (rank,) = numbers("B")
        shape = numbers(f"{rank}I")
        kind, size = numbers("BI")
        yield name, np.memmap(path, dtype=_DTYPES[kind], mode="r", offset=file.tell(), shape=shape or (1,))
        file.seek(size, 1)


def openai_state(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """openai-whisper's state dict: views of ``arrays`` under its names."""
    return dict(_openai_items(arrays))


def _openai_items(arrays: Arrays) -> Iterator[tuple[str, NDArray[Any]]]:
    import numpy as np

    for name, array in arrays.items():
        if name in _TOP_NAMES:
            yield _TOP_NAMES[name], array
        elif convolution := re.fullmatch(r"encoder/(conv[12])/(weight|bias)", name):
            yield f"encoder.{convolution[1]}.{convolution[2]}", array
        elif layer := re.fullmatch(r"(encoder|decoder)/layer_(\d+)/(.+)/(\w+)", name):
            block = f"{layer[1]}.blocks.{layer[2]}"
            leaf = _LEAVES.get(layer[4], layer[4])
            if layer[3] in _LAYER_NAMES:
                yield f"{block}.{_LAYER_NAMES[layer[3]]}.{leaf}", array
            elif layer[3] in _FUSED:
                parts = _FUSED[layer[3]]
                for part, piece in zip(parts, np.split(array, len(parts)), strict=True):
                    if not part.endswith("key") or leaf != "bias":  # always 0 where CTranslate2 fuses it in
                        yield f"{block}.{part}.{leaf}", piece


def transformers_state(state: Arrays) -> dict[str, NDArray[Any]]:
    """transformers' state dict from openai-whisper's: the same arrays under its names."""
    renamed: dict[str, NDArray[Any]] = {}
    for name, array in state.items():
        for pattern, replacement in _TRANSFORMERS_NAMES:
            name = re.sub(pattern, replacement, name)
        renamed[f"model.{name}"] = array
    return renamed


def dimensions(arrays: Arrays) -> Dimensions:
    """The model's sizes, read from the shapes of its arrays."""

    def layers(side: str) -> int:
        return len({match[0] for name in arrays if (match := re.match(rf"{side}/layer_\d+/", name))})

    audio = arrays["encoder/position_encodings/encodings"].shape
    vocabulary = arrays["decoder/embeddings/weight"].shape
    return Dimensions(
        n_mels=arrays["encoder/conv1/weight"].shape[1],
        n_audio_ctx=audio[0],
        n_audio_state=audio[1],
        n_audio_head=int(arrays["encoder/num_heads"][0]),
        n_audio_layer=layers("encoder"),
        n_vocab=vocabulary[0],
        n_text_ctx=arrays["decoder/position_encodings/encodings"].shape[0],
        n_text_state=vocabulary[1],
        n_text_head=int(arrays["decoder/num_heads"][0]),
        n_text_layer=layers("decoder"),
    )


def _tensors(state: Arrays) -> dict[str, Any]:
    """Copies in memory: 16-bit as they come, 145 MB for Whisper base."""
    import numpy as np
    import torch

    return {name: torch.from_numpy(np.array(array)) for name, array in state.items()}


def _write_openai(source: Path, target: Path) -> None:
    import dataclasses

    import torch

    arrays = read_ctranslate2(source / "model.bin")
    checkpoint = {"dims": dataclasses.asdict(dimensions(arrays)), "model_state_dict": _tensors(openai_state(arrays))}
    torch.save(checkpoint, target / "model.pt")
    shutil.copyfile(source / "config.json", target / "config.json")


def _write_transformers(source: Path, target: Path) -> None:
    from safetensors.torch import save_file

    arrays = read_ctranslate2(source / "model.bin")
    sizes = dimensions(arrays)
    save_file(
        _tensors(transformers_state(openai_state(arrays))), target / "model.safetensors", metadata={"format": "pt"}
    )
    shutil.copyfile(source / "tokenizer.json", target / "tokenizer.json")
    tokens = _token_ids(source / "tokenizer.json")
    spec = json.loads((source / "config.json").read_text(encoding="utf-8"))
    documents = {
        "config.json": _model_config(sizes, tokens),
        "generation_config.json": _generation_config(sizes, tokens, spec),
        "preprocessor_config.json": {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": sizes.n_mels},
        "tokenizer_config.json": {"tokenizer_class": "WhisperTokenizer", "model_max_length": sizes.n_text_ctx},
    }
    for name, document in documents.items():
        (target / name).write_text(json.dumps(document, indent=1), encoding="utf-8")


def _token_ids(tokenizer: Path) -> dict[str, int]:
    """The ids of Whisper's special tokens, by their text."""
    added = json.loads(tokenizer.read_text(encoding="utf-8"))["added_tokens"]
    return {token["content"]: token["id"] for token in added}


def _common_config(tokens: Mapping[str, int]) -> dict[str, int]:
    end = tokens["<|endoftext|>"]
    return {
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": tokens["<|startoftranscript|>"],
    }


def _model_config(sizes: Dimensions, tokens: Mapping[str, int]) -> dict[str, Any]:
    return {
        "model_type": "whisper",
        "architectures": ["WhisperForConditionalGeneration"],
        "dtype": "float16",
        "vocab_size": sizes.n_vocab,
        "num_mel_bins": sizes.n_mels,
        "d_model": sizes.n_audio_state,
        "encoder_layers": sizes.n_audio_layer,
        "encoder_attention_heads": sizes.n_audio_head,
        "encoder_ffn_dim": 4 * sizes.n_audio_state,
        "decoder_layers": sizes.n_text_layer,
        "decoder_attention_heads": sizes.n_text_head,
        "decoder_ffn_dim": 4 * sizes.n_text_state,
        "max_source_positions": sizes.n_audio_ctx,
        "max_target_positions": sizes.n_text_ctx,
        **_common_config(tokens),
    }


def _generation_config(sizes: Dimensions, tokens: Mapping[str, int], spec: Mapping[str, Any]) -> dict[str, Any]:
    languages = {text: number for text, number in tokens.items() if number in set(spec.get("lang_ids", ()))}
    multilingual = sizes.n_vocab >= 51865  # one more token than the English-only models
    config: dict[str, Any] = {
        **_common_config(tokens),
        "max_length": sizes.n_text_ctx,
        "no_timestamps_token_id": tokens["<|notimestamps|>"],
        "alignment_heads": spec["alignment_heads"],
        "suppress_tokens": spec["suppress_ids"],
        "begin_suppress_tokens": spec["suppress_ids_begin"],
        "is_multilingual": multilingual,
    }
    if multilingual:
        config["lang_to_id"] = languages
        config["task_to_id"] = {task: tokens[f"<|{task}|>"] for task in ("transcribe", "translate")}
    return config
