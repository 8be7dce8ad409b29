"""Fits what stands on a trained network: kind, focus and demand of a question, uptake, and how rare moves are weighed.

    python -m pipeline.training.discourse_heads --moves FILE.csv.gz --uptake FILE.csv --network FOLDER

Labels of kinds lie beside this file, by transcript and row (from 0) of TalkMoves' table, without the text: 960 teachers' questions,
read twice by different readers in different order before any tagger of kinds was trained; where they disagreed, a third
reading decided. The encoder stays as it is. A head of kinds is a logistic regression on what it knows of a sentence; uptake is a
ridge regression on signs in the words and on the network's moves. Strengths are chosen by cross validation over lessons. What is
kept aside is only scored.
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

from pipeline.backends.discourse_minilm import exchange_signs, overlapping_runs
from pipeline.backends.discourse_network import (
    DiscourseNetwork,
    Window,
    load_network,
    load_tokenizer,
    save_network,
)
from pipeline.ports import DEMAND_LABELS, FOCUS_LABELS, QUESTION_KINDS
from pipeline.training.discourse import UPTAKE_SCALE, Said, as_tokens, exchange_kept_aside, kept_aside, read_moves

LABELS = Path(__file__).with_name("question_kinds.csv")
STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03)
FOLDS = 5
CHOICES = {"kind": QUESTION_KINDS, "focus": FOCUS_LABELS, "demand": DEMAND_LABELS}


def knowledge(network: DiscourseNetwork, lesson: Sequence[Said], places: Sequence[int]) -> NDArray[np.float32]:
    """What the network knows of these sentences of a lesson, shape (places, 768), read as the program reads them."""
    tokens = [as_tokens(said, variant=0, role=None, dice=None) for said in lesson]
    runs = overlapping_runs([len(item) for item in tokens])
    found = []
    with torch.inference_mode():
        for place in places:
            run = next(run for run in runs if run.begin <= place < run.end)
            found.append(network.read([Window.of(tokens[run.first : run.last])])[place - run.first].numpy())
    return np.stack(found)


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


def fit_uptake(network: DiscourseNetwork, tokenizer: Any, path: Path) -> tuple[dict[str, Any], float, float]:
    """The weights of the signs of uptake; Spearman's correlation of what was kept aside, and of cross validation."""
    import pandas as pd
    from scipy.stats import spearmanr
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import GroupKFold, cross_val_predict

    table = pd.read_csv(path)
    table = table[table.uptake_zscore.notna()]
    signs = exchange_signs(network, tokenizer, list(zip(table.student_text, table.teacher_text, strict=True)))
    rated = table.uptake_zscore.to_numpy()
    aside = np.array([exchange_kept_aside(name) for name in table.obs_id])
    centre, spread = signs[~aside].mean(0), signs[~aside].std(0) + 1e-6
    scaled = (signs - centre) / spread
    model = RidgeCV(np.logspace(0, 3, 10))
    crossed = cross_val_predict(model, scaled[~aside], rated[~aside], groups=table.obs_id[~aside], cv=GroupKFold(FOLDS))
    fitted = model.fit(scaled[~aside], rated[~aside])
    weights = fitted.coef_ / spread
    about = {"weights": weights.tolist(), "bias": float(fitted.intercept_ - weights @ centre), **UPTAKE_SCALE}
    figure = spearmanr(rated[aside], fitted.predict(scaled[aside])).statistic
    return about, float(figure), float(spearmanr(rated[~aside], crossed).statistic)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fits the heads, prints the figures of what was kept aside, and writes the weights again."""
    import pandas as pd
    from sklearn.metrics import classification_report, cohen_kappa_score, f1_score

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=Path, required=True)
    parser.add_argument("--uptake", type=Path, required=True)
    parser.add_argument("--network", type=Path, required=True)
    given = parser.parse_args(arguments)
    network, about = load_network(given.network)
    lessons = read_moves(given.moves, load_tokenizer(given.network))
    table = pd.read_csv(LABELS)
    known = np.concatenate(
        [knowledge(network, lessons[name], rows.row.tolist()) for name, rows in table.groupby("transcript", sort=False)]
    )
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
    about["uptake"], figure, cross = fit_uptake(network, load_tokenizer(given.network), given.uptake)
    print(f"uptake: Spearman {figure:.3f} kept aside, {cross:.3f} crossed")
    about["figures"]["uptake_spearman"] = figure
    save_network(network, given.network, about)
    print(json.dumps(about["figures"]))


if __name__ == "__main__":
    main()
