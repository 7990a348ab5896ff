"""`wordsight cluster` as a person types it, on real photos and pieces of them."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from filelock import FileLock
from PIL import Image
from tests.conftest import Run

from wordsight import Library
from wordsight.cli.main import cli, main
from wordsight.errors import WordsightError
from wordsight.models.packaged import ModelSet

Ask = Callable[..., Any]
PIECES = 2
PHOTOS = 6 + 6 * PIECES * PIECES


@pytest.fixture(scope="module")
def many_photos(sample_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample photos, and four pieces of each."""
    folder = tmp_path_factory.mktemp("many") / "photos"
    shutil.copytree(sample_photos, folder)
    for path in sorted(sample_photos.iterdir()):
        with Image.open(path) as image:
            width, height = image.width // PIECES, image.height // PIECES
            for i in range(PIECES * PIECES):
                x, y = width * (i % PIECES), height * (i // PIECES)
                piece = image.convert("RGB").crop((x, y, x + width, y + height))
                piece.save(folder / f"{path.stem}-{i}.jpg")
    return folder


@pytest.fixture(scope="module")
def described(
    many_photos: Path, models: ModelSet, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A library of them. Not to be changed."""
    folder = tmp_path_factory.mktemp("described") / "library"
    with Library(folder, models) as library:
        library.index([many_photos])
    return folder


@pytest.fixture
def library(described: Path, library_folder: Path) -> Path:
    """The library that the commands of a test work on."""
    return Path(shutil.copytree(described, library_folder))


@pytest.fixture
def run(
    library_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """As `wordsight`, in this process: starting a new one takes longer than most commands."""

    def run(*arguments: object, library: Path = library_folder) -> subprocess.CompletedProcess[str]:
        words = ["wordsight", *map(str, arguments)]
        monkeypatch.setenv("WORDSIGHT_LIBRARY", str(library))
        monkeypatch.setattr("sys.argv", words)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return subprocess.CompletedProcess(words, int(ended.value.code or 0), *told)

    return run


@pytest.fixture
def ask(run: Run, library: Path) -> Ask:
    """Run a command of the library that answers in JSON."""

    def answer(*arguments: object) -> Any:
        ended = run("cluster", *arguments, "--json", library=library)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return answer


def active(ask: Ask) -> int:
    (one,) = [head["id"] for head in ask("list") if head["active"]]
    return int(one)


def test_the_command_itself(wordsight: Run, described: Path) -> None:
    shown = wordsight("cluster", "show", 0, library=described)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "words" in shown.stdout
    refused = wordsight("cluster", "show", 99, library=described)
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1


def test_indexing_has_made_a_clustering(ask: Ask, run: Run) -> None:
    (head,) = ask("list")
    assert head["active"]
    assert head["automatic"]
    assert (head["photos"], head["cells"]) == (PHOTOS, PHOTOS // 8)
    printed = run("cluster", "list").stdout.splitlines()
    assert len(printed) == 2
    assert printed[1].split()[:4] == [f"*{head['id']}"[:1], str(head["id"]), "pca+kmeans", "3"]
    assert printed[1].endswith("automatic compares all")


def test_fitting_by_hand_activating_and_dropping(ask: Ask, run: Run) -> None:
    """The life of three clusterings, side by side."""
    automatic = active(ask)
    first = ask("fit", "--cells", 2)
    assert (first["photos"], first["cells"], first["groups"]) == (PHOTOS, 2, 1)
    assert 0.95 <= first["explained_variance"] <= 1
    assert first["imbalance"] >= 1
    assert (first["recall"], first["compared"], first["recall_one_probe"]) == (None, None, None)
    second = run("cluster", "fit", "--cells", 5, "--seed", 3)
    assert f"{PHOTOS} photos, 5 cells" in second.stdout
    assert "searches compare all photos" in second.stdout

    newest = active(ask)
    assert automatic not in [head["id"] for head in ask("list")]
    assert not any(head["automatic"] for head in ask("list"))
    refused = run("cluster", "drop", newest)
    assert refused.returncode == 1
    assert f"clustering {newest} is the active one" in refused.stderr

    assert run("cluster", "activate", first["clustering"]).returncode == 0
    assert active(ask) == first["clustering"]
    assert len(ask("show")) == 2
    assert len(ask("show", "--clustering", newest)) == 5
    assert run("cluster", "drop", newest).returncode == 0
    assert [head["id"] for head in ask("list")] == [first["clustering"]]
    assert problems(run) == []
    assert len(run("search", "--all", "-n", PHOTOS, "a cat").stdout.splitlines()) == PHOTOS


def test_ids_for_machines(ask: Ask) -> None:
    ids = [ask("fit", "--cells", cells)["clustering"] for cells in (2, 3)]
    assert ask("activate", ids[0]) == {"active": ids[0]}
    assert ask("drop", ids[1]) == {"left": [ids[0]]}


def test_a_clustering_that_does_not_fit_any_more_is_fitted_anew(
    run: Run, photos: Path, many_photos: Path
) -> None:
    """Of six photos, activated when there are thirty."""
    run("index", photos)
    old = json.loads(run("cluster", "fit", "--json").stdout)["clustering"]
    shutil.copytree(many_photos, photos, dirs_exist_ok=True)
    run("index")
    told = run("cluster", "activate", old)
    assert told.returncode == 0
    heads = {head["id"]: head for head in json.loads(run("cluster", "list", "--json").stdout)}
    (new,) = [number for number, head in heads.items() if head["active"]]
    assert told.stdout.strip().endswith(f"in the same way, as clustering {new}.")
    assert (heads[new]["photos"], heads[new]["automatic"]) == (PHOTOS, True)
    assert (heads[old]["photos"], heads[old]["automatic"]) == (6, False)


def test_where_searches_look_into_cells_it_is_told_how_well(
    run: Run, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wordsight.indexing.IndexingJob.exact_below", 10)
    monkeypatch.setattr("wordsight.publishing.probe_queries", lambda: ["a cat", "a rocket"])
    told = ask("fit", "--cells", 6)
    assert 0.99 <= told["recall"] <= 1
    assert 0 < told["recall_one_probe"] <= told["recall"]
    assert 0 < told["compared"] <= 1
    assert re.search(
        r"recall@10 \S+ comparing \S+% \(one probe: \S+\)", run("cluster", "fit").stdout
    )
    assert re.search(r"by hand +\d\.\d{3} comparing|compares all", run("cluster", "list").stdout)


def problems(run: Run) -> list[str]:
    told: list[str] = json.loads(run("status", "--verify", "--json").stdout)["problems"]
    return told


def test_the_same_seed_gives_the_same_cells(ask: Ask) -> None:
    shown = []
    for seed in (1, 1, 2):
        ask("fit", "--cells", 4, "--seed", seed)
        cells = ask("show", "-n", 4)
        shown.append([(one["cell"], one["size"], one["words"]) for one in cells])
    assert shown[0] == shown[1]
    assert shown[0] != shown[2]


def test_cells_are_shown_the_largest_first(ask: Ask, run: Run) -> None:
    cells = ask("show")
    sizes = [one["size"] for one in cells]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == PHOTOS
    assert all(0 < len(one["words"]) <= 5 for one in cells)
    assert [one["cell"] for one in ask("show", "-n", 2)] == [one["cell"] for one in cells[:2]]
    lines = run("cluster", "show").stdout.splitlines()[1:]
    for line, one in zip(lines, cells, strict=True):
        number, size, words = line.split(maxsplit=2)
        assert (int(number), int(size), words.split(", ")) == (
            one["cell"],
            one["size"],
            one["words"],
        )


def test_a_cell_shows_its_photos_the_most_typical_first(ask: Ask, run: Run, library: Path) -> None:
    cell = ask("show")[0]
    content = ask("show", cell["cell"], "-n", 1000)
    with sqlite3.connect(library / "catalog.db") as database:
        rows = database.execute(
            "SELECT uri, text FROM memberships JOIN files USING (photo_id) "
            "JOIN captions USING (photo_id) WHERE cell = ? ORDER BY squared_distance",
            [cell["cell"]],
        ).fetchall()
    assert [photo["uris"][0] for photo in content["photos"]] == [uri for uri, _ in rows]
    assert content["captions"] == list(dict.fromkeys(text for _, text in rows))[:5]
    assert (content["size"], content["words"]) == (cell["size"], cell["words"])

    printed = run("cluster", "show", cell["cell"], "-n", 2).stdout.splitlines()
    paths = [line for line in printed if line.startswith("/")]
    assert [Path(path).as_uri() for path in paths] == [uri for uri, _ in rows[:2]]
    assert all(Path(path).exists() for path in paths)
    assert printed[-1] == f"  and {cell['size'] - 2} more (-n shows up to 1000)"


def test_photos_that_come_are_shown_and_those_that_go_are_not(
    run: Run, ask: Ask, photos: Path, library_folder: Path
) -> None:
    shutil.rmtree(library_folder)
    assert run("index", photos).returncode == 0
    ask("fit")
    (photos / "chelsea.png").unlink()
    with Image.open(photos / "rocket.jpg") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(photos / "mirrored.jpg")
    assert run("index").returncode == 0
    (cell,) = ask("show")
    content = ask("show", cell["cell"])
    names = {Path(photo["uris"][0]).name for photo in content["photos"]}
    assert cell["size"] == len(names) == 6
    assert "mirrored.jpg" in names
    assert "chelsea.png" not in names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "3"], "there is no cell 3 in clustering 2; its cells are numbered from 0 to 2"),
        (["show", "--", "-1"], "there is no cell -1"),
        (["show", "--clustering", "99"], "there is no clustering 99; `wordsight cluster list`"),
        (["activate", "99"], "there is no clustering 99; `wordsight cluster list`"),
        (["drop", "99"], "there is no clustering 99; `wordsight cluster list`"),
        (["compare", "--photos", "19"], "at least 20 photos; 19 would be compared"),
        (["compare", "--report", "/dev/null/report"], "cannot write /dev/null/report"),
    ],
)
def test_mistakes_end_in_one_line(
    run: Run, described: Path, arguments: list[str], message: str
) -> None:
    answer = run("cluster", *arguments, library=described)
    assert answer.returncode == 1
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["fit"], ["list"], ["show"], ["activate", "1"], ["drop", "1"], ["compare"]]
)
def test_without_a_library_it_says_how_to_make_one(run: Run, arguments: list[str]) -> None:
    answer = run("cluster", *arguments)
    assert answer.returncode == 1
    assert "run `wordsight index FOLDER` first" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["fit"], ["show"], ["activate", "1"], ["compare"]])
def test_a_library_without_photos_has_no_clusters(
    run: Run, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    with Library(tmp_path / "library") as library:
        library.index([tmp_path / "empty"])
    answer = run("cluster", *arguments)
    assert answer.returncode == 1
    assert "nothing is described" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["fit"], ["activate", "1"], ["drop", "1"]])
def test_only_one_may_write(run: Run, library: Path, arguments: list[str]) -> None:
    with FileLock(library / "lock"):
        answer = run("cluster", *arguments)
    assert answer.returncode == 1
    assert "another run is indexing" in answer.stderr
    assert run("cluster", "show").returncode == 0


@pytest.mark.parametrize("module", ["sklearn", "matplotlib"])
def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setattr("wordsight.cli.compare.find_spec", lambda name: name != module or None)
    ended = CliRunner().invoke(cli, ["cluster", "compare", "--report", "never"])
    assert isinstance(ended.exception, WordsightError)
    assert 'pip install "wordsight[eval]"' in str(ended.exception)
    assert not Path("never").exists()


@pytest.mark.slow
def test_methods_are_compared_and_written_down(run: Run, described: Path, tmp_path: Path) -> None:
    report = tmp_path / "comparison"
    answer = run("cluster", "compare", "--report", report, library=described)
    assert answer.returncode == 0, answer.stderr
    assert f"{PHOTOS} of {PHOTOS} photos" in answer.stdout
    for method in ("K-means, two levels", "Gaussian mixture, full", "HDBSCAN", "DBSCAN"):
        assert method in answer.stdout
    assert f"written: {report / 'report.md'}" in answer.stdout
    assert len(list(report.glob("*.svg"))) == 4
    assert problems(lambda *words: run(*words, library=described)) == []


def test_help_comes_at_once() -> None:
    """No library of vectors, models or plots is loaded for it."""
    code = (
        "import sys; from wordsight.cli.main import cli; import wordsight.cli.cluster; "
        "print([n for n in ('numpy', 'sqlalchemy', 'faiss', 'sklearn') if n in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
