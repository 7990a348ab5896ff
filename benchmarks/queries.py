"""What words add, what `-word` takes off, and how likely results are, on the development photos.

    python -m benchmarks.queries /path/to/data

prints the tables of docs/queries.md and the regression that `search/likelihood.py` holds.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from wordsight.catalog.texts import words_in
from wordsight.evaluation.retrieval import FUSED, Gallery, describe_all, own_ranks, relevance
from wordsight.models.packaged import ModelSet
from wordsight.photos.collection import Collection
from wordsight.search.finder import AVOIDED_WEIGHT
from wordsight.search.naming import STOP_WORDS

_ALIKE = 0.45
"""Mean cosine of a caption with those of a photo from which on the photo is right for it."""
_BEST = 10
_SAMPLE = 2500


class Dev(Gallery):
    """Described photos and their captions by people."""

    def __init__(self, path: Path, models: ModelSet) -> None:
        collection = Collection(path)
        super().__init__(describe_all(collection, models, lambda _: None), models)
        self.captions = collection.captions
        self.owners = np.array(collection.caption_owners)
        self.people_said: list[list[set[str]]] = [[] for _ in self.said]
        for text, owner in zip(self.captions, self.owners, strict=True):
            self.people_said[owner].append(set(words_in(text)))

    def showing(self, text: str, least: int) -> np.ndarray:
        """Photos of which so many captions have all words."""
        wanted, photos = set(text.split()), self.people_said
        return np.array([sum(wanted <= one for one in photo) >= least for photo in photos])

    def cosines(self, texts: Sequence[str]) -> np.ndarray:
        return self.signals()[FUSED](texts)


def short_queries(dev: Dev, length: int, least: int, most: int) -> list[str]:
    """Runs of so many words that people used in captions of so many photos."""
    photos: Counter[str] = Counter()
    for photo in range(len(dev.said)):
        texts = [
            text for text, owner in zip(dev.captions, dev.owners, strict=True) if owner == photo
        ]
        photos.update({run for text in texts for run in _runs(words_in(text), length)})
    return sorted(run for run, count in photos.items() if least <= count <= most)


def _runs(words: Sequence[str], length: int) -> list[str]:
    runs = [words[i : i + length] for i in range(len(words) - length + 1)]
    return [" ".join(r) for r in runs if not STOP_WORDS & set(r) and min(map(len, r)) > 2]


def precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Mean average precision, of queries with at least one relevant photo."""
    rows = [i for i in range(len(scores)) if relevant[i].any()]
    return 100 * float(np.mean([average_precision_score(relevant[i], scores[i]) for i in rows]))


def print_words(dev: Dev) -> None:
    for name, texts in {
        "words": short_queries(dev, 1, 5, 200),
        "pairs of words": short_queries(dev, 2, 8, 200),
    }.items():
        relevant = np.stack([dev.showing(text, 2) for text in texts])
        cosines, (_, added) = dev.cosines(texts), dev.words(texts)
        before, after = precision(cosines, relevant), precision(cosines + added, relevant)
        print(f"{len(texts)} {name}: MAP {before:.1f}, with words {after:.1f}")
    queries = dev.models.encode_queries(dev.captions)
    _, added = dev.words(dev.captions)
    scores = queries @ dev.fused.T + added
    own = scores[np.arange(len(queries)), dev.owners]
    for name, ranks in {
        "vectors": own_ranks(queries @ dev.fused.T, dev.owners),
        "with words": (scores > own[:, None]).sum(1),
    }.items():
        recall = " / ".join(f"{100 * (ranks < k).mean():.1f}" for k in (1, 5, 10))
        print(f"captions, {name}: recall@1/5/10 {recall}")


def print_avoiding(dev: Dev) -> None:
    words = short_queries(dev, 1, 25, 400)
    shown = {word: dev.showing(word, 2) for word in words}
    named = {word: dev.showing(word, 1) for word in words}
    pairs = [
        (a, b)
        for a in words
        for b in words
        if a != b and (shown[a] & shown[b]).sum() >= 8 and (shown[a] & ~named[b]).sum() >= 8
    ]
    vectors = dict(zip(words, dev.models.encode_queries(words), strict=True))
    says = {word: dev.words([word])[0][0] > 0 for word in words}
    ways: dict[str, Callable[[str, str], np.ndarray]] = {
        "as if not there": lambda a, _: dev.fused @ vectors[a],
        "taken off": lambda a, b: dev.fused @ (vectors[a] - AVOIDED_WEIGHT * vectors[b]),
        "taken off, not said": lambda a, b: (
            dev.fused @ (vectors[a] - AVOIDED_WEIGHT * vectors[b]) - 9 * says[b]
        ),
    }
    for name, score in ways.items():
        best = [(a, b, np.argsort(-score(a, b), kind="stable")[:_BEST]) for a, b in pairs]
        good = np.mean([(shown[a] & ~named[b])[rows].mean() for a, b, rows in best])
        bad = np.mean([named[b][rows].mean() for _, b, rows in best])
        print(f"A -B, {len(pairs)} pairs, {name}: {good:.1%} show A and no B, {bad:.1%} show B")


def best_results(dev: Dev) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Cosine and share of words of the ten best of each query, `[m, 2]`, and whether they are
    right, `[m]`, by the kind of query."""
    random = np.random.default_rng(0)
    kinds = {"captions": dev.captions}
    for name, length in (("words", 1), ("pairs", 2)):
        found = short_queries(dev, length, 1, len(dev.said))
        kinds[name] = [found[i] for i in random.permutation(len(found))[:_SAMPLE]]
    rows = {}
    for name, texts in kinds.items():
        right = relevance(dev, dev.captions, dev.owners) >= _ALIKE if name == "captions" else None
        if right is None:
            right = np.stack([dev.showing(text, 1) for text in texts])
        cosines, (shared, added) = dev.cosines(texts), dev.words(texts)
        best = np.argsort(-(cosines + added), axis=1)[:, :_BEST]
        inputs = [np.take_along_axis(one, best, 1).ravel() for one in (cosines, shared)]
        rows[name] = np.stack(inputs, 1), np.take_along_axis(right, best, 1).ravel()
    return rows


def print_likelihood(fitted: Dev, other: Dev) -> None:
    rows = {"fitted": best_results(fitted), "other": best_results(other)}
    inputs, right = (np.concatenate(part) for part in zip(*rows["fitted"].values(), strict=True))
    model = LogisticRegression(C=100).fit(inputs, right)
    print("cosine, words, constant:", *model.coef_[0].round(2), model.intercept_.round(2)[0])
    for place, kinds in rows.items():
        for kind, (told, truth) in kinds.items():
            likely = model.predict_proba(told)[:, 1]
            print(
                f"{place} {kind}: {truth.mean():.2f} right, "
                f"area {roc_auc_score(truth, likely):.3f} "
                f"(cosine alone {roc_auc_score(truth, told[:, 0]):.3f}), "
                f"calibration error {_calibration_error(likely, truth):.3f}"
            )


def _calibration_error(likely: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error in ten bins (Guo et al. 2017, section 2)."""
    bins = np.minimum((likely * 10).astype(int), 9)
    gaps = [
        abs(likely[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps))


if __name__ == "__main__":
    models = ModelSet()
    data = Path(sys.argv[1])
    flickr, coco = (Dev(data / name, models) for name in ("flickr8k-dev", "coco-dev"))
    print_words(flickr)
    print_avoiding(flickr)
    print_likelihood(flickr, coco)
