"""The command as a person types it, on real photos."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import Run


def test_index_then_search_finds_the_cat(wordsight: Run, photos: Path) -> None:
    indexed = wordsight("index", photos)
    assert indexed.returncode == 0, indexed.stderr
    assert "6 photos listed: 6 described" in indexed.stdout
    hits = json.loads(wordsight("search", "--json", "a cat").stdout)
    assert Path(hits[0]["uris"][0]).name == "chelsea.png"
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert len(hits) == 6


def test_each_sample_is_first_for_what_it_shows(wordsight: Run, sample_library: Path) -> None:
    shown = {
        "a cup of coffee": "coffee.png",
        "a rocket at the launch pad at night": "rocket.jpg",
        "a flower": "flower.jpg",
        "a temple with a roof": "china.jpg",
    }
    for query, name in shown.items():
        found = wordsight("search", "-p", "-n", 1, query, library=sample_library).stdout
        assert Path(found.strip()).name == name, query


def test_a_second_run_does_nothing(wordsight: Run, photos: Path) -> None:
    wordsight("index", photos)
    again = json.loads(wordsight("index", "--json").stdout)
    assert (again["listed"], again["described"], again["copies"]) == (6, 0, 0)
    assert wordsight("status").stdout.count("snapshot    000001") == 1


def test_a_new_photo_a_moved_one_and_a_removed_one(wordsight: Run, photos: Path) -> None:
    wordsight("index", photos)
    (photos / "china.jpg").unlink()
    (photos / "deep").mkdir()
    (photos / "chelsea.png").rename(photos / "deep" / "cat.png")
    with Image.open(photos / "coffee.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(photos / "mirrored.jpg")
    report = json.loads(wordsight("index", "--json").stdout)
    assert (report["described"], report["copies"], report["removed"]) == (1, 1, 2)
    names = wordsight("search", "-p", "a cat").stdout.splitlines()
    assert Path(names[0]).parts[-2:] == ("deep", "cat.png")
    assert not any("china.jpg" in name or "chelsea.png" in name for name in names)


def test_copies_are_one_result_with_two_places(wordsight: Run, photos: Path) -> None:
    shutil.copy(photos / "chelsea.png", photos / "copy.png")
    wordsight("index", photos)
    hits = json.loads(wordsight("search", "--json", "a cat").stdout)
    assert len(hits) == 6
    assert [Path(uri).name for uri in hits[0]["uris"]] == ["chelsea.png", "copy.png"]


def test_plain_output_is_tab_separated_for_pipes(wordsight: Run, sample_library: Path) -> None:
    lines = wordsight("search", "-n", 2, "a cat", library=sample_library).stdout.splitlines()
    assert len(lines) == 2
    score, caption, path = lines[0].split("\t")
    assert 0 < float(score) < 1
    assert caption
    assert path.endswith("chelsea.png")


def test_paths_end_with_nul_for_xargs(wordsight: Run, sample_library: Path) -> None:
    out = wordsight("search", "-p", "-0", "-n", 3, "a cat", library=sample_library).stdout
    assert out.count("\0") == 3
    assert "\n" not in out


@pytest.mark.parametrize("by", ["caption", "picture", "fused"])
def test_each_signal_can_be_searched_alone(wordsight: Run, sample_library: Path, by: str) -> None:
    answer = wordsight("search", "--json", "--by", by, "a cat", library=sample_library)
    hits = json.loads(answer.stdout)
    assert len(hits) == 6
    if by != "fused":
        assert all(hit["score"] == hit[f"{by}_score"] for hit in hits)


def test_caption_says_something_and_draws_where_it_looked(
    wordsight: Run, photos: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "attention.png"
    told = wordsight("caption", photos / "flower.jpg", "--attention", picture)
    assert told.returncode == 0, told.stderr
    assert len(told.stdout.split()) >= 3
    with Image.open(picture) as image:
        assert image.width > 400


def test_caption_of_many_goes_on_after_a_bad_one(wordsight: Run, photos: Path) -> None:
    (photos / "bad.jpg").write_text("not a photo")
    told = wordsight("caption", "--json", photos / "bad.jpg", photos / "rocket.jpg")
    rows = json.loads(told.stdout)
    assert told.returncode == 1
    assert "text" in rows[0]["error"]
    assert rows[1]["caption"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "a cat"], "run `wordsight index FOLDER` first"),
        (["status"], "run `wordsight index FOLDER` first"),
        (["index"], "no folder was ever indexed"),
        (["index", "/nowhere/at/all"], "there is no folder /nowhere/at/all"),
        (["serve"], "run `wordsight index FOLDER` first"),
        (["caption", "/nowhere/a.jpg"], "vanished"),
        (["evaluate", "retrieval", "/nowhere/data"], "cannot read the captions"),
    ],
)
def test_mistakes_end_in_one_line(wordsight: Run, arguments: list[str], message: str) -> None:
    answer = wordsight(*arguments)
    assert answer.returncode == 1
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "  "], "the query is empty"),
        (["search", "-n", "0", "a cat"], "from 1 to 1000"),
        (["search", "-n", "1001", "a cat"], "from 1 to 1000"),
        (["search", "x" * 10_000], "has 10,000 characters, at most 2,000"),
        (["search", "--", os.fsdecode(b"\xff\xfe")], "nothing to search for"),
        (["search", "🐈"], "nothing to search for in '🐈'; use words"),
        (["search", "--", "-cat"], "say what they shall"),
        (["search", "flder:x"], "did you mean folder:"),
        (["search", "after:2023-02-30"], "there is no date 2023-02-30"),
        (["search", "--like", "999"], "there is no photo 999 in this library"),
        (["search", "--like", __file__], "not a picture"),
        (["search", "--like", "/nowhere.jpg"], "cannot search by /nowhere.jpg: the file vanished"),
    ],
)
def test_queries_that_cannot_be_answered(
    wordsight: Run, sample_library: Path, arguments: list[str], message: str
) -> None:
    answer = wordsight(*arguments, library=sample_library)
    assert answer.returncode == 1
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("query", ["две собаки", "a 🐈", "- cat", "' OR 1=1 --", "(cat", '"open'])
def test_odd_queries_are_answered(wordsight: Run, sample_library: Path, query: str) -> None:
    answer = wordsight("search", "--", query, library=sample_library)
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == 6


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["name:chelsea a photo"], 1),  # as one word of the shell, with what comes after
        (["a photo", "name:chelsea"], 1),
        (["a photo", "-name:chelsea"], 5),
        (["a photo", "camera:Pixel 7"], 0),  # the shell has taken the quotes
        (['a photo camera:"Pixel 7"'], 0),
    ],
)
def test_filters_are_read_however_the_shell_quotes(
    wordsight: Run, sample_library: Path, words: list[str], found: int
) -> None:
    answer = wordsight("search", "--", *words, library=sample_library)
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == found


def test_a_folder_that_is_a_file(wordsight: Run, photos: Path) -> None:
    answer = wordsight("index", photos / "china.jpg")
    assert answer.returncode == 1
    assert "is a file; give the folder it is in" in answer.stderr


def test_a_folder_that_is_away_keeps_its_photos_until_it_is_forgotten(
    wordsight: Run, photos: Path, tmp_path: Path
) -> None:
    """A drive that is not plugged in must cost nothing."""
    wordsight("index", photos)
    photos.rename(tmp_path / "unplugged")
    again = wordsight("index")
    assert again.returncode == 0
    assert "could not be listed" in again.stderr
    assert len(wordsight("search", "a cat").stdout.splitlines()) == 6
    assert wordsight("forget", photos).returncode == 0
    assert wordsight("search", "a cat").stdout == ""
    twice = wordsight("forget", photos)
    assert twice.returncode == 1
    assert "is not among the folders" in twice.stderr


def test_a_catalog_that_is_locked_or_damaged_is_one_line(
    wordsight: Run, photos: Path, library_folder: Path
) -> None:
    wordsight("index", photos)
    catalog = library_folder / "catalog.db"
    whole = catalog.read_bytes()
    catalog.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    for arguments in (["search", "a cat"], ["status"], ["index"]):
        answer = wordsight(*arguments)
        assert answer.returncode == 1
        assert "cannot be used" in answer.stderr
        assert len(answer.stderr.strip().splitlines()) == 1


def test_verify_names_what_is_damaged(wordsight: Run, photos: Path, library_folder: Path) -> None:
    wordsight("index", photos)
    assert "problems    none" in wordsight("status", "--verify").stdout
    with (library_folder / "snapshots" / "000001" / "fused.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x77")
    answer = wordsight("status", "--verify")
    assert answer.returncode == 1
    assert "fused.npy" in answer.stdout


def test_an_empty_folder_is_no_error(wordsight: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert wordsight("index", tmp_path / "empty").returncode == 0
    answer = wordsight("search", "a cat")
    assert (answer.returncode, answer.stdout) == (0, "")


def test_the_library_inside_the_folder_is_not_indexed(wordsight: Run, photos: Path) -> None:
    inside = photos / "library"
    wordsight("index", photos, library=inside)
    (inside / "thumbnails").mkdir()
    shutil.copy(photos / "china.jpg", inside / "thumbnails" / "1.jpg")
    assert json.loads(wordsight("index", "--json", library=inside).stdout)["listed"] == 6
