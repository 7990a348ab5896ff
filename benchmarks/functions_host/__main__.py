"""`python -m benchmarks.functions_host called|streamed build/function-app < requests`

It starts the worker with the app's folder and says what is loaded; then a line of JSON in,
`{"method", "path", "headers", "body"}` or `{"function"}`, gives a line out.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.functions_host.worker import Failed, Worker

HOST = "photos.azurewebsites.net"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.functions_host")
    parser.add_argument("worker", choices=["called", "streamed"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", action="store_true", help="what is opened; loads it beforehand")
    chosen = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what functions print is not an answer
    worker = _worker(chosen.worker, chosen.folder.resolve())
    try:
        _serve(worker, chosen.count, out)
    except Failed as error:
        raise SystemExit(str(error)) from None
    finally:
        worker.stop()


def _serve(worker: Worker, count: bool, out: Any) -> None:
    """Start, tell so, and answer one line after the other."""
    worker.start()
    if count:
        worker.look(count=True)
    functions = {name: one.trigger for name, one in worker.functions.items()}
    _tell(out, {
        "functions": functions,
        "process": worker.process,
        "born": worker.born,
        "seconds": worker.seconds,
    })  # fmt: skip
    for line in sys.stdin:
        try:
            _tell(out, _answer(worker, json.loads(line)))
        except Failed as error:
            _tell(out, {"error": str(error)})


def _worker(name: str, folder: Path) -> Worker:
    if name == "called":
        from benchmarks.functions_host.called import CalledWorker

        return CalledWorker(folder)
    from benchmarks.functions_host.streamed import StreamedWorker

    return StreamedWorker(folder)


def _answer(worker: Worker, asked: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    told: dict[str, Any] = {}
    if "path" in asked:
        answer = worker.invoke(worker.functions["http_app_func"], _http(worker.protos, asked)).http
        told["status"] = int(answer.status_code)
        if asked.get("whole"):
            told["headers"] = dict(answer.headers)
            told["body"] = base64.b64encode(answer.body.bytes).decode()
    else:
        json_ = worker.protos.TypedData(json=asked.get("json", "{}"))
        worker.invoke(worker.functions[asked["function"]], json_)
    told["seconds"] = time.perf_counter() - started
    return told | worker.look()


def _http(protos: Any, asked: dict[str, Any]) -> Any:
    """A request as the host sends it."""
    request = protos.RpcHttp(
        method=asked.get("method", "GET"),
        url=f"https://{HOST}{asked['path']}",
        headers={"host": HOST, **asked.get("headers", {})},
        body=protos.TypedData(bytes=base64.b64decode(asked.get("body", ""))),
        params={},
        query={},
    )
    return protos.TypedData(http=request)


def _tell(out: Any, told: dict[str, Any]) -> None:
    print(json.dumps(told), file=out, flush=True)


if __name__ == "__main__":
    main()
