"""A library that changes its encoder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import Run
from tests.encoders.conftest import DIMENSION, save_sentence_transformer

from wordsight import Library
from wordsight.catalog.encoders import Encoders
from wordsight.errors import LibraryError, ModelError, QueryError
from wordsight.pipeline import describe as describing

QUERY = "a cat"


@pytest.fixture
def library(sample_library: Path, library_folder: Path) -> Iterator[Library]:
    """With the packaged encoder."""
    shutil.copytree(sample_library, library_folder)
    with Library(library_folder) as opened:
        yield opened


def captions(library: Library) -> dict[str, str]:
    hits = library.find("-name:nothing", limit=100, collapses=False).hits
    return {hit.uris[0]: hit.caption for hit in hits}


def scores(library: Library, query: str = QUERY) -> list[tuple[int, float]]:
    return [(hit.id, round(hit.score, 4)) for hit in library.search(query)]


def test_captions_stay_and_nothing_is_described_again(
    library: Library, sentence_transformer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, before = captions(library), scores(library)
    monkeypatch.setattr(describing.ModelSet, "grid", None)  # the CNN is not needed
    assert library.use_encoder(str(sentence_transformer)) == (6, 0)
    assert captions(library) == said
    hits = library.search("a man standing", limit=6)
    encode = library.models.encoder.encode
    expected = {one: encode([one])[0] @ encode(["a man standing"])[0] for one in said.values()}
    for hit in hits:
        assert hit.caption_score == pytest.approx(expected[hit.caption], abs=2e-3)
    assert hits[0].caption_score == max(hit.caption_score for hit in hits)
    assert {hit.picture_score for hit in hits} == {0}
    assert {hit.likelihood for hit in hits} == {None}  # calibrated for the packaged space only
    assert library.status().outdated == 0
    assert library.problems() == []
    monkeypatch.undo()
    assert library.use_encoder(None) == (6, 0)
    assert scores(library) == before


def test_photos_of_later_lie_in_the_same_space(
    library: Library, sentence_transformer: Path, photos: Path
) -> None:
    library.use_encoder(str(sentence_transformer))
    with Library(library.folder) as another:
        (photos / "new").mkdir()
        shutil.copy(photos / "rocket.jpg", photos / "new" / "copy.jpg")
        (photos / "new" / "cat.jpg").write_bytes((photos / "chelsea.png").read_bytes() + b"\0")
        assert another.index([photos / "new"]).described == 1
        assert another.search("cat", limit=1)[0].alike == 1
        assert another.status().outdated == 0
        assert another.models.encoder.dimension == DIMENSION


def test_a_pair_finds_by_pictures_and_words_alone_do_not(
    library: Library, clip_pair: Path, sentence_transformer: Path, photos: Path
) -> None:
    cat = photos / "chelsea.png"
    assert library.use_encoder(str(clip_pair)) == (6, 0)
    answer = library.find_like(cat.read_bytes())
    assert answer is not None
    assert answer.hits[0].uris[0].endswith("chelsea.png")
    assert answer.hits[0].picture_score == pytest.approx(1, abs=1e-3)
    assert library.search(QUERY, signal="picture")
    library.use_encoder(str(sentence_transformer))
    with pytest.raises(QueryError, match="words only"):
        library.find_like(cat.read_bytes())
    with pytest.raises(QueryError, match="words only"):
        library.search(QUERY, signal="picture")


def test_until_all_is_ready_the_old_space_is_searched(
    library: Library, sentence_transformer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scores(library)
    monkeypatch.setattr("wordsight.encoding_anew._BATCH", 2)
    encoded: list[int] = []
    stage = Encoders.stage

    def stopping(self: Encoders, later: str, rows: list, *vectors: np.ndarray) -> None:
        if len(encoded) == 4:
            raise KeyboardInterrupt
        stage(self, later, rows, *vectors)
        encoded.extend(row.id for row in rows)

    monkeypatch.setattr(Encoders, "stage", stopping)
    with pytest.raises(KeyboardInterrupt):
        library.use_encoder(str(sentence_transformer))
    assert scores(library) == before
    with Library(library.folder) as another:
        assert scores(another) == before
    monkeypatch.setattr(Encoders, "stage", lambda *given: (encoded.extend(
        row.id for row in given[2]), stage(*given)))  # fmt: skip
    assert library.use_encoder(str(sentence_transformer)) == (6, 0)
    assert sorted(encoded) == sorted(set(encoded))  # each once, over both runs


def test_a_person_s_caption_given_meanwhile_is_not_lost(
    library: Library, sentence_transformer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = library.search("a cat", limit=1)[0].id
    switch = Encoders.switch

    def late(self: Encoders, *given: object) -> int:
        monkeypatch.undo()
        with Library(library.folder) as person:
            person.correct(chosen, "astronaut on a street")
        return switch(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Encoders, "switch", late)
    library.use_encoder(str(sentence_transformer))
    hit = library.search("astronaut on a street", limit=1)[0]
    assert (hit.id, hit.corrected) == (chosen, True)
    assert hit.caption_score == pytest.approx(1, abs=1e-3)


def test_photos_that_are_gone_wait_to_be_described_again(
    library: Library, clip_pair: Path, photos: Path
) -> None:
    shutil.move(photos, photos.with_name("away"))
    with Library(library.folder.with_name("own")) as own:
        own.index([photos.with_name("away")])
        (photos.with_name("away") / "coffee.png").unlink()
        assert own.use_encoder(str(clip_pair)) == (5, 1)
        assert len(own.search(QUERY)) == 5


def test_who_had_it_open_is_told(library: Library, sentence_transformer: Path) -> None:
    library.search(QUERY)
    with Library(library.folder) as another:
        another.use_encoder(str(sentence_transformer))
    with pytest.raises(LibraryError, match="another encoder now; start this program again"):
        library.search(QUERY)


def test_an_encoder_that_is_gone_is_told_and_another_can_be_chosen(
    library: Library, sentence_transformer: Path, tmp_path: Path, wordsight: Run
) -> None:
    library.use_encoder(str(sentence_transformer))
    sentence_transformer.rename(tmp_path / "elsewhere")
    ran = wordsight("search", QUERY)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 1
    assert "wordsight encoder packaged" in ran.stderr
    assert "6 photos are found by" in wordsight("encoder", "packaged").stdout
    assert wordsight("search", QUERY).returncode == 0


def test_changed_weights_are_another_encoder(library: Library, sentence_transformer: Path) -> None:
    library.use_encoder(str(sentence_transformer))
    save_sentence_transformer(sentence_transformer, seed=7)
    with Library(library.folder) as changed:
        with pytest.raises(LibraryError, match="described by other models"):
            changed.search(QUERY)
        assert changed.use_encoder(str(sentence_transformer)) == (6, 0)
        assert changed.search(QUERY)


@pytest.mark.usefixtures("library")
def test_the_command_shows_and_changes_it(sentence_transformer: Path, wordsight: Run) -> None:
    assert "all-MiniLM-L6-v2" in wordsight("encoder").stdout
    told = json.loads(wordsight("encoder", sentence_transformer, "--json").stdout)
    assert told == {"encoder": "tiny-sentences", "photos": 6, "unread": 0}
    assert json.loads(wordsight("encoder", "--json").stdout)["encoder"] == "tiny-sentences"
    assert "tiny-sentences" in wordsight("status").stdout
    assert wordsight("status", "--verify").returncode == 0
    assert json.loads(wordsight("search", "cat", "--json").stdout)[0]["likelihood"] is None
    nowhere = wordsight("encoder", sentence_transformer.parent)
    assert (nowhere.returncode, len(nowhere.stderr.splitlines())) == (1, 1)


def test_a_library_without_its_models_loads_no_catalog(tmp_path: Path) -> None:
    """Nothing is made by asking."""
    with Library(tmp_path / "none") as library:
        assert library.models.other_encoder is None
        with pytest.raises(LibraryError):
            library.use_encoder(None)
        with pytest.raises((ModelError, LibraryError)):
            library.use_encoder(str(tmp_path))
    assert not (tmp_path / "none").exists()
