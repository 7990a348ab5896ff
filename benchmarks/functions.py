"""The Azure function app in Microsoft's workers, without Azure.

The package that would be deployed is started by a small host (`benchmarks/functions_host`), with a
share that is a folder on the same disk, with the library of the queries above. *Handlers* are those
of the present worker (`azure-functions-runtime`), driven by plain calls in the host's process.
*Over gRPC* is the whole worker that PyPI has (`azure-functions-worker`, of 2020), in a process of
its own, to which the functions are described by function.json; its start begins with its process.
*PostgreSQL* is on the same machine; *SQLite* is copied too; *in place* copies nothing, but checks
and maps files where they are.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scripts.postgres_server import new_server
from sqlalchemy import select, update

from benchmarks.captions_library import make_library
from benchmarks.functions_instance import (
    Instance,
    Kind,
    Prepared,
    instance,
    prepare,
    worker_python,
)
from benchmarks.measure import table
from benchmarks.served import searches, serving
from wordsight.catalog import Catalog, sqlite_url
from wordsight.catalog.copying import copy_catalog
from wordsight.catalog.schema import state
from wordsight.models.packaged import WEIGHTS
from wordsight.server.keys import Keys

_STARTS = 10
_SEARCHES = 1000
_COMPARED = 100
_KINDS: dict[Kind, str] = {"called": "handlers", "streamed": "over gRPC"}
_PARTS = ("interpreter and runtime", "indexing", "import", "models", "snapshot", "first query")


@dataclass(frozen=True)
class Form:
    """How the app is set up; an instance's own folder is made anew for each, or not at all."""

    name: str
    prepared: Prepared
    share: Path
    copies: bool
    catalog: str = ""

    @contextmanager
    def instance(self, count: bool = False) -> Iterator[Instance]:
        with tempfile.TemporaryDirectory() as folder:
            local = str(Path(folder, "local")) if self.copies else ""
            settings = {"WORDSIGHT_CATALOG": self.catalog} if self.catalog else {}
            with instance(self.prepared, self.share, local, count, **settings) as started:
                yield started


@dataclass
class Warm:
    """What an instance did when everything was loaded: seconds, and what was opened."""

    seconds: list[float]
    first: Counter[str]
    more: Counter[str]
    memory: dict[str, int]
    same: int


def run(data: Path, cache: Path) -> str:
    """The tables, in Markdown."""
    found = {kind: python for kind in _KINDS if (python := worker_python(kind))}
    if not found:
        return "## Azure Functions\n\nNot measured: there is no Python for a worker."
    library, _ = make_library(data, cache)
    library.close()
    workers = [prepare(kind, python, cache.absolute()) for kind, python in found.items()]
    with tempfile.TemporaryDirectory() as folder:
        lite, shared, url = _shares(Path(folder), library.folder.absolute())
        forms = [form for worker in workers for form in _forms(worker, lite, shared, url)]
        paths = searches(data)
        cold = [[_cold(form, path) for path in paths[:_STARTS]] for form in forms]
        warm = [_warm(form, paths, library.folder) for form in forms]
    return _report(forms, cold, warm)


def _forms(worker: Prepared, lite: Path, shared: Path, url: str) -> list[Form]:
    how = _KINDS[worker.kind]
    forms = [
        Form(f"{how}, PostgreSQL", worker, shared, True, url),
        Form(f"{how}, SQLite", worker, lite, True),
    ]
    if worker.kind == "called":
        forms.append(Form(f"{how}, SQLite in place", worker, lite, False))
    return forms


def _shares(folder: Path, library: Path) -> tuple[Path, Path, str]:
    """Of the library as it is, and with its catalog in PostgreSQL at a URL."""
    lite, shared = folder / "lite", folder / "shared"
    for share in (lite, shared):
        share.mkdir()
        (share / "models").symlink_to(WEIGHTS)
    for name in ("snapshots", "catalog.db"):
        (lite / name).symlink_to(library / name)
    (shared / "snapshots").symlink_to(library / "snapshots")
    url = new_server().get_uri()
    source, target = Catalog(sqlite_url(library / "catalog.db")), Catalog(url)
    copy_catalog(source, target)
    target.refresh_statistics()  # as `wordsight catalog copy` does
    with source.engine.connect() as reading, target.engine.begin() as writing:
        told = reading.execute(select(state.c.catalog_id)).scalar_one()
        writing.execute(update(state).values(catalog_id=told))  # whose snapshot is at hand
    source.close()
    target.close()
    return lite, shared, url


def _key(form: Form) -> str:
    (form.share / "keys.json").unlink(missing_ok=True)
    return Keys(form.share / "keys.json").add("benchmark", "read")


def _cold(form: Form, path: str) -> dict[str, float]:
    """Seconds of each part, from an instance's start to its first answer."""
    key = _key(form)
    with form.instance() as started:
        answer = started.get(path, key)
        assert answer["status"] == 200
        told: dict[str, float] = {**started.started["seconds"], **answer["took"]}
        told["all"] = time.time() - started.started["born"]
        return told


def _warm(form: Form, paths: list[str], library: Path) -> Warm:
    key = _key(form)
    with form.instance(count=True) as started:
        first = started.get(paths[-1], key)
        told = [started.get(path, key) for path in paths[:_SEARCHES]]
        with serving(library) as plain:
            address = f"http://127.0.0.1:{plain.port}"
            same = 0
            for path in paths[:_COMPARED]:
                with urllib.request.urlopen(address + path) as answer:
                    same += answer.read() == started.get(path, key, whole=True)["body"]
    opened = Counter(first["opened"])
    return Warm(
        seconds=[one["seconds"] for one in told],
        first=opened,
        more=Counter(told[-1]["opened"]) - opened,
        memory=told[-1]["memory"],
        same=same,
    )


def _report(forms: list[Form], cold: list[list[dict[str, float]]], warm: list[Warm]) -> str:
    names = [form.name for form in forms]
    parts = [[part, *[_ms(runs, part) for runs in cold]] for part in (*_PARTS, "all")]
    worst = [f"{1e3 * max(one['all'] for one in runs):.0f}" for runs in cold]
    parts.append(["all, the slowest", *worst])
    rows = [
        ["p50 ms", *[f"{1e3 * np.median(one.seconds):.1f}" for one in warm]],
        ["p99 ms", *[f"{1e3 * np.percentile(one.seconds, 99):.1f}" for one in warm]],
        ["opened by the first", *[_counted(one.first) for one in warm]],
        [f"by {_SEARCHES:,} more", *[_counted(one.more) for one in warm]],
        ["memory, MB", *[f"{one.memory['VmRSS'] / 1e6:.0f}" for one in warm]],
        ["of that mapped from files", *[f"{one.memory['RssFile'] / 1e6:.0f}" for one in warm]],
        ["answers equal to `wordsight serve`", *[f"{w.same} of {_COMPARED}" for w in warm]],
    ]
    return "\n".join(
        [
            "## Azure Functions",
            "",
            (__doc__ or "").strip(),
            "",
            " ".join(_package(worker) for worker in {form.prepared: None for form in forms}),
            "",
            table([f"cold start, ms, median of {_STARTS}", *names], parts),
            "",
            table(["a search by a warm instance, 20 results", *names], rows),
        ]
    )


def _ms(runs: list[dict[str, float]], part: str) -> str:
    return f"{1e3 * np.median([one[part] for one in runs]):.0f}"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in ("models", "snapshots", "connections"))


def _package(worker: Prepared) -> str:
    """What is installed, and how large the package for it is."""
    code = (
        "import platform; from importlib.metadata import distributions as d; "
        "print('Python ' + platform.python_version(), *sorted(f'{x.name} {x.version}' for x in d() "
        "if x.name.startswith(('azure-functions', 'grpcio', 'protobuf'))), sep=', ')"
    )
    command = [str(worker.python), "-c", code]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    unpacked = sum(path.stat().st_size for path in worker.app.rglob("*") if path.is_file())
    packed = worker.app.with_suffix(".zip").stat().st_size
    how = _KINDS[worker.kind]
    return (
        f"{how[0].upper()}{how[1:]}: {told}; the package has {unpacked / 1e6:.0f} MB, "
        f"zipped {packed / 1e6:.0f} MB, without models."
    )
