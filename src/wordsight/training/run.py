"""Making the packaged models, each from the ones before it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from wordsight.errors import DatasetError, ModelError
from wordsight.evaluation.calibration import are_right, cross_validated, fit_knots
from wordsight.evaluation.retrieval import describe_all
from wordsight.models.captioner import join_possessives
from wordsight.models.decoding import CANDIDATES
from wordsight.models.encoder import SentenceEncoder
from wordsight.models.packaged import ModelSet
from wordsight.models.projection import TextAdapter
from wordsight.models.runtime import Floats, Pixels
from wordsight.models.vocabulary import Vocabulary
from wordsight.photos.collection import Collection
from wordsight.photos.decode import decode
from wordsight.training.backbone import (
    SIDE,
    Backbone,
    class_names,
    export_backbone,
    export_early_stages,
)
from wordsight.training.caption_data import CaptionData, prepare
from wordsight.training.course import Logbook
from wordsight.training.export import export_captioner, export_projection
from wordsight.training.features import Extract, Halves, extract_here, load_features
from wordsight.training.fit_captioner import (
    CaptionerSettings,
    Decoder,
    SelfCriticalSettings,
    caption_judge,
    fit_captioner,
    fit_self_critical,
)
from wordsight.training.fit_projection import (
    ContrastivePair,
    PairData,
    ProjectionSettings,
    fit_projection,
    recall_at,
)
from wordsight.training.projection_model import LabelMixture, PictureVectors
from wordsight.training.quantise import quantise_cnn, quantise_products
from wordsight.training.records import record_calibration, write_records
from wordsight.training.self_critical import Finding
from wordsight.training.sentence_bert import export_encoder
from wordsight.training.telling import Teller
from wordsight.training.views import PLAIN

Settings = TypeVar("Settings", ProjectionSettings, CaptionerSettings, SelfCriticalSettings)

CALIBRATION_PHOTOS = 100

CALIBRATED_BEAMS = (1, 3)

VIEWS = (PLAIN, 1, 2, 3)
"""Of each training photo: as it is, mirrored, and two cut-outs."""


class Workshop:
    """A folder of weights in the making, and a cache of what is costly.

    Args:
        folder: where weights are written, and read where one model needs another.
        cache: CNN features, logs, and checkpoints of what was stopped; kept between runs.
        teller: is told how it goes.
        extract: how features are computed that the cache does not have: here, or by a cluster
            (`wordsight.spark.features.extract_on`).
    """

    def __init__(
        self, folder: Path, cache: Path, teller: Teller, extract: Extract = extract_here
    ) -> None:
        self.folder = folder
        self.cache = cache
        self.teller = teller
        self._extract = extract
        folder.mkdir(parents=True, exist_ok=True)
        cache.mkdir(parents=True, exist_ok=True)

    def encoder(self) -> None:
        """Convert the sentence encoder."""
        export_encoder(self.folder)
        self._done("encoder")

    def untuned_backbone(self) -> None:
        """Convert the CNN as ImageNet left it."""
        export_backbone(Backbone(), self.folder)
        self._done("backbone")

    def backbone(self, train: Collection, dev: Collection, epochs: int | None = None) -> None:
        """Tune the CNN's late stages together with a projection. Needs the encoder."""
        encoder = self._needed("encoder.onnx", "encoder")
        early = export_early_stages(self.cache)
        learnt = self._pairs(train, early, VIEWS, encoder)
        held_out = self._pairs(dev, early, (PLAIN,), encoder)
        pair = self._fit_projection("backbone", learnt, held_out, epochs, Backbone())
        assert pair.backbone is not None
        export_backbone(pair.backbone, self.folder)
        self._done("backbone")

    def projection(self, train: Collection, dev: Collection, epochs: int | None = None) -> None:
        """Train projection and text adapter alone. Needs backbone and encoder."""
        encoder = self._needed("encoder.onnx", "encoder")
        network = self._needed("backbone.onnx", "backbone")
        learnt = self._pairs(train, network, VIEWS, encoder)
        held_out = self._pairs(dev, network, (PLAIN,), encoder)
        self._fit_projection("projection", learnt, held_out, epochs, None)

    def features(self, train: Collection, dev: Collection) -> None:
        """Compute what captioner and projection are trained on. Needs the backbone."""
        network = self._needed("backbone.onnx", "backbone")
        self._views(train, network, VIEWS)
        self._views(dev, network, (PLAIN,))

    def captioner(
        self,
        train: Collection,
        dev: Collection,
        epochs: int | None = None,
        self_critical: bool = True,
        decoder: Decoder = "gru",
    ) -> None:
        """Train the captioner. Needs the backbone, and for its second part the projection."""
        settings = _with_epochs(CaptionerSettings(decoder), epochs)
        critical = _with_epochs(SelfCriticalSettings(), epochs)
        network = self._needed("backbone.onnx", "backbone")
        vocabulary = _vocabulary(train, settings)
        self.teller.report(f"{len(vocabulary)} words, {len(train)} photos")
        learnt = self._captions(train, network, VIEWS, vocabulary, settings)
        held_out = self._captions(dev, network, (PLAIN,), vocabulary, settings)
        judge = caption_judge(held_out, settings.batch, settings.max_words)
        begun_with = (settings, vocabulary.words, network.read_bytes(), learnt.words.tobytes())
        logbook = self._logbook("captioner", begun_with)
        model = fit_captioner(learnt, judge, len(vocabulary), settings, logbook)
        if self_critical:
            finding = self._finding(train, vocabulary, critical)
            logbook = self._logbook("captioner-self-critical", (begun_with, critical))
            model = fit_self_critical(model, learnt, judge, finding, settings, critical, logbook)
        export_captioner(model, vocabulary, self.folder)
        self._done("captioner", decoder)

    def quantise(self, train: Collection) -> None:
        """Write the int8 forms of CNN and sentence encoder. Needs both.

        The captioner has none: it would lose a point of CIDEr-D.
        """
        network = self._needed("backbone.onnx", "backbone")
        products = self._needed("encoder.onnx", "encoder")
        self.teller.report(f"calibrating the CNN on photos of {train.name}")
        quantise_cnn(network, _some_pixels(train, CALIBRATION_PHOTOS))
        quantise_products(products)
        self._done("int8")

    def calibrate(self, dev: Collection) -> None:
        """Measure how much a confidence is worth, for greedy captions and for a beam of three.
        Needs all models."""
        references = [photo.captions for photo in dev.photos]
        knots: dict[str, list[list[float]]] = {}
        for beams in CALIBRATED_BEAMS:
            models = ModelSet(self.folder, beams=beams)
            with self.teller.counting(f"{dev.name}, {beams} beams", len(dev)) as tick:
                said = describe_all(dev, models, tick)
            confidences = [one.confidence for one in said]
            right = are_right([one.caption for one in said], references)
            knots[str(beams)] = [list(knot) for knot in fit_knots(confidences, right)]
            told = cross_validated(confidences, right)
            self.teller.report(
                f"{beams} beams: {told.right:.1%} of {told.captions} captions are right, expected "
                f"calibration error {told.error:.3f}, ten-fold cross-validated"
            )
        record_calibration(self.folder, knots)

    def _fit_projection(
        self,
        name: str,
        train: PairData,
        dev: PairData,
        epochs: int | None,
        backbone: Backbone | None,
    ) -> ContrastivePair:
        settings = _with_epochs(ProjectionSettings(), epochs)
        logbook = self._logbook(name, (settings, train.texts.tobytes(), train.owners.tobytes()))
        pair = fit_projection(train, dev, settings, logbook, backbone)
        labels = LabelMixture((pair.backbone or Backbone()).classifier(), self._class_vectors())
        picture = PictureVectors(pair.picture, labels, pair.text, settings.label_weight)
        shown = " / ".join(f"{value:.1%}" for value in recall_at(picture, pair, dev))
        self.teller.report(f"with the label mixture: dev R@1/5/10 {shown}")
        export_projection(picture, self.folder)
        self._done("projection")
        return pair

    def _class_vectors(self) -> torch.Tensor:
        """The classes' names less what all of them share, which tells no photo from another."""
        texts = [f"a photo of a {name}" for name in class_names()]
        names = torch.from_numpy(SentenceEncoder(self.folder).encode(texts))
        return names - names.mean(0)

    def _finding(
        self, train: Collection, vocabulary: Vocabulary, critical: SelfCriticalSettings
    ) -> Finding:
        self._needed("adapter.npy", "backbone")
        encoder, adapter = SentenceEncoder(self.folder), TextAdapter(self.folder)
        texts = adapter.adapt(encoder.encode(train.captions))
        own = np.zeros((len(train), texts.shape[1]), np.float32)
        np.add.at(own, train.caption_owners, texts)
        own /= np.linalg.norm(own, axis=1, keepdims=True)

        def embed(captions: Sequence[Sequence[int]]) -> Floats:
            sentences = [" ".join(join_possessives(vocabulary.decode(ids))[0]) for ids in captions]
            return adapter.adapt(encoder.encode(sentences))

        return Finding(embed, own, critical.finding)

    def _done(self, kind: str, decoder: Decoder = "gru") -> None:
        write_records(self.folder, decoder)
        self.teller.report(f"{kind} is written to {self.folder}")

    def _logbook(self, name: str, begun_with: object) -> Logbook:
        return Logbook(self.cache, name, begun_with, self.teller)

    def _needed(self, file: str, kind: str) -> Path:
        path = self.folder / file
        if not path.exists():
            raise ModelError(f"{path} is missing; run `wordsight train {kind}` first")
        return path

    def _views(
        self, collection: Collection, network: Path, views: Sequence[int]
    ) -> tuple[tuple[Halves, ...], ...]:
        self.teller.report(f"CNN features of {collection.name}, {len(views)} views")
        return tuple(
            load_features(
                collection, network, self.cache, view, self.teller.counting, self._extract
            )
            for view in views
        )

    def _pairs(
        self, collection: Collection, network: Path, views: Sequence[int], encoder: Path
    ) -> PairData:
        outputs = self._views(collection, network, views)
        self.teller.report(f"sentence embeddings of {len(collection.captions)} captions")
        texts = SentenceEncoder(encoder.parent).encode(collection.captions)
        owners = np.array(collection.caption_owners, np.int64)
        features = tuple(view[0] for view in outputs)
        classes = tuple(view[1] for view in outputs if len(view) > 1)
        return PairData(features, texts, owners, classes)

    def _captions(
        self,
        collection: Collection,
        network: Path,
        views: Sequence[int],
        vocabulary: Vocabulary,
        settings: CaptionerSettings,
    ) -> CaptionData:
        grids = tuple(view[0] for view in self._views(collection, network, views))
        return prepare(collection, grids, vocabulary, settings.captions, settings.max_words)


def _vocabulary(train: Collection, settings: CaptionerSettings) -> Vocabulary:
    found = Vocabulary.build(train.captions, settings.vocabulary_limit, settings.min_count)
    if len(found) < CANDIDATES:
        raise DatasetError(
            f"too few words stand {settings.min_count} times or more in the captions of "
            f"{train.name}: with the signs {len(found)}, and a captioner needs {CANDIDATES}"
        )
    return found


def _some_pixels(collection: Collection, count: int) -> Pixels:
    """Photos from all over a collection, uint8 `[at most count, 224, 224, 3]`."""
    every = -(-len(collection) // count)
    return np.stack(
        [decode(data, SIDE).pixels for data in islice(collection.read(), 0, None, every)]
    )


def _with_epochs(settings: Settings, epochs: int | None) -> Settings:
    return dataclasses.replace(settings, epochs=epochs) if epochs else settings
