"""Fits the heads for kind, focus and demand of a question to a trained network, on questions that were labelled by hand.

    python -m pipeline.training.question_kinds --moves FILE.csv.gz --network FOLDER

The labels lie beside this file, by transcript and row (from 0) of TalkMoves' table, without the text: 960 teachers' questions,
read twice by different readers in different order before any tagger of kinds was trained; where they disagreed, a third
reading decided. The encoder stays as it is: a head is a logistic regression on what it knows of a sentence, its strength
chosen by cross validation over transcripts. Questions of transcripts that are kept aside are only scored.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline.backends.discourse_minilm import overlapping_runs
from pipeline.backends.discourse_network import (
    DiscourseNetwork,
    Window,
    load_network,
    load_tokenizer,
    save_network,
)
from pipeline.ports import DEMAND_LABELS, FOCUS_LABELS, QUESTION_KINDS
from pipeline.training.discourse import Said, as_tokens, kept_aside, read_moves

LABELS = Path(__file__).with_name("question_kinds.csv")
STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03)
FOLDS = 5
CHOICES = {"kind": QUESTION_KINDS, "focus": FOCUS_LABELS, "demand": DEMAND_LABELS}


def knowledge(network: DiscourseNetwork, lesson: Sequence[Said]) -> NDArray[np.float32]:
    """What the network knows of each sentence of a lesson, shape (sentences, 768), read as the program reads it."""
    tokens = [as_tokens(said, variant=0, role=None, dice=None) for said in lesson]
    rows = np.zeros((len(tokens), 768), dtype=np.float32)
    with torch.inference_mode():
        for run in overlapping_runs([len(item) for item in tokens]):
            read = network.read([Window.of(tokens[run.first : run.last])]).numpy()
            rows[run.begin : run.end] = read[run.begin - run.first : run.end - run.first]
    return rows


def fit_head(known: NDArray[np.float32], labels: NDArray[np.int64], groups: NDArray[np.int64], size: int) -> Any:
    """The weight, shape (size, 768), and bias of a head; and the strength that cross validation preferred."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    def model(strength: float) -> Any:
        return LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)

    def score(strength: float) -> float:
        guess = cross_val_predict(model(strength), known, labels, groups=groups, cv=GroupKFold(FOLDS))
        return float(f1_score(labels, guess, average="macro"))

    best = max(STRENGTHS, key=score)
    fitted = model(best).fit(known, labels)
    weight, bias = np.zeros((size, known.shape[1]), np.float32), np.full(size, -20.0, np.float32)
    weight[fitted.classes_], bias[fitted.classes_] = fitted.coef_, fitted.intercept_
    return weight, bias, best, score(best)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fits the heads, prints the figures of what was kept aside, and writes the weights again."""
    import pandas as pd
    from sklearn.metrics import classification_report, cohen_kappa_score, f1_score

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=Path, required=True)
    parser.add_argument("--network", type=Path, required=True)
    given = parser.parse_args(arguments)
    network, about = load_network(given.network)
    lessons = read_moves(given.moves, load_tokenizer(given.network))
    table = pd.read_csv(LABELS)
    rows = {name: knowledge(network, lessons[name]) for name in sorted(set(table.transcript))}
    known = np.stack([rows[name][row] for name, row in zip(table.transcript, table.row, strict=True)])
    aside = np.array([kept_aside(name) for name in table.transcript])
    groups = np.unique(table.transcript, return_inverse=True)[1]
    centre, spread = known[~aside].mean(0), known[~aside].std(0) + 1e-6
    for head, labels in CHOICES.items():
        right = np.array([labels.index(label) for label in table[head]])
        asked = ~aside if head == "kind" else ~aside & table.kind.isin(["open", "closed"]).to_numpy()
        checked = aside if head == "kind" else aside & table.kind.isin(["open", "closed"]).to_numpy()
        scaled = (known - centre) / spread
        weight, bias, strength, cross = fit_head(scaled[asked], right[asked], groups[asked], len(labels))
        guess = (scaled[checked] @ weight.T + bias).argmax(1)
        kappa = cohen_kappa_score(table[f"first_{head}"], table[f"second_{head}"])
        figure = f1_score(right[checked], guess, average="macro")
        print(
            f"{head}: kappa of the readers {kappa:.3f}; macro F1 {figure:.3f} kept aside, {cross:.3f} crossed; C {strength}"
        )
        there = sorted(set(right[checked]))
        names = [labels[place] for place in there]
        print(classification_report(right[checked], guess, labels=there, target_names=names, zero_division=0))
        about["figures"][f"{head}_macro_f1"] = float(figure)
        with torch.no_grad():
            layer = cast("nn.Linear", network.heads[head])
            layer.weight.copy_(torch.from_numpy(weight / spread))
            layer.bias.copy_(torch.from_numpy(bias - (weight / spread) @ centre))
    save_network(network, given.network, about)
    print(json.dumps(about["figures"]))


if __name__ == "__main__":
    main()
