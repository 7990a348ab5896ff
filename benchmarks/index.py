"""This index beside others, from the real corpus's size to ten million."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.apart import WorkFailedError
from benchmarks.index_contestant import Contestant
from benchmarks.index_faiss import FaissContestant
from benchmarks.index_measure import Asked, Result, Trial, measure
from benchmarks.index_ours import Wordsight
from benchmarks.index_report import Outcome, building_table, draw, search_table
from benchmarks.index_rivals import NumpyExact, SqliteVec, Usearch
from benchmarks.index_truth import true_scores
from benchmarks.index_vectors import make_corpus, make_queries

SIZES = (69_364, 1_000_000, 10_000_000)
_METHOD = """Each index is built, tuned and asked in processes of its own, one after the other.
The corpus is one human caption of each COCO and Flickr30k photo, encoded (float16); the queries
are other people's captions of the same photos. Larger corpora go on with derived vectors: each
leaves a real one by the angle to one of its ten nearest neighbours, in a direction that lies at
random between that neighbour's and noise of the corpus's own covariance. What trades time for
recall (probes, or candidates of a graph) is the least that reaches the target on held-out queries
(2,000; of a million vectors 500, of ten million 200) with a certainty of 95 %; everything below is
then measured on others.
A vector counts as found if its score is the true k-th or higher: copies are as good as each other.
*Compared* is the share of vectors whose score is computed, with the centroids in brackets.
Building is told in seconds of processor time, of all threads. Memory is what the process grows
by, mapped files apart."""
_LARGE = """In float32 these vectors take 15 GB, and a graph's links more: so NumPy reads float16
from disk, FAISS Flat keeps float16 and FAISS IVF 8 bits a number in memory, and the graphs are left
out, which would take hours to build on 2 cores. The exact ways are asked few queries."""
_PICTURE = Path("docs/images/index-scale.svg")


@dataclass(frozen=True)
class Scale:
    """How one size is measured: queries, and the recall@10 that all are tuned to."""

    queries: int
    held_out: int
    target: float
    minutes: float
    remark: str = ""


def run(data: Path, cache: Path, sizes: Sequence[int] = SIZES) -> str:
    """The section, in Markdown; a picture of the cost by size where there are several."""
    parts, measured = ["## Nearest neighbours", "", _METHOD], {}
    for count in sizes:
        scale = _scale(count)
        outcomes = _outcomes(data, cache, count, scale)
        measured[count] = [one for one in outcomes if isinstance(one, Result)]
        title = f"### {count:,} vectors, tuned to a recall@10 of {scale.target}"
        texts = [title, scale.remark, search_table(outcomes), building_table(outcomes)]
        parts += [f"\n{text}" for text in texts if text]
    if len(sizes) > 1:
        draw(measured, _PICTURE)
        parts += ["", f"![Cost by number of vectors]({_PICTURE.relative_to('docs')})"]
    return "\n".join(parts)


def _scale(count: int) -> Scale:
    if count < 500_000:
        return Scale(10_000, 2_000, 0.99, 15)
    if count < 5_000_000:
        return Scale(1_000, 500, 0.98, 60)
    return Scale(500, 200, 0.95, 120, _LARGE)


def _contestants(count: int) -> list[Contestant]:
    if count >= 5_000_000:
        return [
            Wordsight(),
            NumpyExact(np.float16, queries=5),
            FaissContestant("FAISS Flat", "SQfp16", queries=20),
            FaissContestant("FAISS IVF", "IVF{cells},SQ8", "nprobe", training=64),
        ]
    return [
        Wordsight(),
        Wordsight("this index, one probe", "", one_probe=True),
        NumpyExact(),
        FaissContestant("FAISS Flat", "Flat"),
        FaissContestant("FAISS IVF", "IVF{cells},Flat", "nprobe"),
        FaissContestant("HNSW (FAISS)", "HNSW32,Flat", "ef"),
        Usearch(),
        SqliteVec(),
    ]


def _outcomes(data: Path, cache: Path, count: int, scale: Scale) -> list[Outcome]:
    corpus = make_corpus(data, cache, count)
    measured, held_out = (
        Asked(queries, true_scores(corpus, queries, cache))
        for queries in make_queries(data, cache, scale.queries, scale.held_out)
    )
    trial = Trial(corpus, measured, held_out, scale.target, scale.minutes)
    return [_outcome(one, trial, cache) for one in _contestants(count)]


def _outcome(contestant: Contestant, trial: Trial, cache: Path) -> Outcome:
    try:
        outcome: Outcome = measure(contestant, trial, cache)
    except WorkFailedError as reason:
        outcome = contestant.name, str(reason)
    print(search_table([outcome]).splitlines()[-1], file=sys.stderr, flush=True)  # it takes hours
    return outcome
