"""How far labels on text can be trusted, and what they cost.

    python benchmarks/text.py [--moves FILE.csv.gz] [--uptake FILE.csv]

On what training never saw (:mod:`pipeline.training.discourse`), through the code of ``lessonmirror label``: talk moves,
questions, uptake and kinds; with roles and without; the correlation of each label's share of a lesson with the true one; how
often a confidence is right; seconds and memory for 800 utterances. Text is in lower case without punctuation. Needs
scikit-learn and scipy.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import f1_score

from pipeline import labelling, registry
from pipeline.config import Config
from pipeline.lesson import Utterance
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS, DiscourseModel
from pipeline.stages.discourse import judge_discourse
from pipeline.training.discourse import exchange_kept_aside, kept_aside
from pipeline.training.discourse_heads import LABELS

SHARED = Path(__file__).resolve().parents[2] / "shared"
UTTERANCES = 800
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
_ONE_LESSON = """
import resource, sys, time
import pandas as pd
from pipeline import registry
from pipeline.config import Config
from pipeline.lesson import Utterance
from pipeline.stages.discourse import judge_discourse
table = pd.read_csv(sys.argv[1], keep_default_na=False)
rows = enumerate(table.itertuples())
said = [Utterance(f"u{n}", None, f"{row.turn}{row.speaker}", row.role, row.sentence) for n, row in rows]
began = time.perf_counter()
model = registry.discourse_model(Config())
loaded = time.perf_counter()
judge_discourse(model, said, progress=lambda done: None)
ended = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(f"{len(said)} utterances: {loaded - began:.1f} s to load, {ended - loaded:.1f} s to judge, {peak:.2f} GB at most")
"""


def stripped(text: str, between: str = " ") -> str:
    """Lower case, without punctuation: apostrophes dropped, other marks turned to ``between``."""
    plain = re.sub(r"['’]", "", text.lower())
    return " ".join(re.sub(r"[^\w\s]+|_", between, plain).split())


def macro_f1(true: pd.Series, guess: pd.Series, labels: tuple[str, ...]) -> tuple[float, np.ndarray]:
    """Mean F1 and each label's, anything that is no label counted as none."""
    right, found = (column.where(column.isin(labels), "none") for column in (true, guess))
    each = f1_score(right, found, labels=list(labels), average=None, zero_division=0)
    return float(each.mean()), each


def moves(reference: pd.DataFrame, labelled: pd.DataFrame, title: str, *, each: bool = False) -> None:
    """Talk moves and questions of one way to write the text."""
    print(f"\n{title}")
    for role, labels in (("teacher", TEACHER_LABELS), ("student", STUDENT_LABELS)):
        mine = reference.role == role
        true, guess = reference.loc[mine, f"{role}_move"], labelled.loc[mine, f"{role}_move"]
        mean, scores = macro_f1(true, guess, labels)
        print(f"  {role} moves: macro F1 {mean:.3f}")
        for label, score in zip(labels, scores, strict=True) if each else ():
            lesson = reference.transcript[mine]
            rates = pd.DataFrame({"t": lesson, "a": true == label, "b": guess == label}).groupby("t").mean()
            print(
                f"    {label:<34} F1 {score:.3f}  share of a lesson r {rates.a.corr(rates.b):.2f}  n {(true == label).sum()}"
            )
    asked, found = reference.sentence.str.contains(r"\?"), labelled.question == "true"
    for role in ("teacher", "student"):
        mine = reference.role == role
        rates = pd.DataFrame({"t": reference.transcript, "a": asked, "b": found})[mine].groupby("t").mean()
        print(
            f"  {role} questions: F1 {f1_score(asked[mine], found[mine]):.3f}, rate of a lesson r {rates.a.corr(rates.b):.3f}"
        )


def confidence(reference: pd.DataFrame, said: pd.DataFrame, model: DiscourseModel) -> None:
    """How often moves and questions of a confidence are right, and the expected calibration error."""
    rows = []
    for _, part in said.groupby("transcript", sort=False):
        utterances = [
            Utterance(f"u{n}", None, f"{row.turn}/{row.speaker}", row.role, row.sentence)
            for n, row in enumerate(part.itertuples())
        ]
        judged = judge_discourse(model, utterances, progress=lambda done: None, uptake=False).of(utterances)
        for place, found in zip(part.index, judged, strict=True):
            role = reference.role[place]
            if role not in ("teacher", "student") or found is None:
                continue
            judgement = found.judgement
            labels, shares = (
                (TEACHER_LABELS, judgement.teacher) if role == "teacher" else (STUDENT_LABELS, judgement.student)
            )
            true = reference.loc[place, f"{role}_move"]
            best = int(np.argmax(shares))
            rows.append(("move", shares[best], labels[best] == (true if true in labels else "none")))
            asks = "?" in reference.sentence[place]
            rows.append(
                ("question", max(judgement.question, 1 - judgement.question), (judgement.question >= 0.5) == asks)
            )
    table = pd.DataFrame(rows, columns=["what", "sure", "right"])
    for what, part in table.groupby("what"):
        bins = part.groupby(pd.cut(part.sure, BINS, right=False), observed=True).agg(
            sure=("sure", "mean"), right=("right", "mean"), n=("right", "size")
        )
        error = float((bins.n * (bins.sure - bins.right).abs()).sum() / bins.n.sum())
        print(f"\nConfidence of a {what}: expected calibration error {error:.3f}\n{bins.round(3).to_string()}")


def kinds(reference: pd.DataFrame, labelled: pd.DataFrame) -> None:
    """Kinds of questions against the labels of developers, on lessons that were kept aside; each is taken to be a question."""
    table = pd.read_csv(LABELS)
    table = table[[kept_aside(name) for name in table.transcript]]
    numbered = labelled.assign(row=reference.groupby("transcript").cumcount())
    both = table.merge(numbered[["transcript", "row", "question_kind"]], on=["transcript", "row"])
    found = both[both.question_kind != ""]
    labels = ["open", "closed", "procedural", "rhetorical"]
    each = f1_score(found.kind, found.question_kind, labels=labels, average=None)
    print(f"\nKinds: {len(found)} of {len(both)} found as questions; macro F1 {each.mean():.3f}")
    print("  " + ", ".join(f"{label} {score:.3f}" for label, score in zip(labels, each, strict=True)))


def main() -> None:
    """Prints all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=Path, default=SHARED / "talkmoves" / "train.csv.gz")
    parser.add_argument("--uptake", type=Path, default=SHARED / "uptake" / "train.csv")
    parser.add_argument("--quick", action="store_true", help="only labels with roles, and kinds")
    given = parser.parse_args()
    model = registry.discourse_model(Config())
    if model is None:
        raise SystemExit("Rules judge: switch the trained weights on in the settings.")
    table = pd.read_csv(given.moves, keep_default_na=False, low_memory=False, dtype=str)
    table = table[[kept_aside(name) for name in table.transcript]].reset_index(drop=True)
    said = table[["transcript", "turn", "speaker", "role", "sentence"]]
    plain = said.assign(sentence=said.sentence.map(stripped))
    nothing = lambda done: None  # noqa: E731 - a benchmark has nobody to report to
    labelled = labelling.label_sentences(plain, model, progress=nothing)
    moves(table, labelled, f"{len(table)} sentences of {table.transcript.nunique()} lessons kept aside", each=True)
    kinds(table, labelled)
    exchanges = pd.read_csv(given.uptake)
    exchanges = exchanges[exchanges.obs_id.map(exchange_kept_aside) & exchanges.uptake_zscore.notna()]
    for title, pairs in (
        ("as written", exchanges),
        (
            "stripped",
            exchanges.assign(
                student_text=exchanges.student_text.map(stripped), teacher_text=exchanges.teacher_text.map(stripped)
            ),
        ),
    ):
        for name, judge in (("model", model), ("shared words", None)):
            rated = labelling.rate_uptake(pairs, judge)
            rank = spearmanr(rated.uptake_zscore, rated.uptake).statistic
            print(f"Uptake of {len(rated)} exchanges, {title}, {name}: Spearman {rank:.3f}")
    if given.quick:
        return
    without = labelling.label_sentences(
        said.assign(sentence=said.sentence.map(lambda text: stripped(text, ""))), model, progress=nothing
    )
    moves(table, without, "The same with punctuation dropped rather than made blanks")
    blind = labelling.label_sentences(plain.assign(role="unknown"), model, progress=nothing)
    moves(table, blind, "The same with all roles unknown")
    moves(table, labelling.label_sentences(said, model, progress=nothing), "The same as written, with punctuation")
    confidence(table, plain, model)
    cost(plain)


def cost(plain: pd.DataFrame) -> None:
    """Time and memory for one lesson in a process of its own."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lesson.csv")
        plain.head(UTTERANCES).to_csv(path, index=False)
        print()
        subprocess.run([sys.executable, "-c", _ONE_LESSON, str(path)], check=True)


if __name__ == "__main__":
    main()
