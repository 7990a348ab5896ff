"""A small Functions host: drives Microsoft's runtime of the Python worker with an app's folder.

    python functions_host.py build/function-app < requests

Run by a Python that has `azure-functions-runtime`, apart from wordsight. It initialises the
worker, has the functions indexed and loaded, and then invokes them: a line of JSON in, `{"method",
"path", "headers", "body"}` or `{"function"}`, gives a line out. The runtime takes the classes of
its messages as a parameter; those here have the fields of the published protobufs, without the
wire format and the stream of gRPC, which are not in that package.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HOST = "photos.azurewebsites.net"


class Message(SimpleNamespace):
    """Any message: a set field names the one that is set in a group."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802
        return next((name for name in vars(self) if name != "name"), None)


class StatusResult(Message):
    Failure, Success, Cancelled = range(3)


class BindingInfo(Message):
    undefined, out, inout = range(3)


class Messages:
    """Stands for the module of message classes."""

    StatusResult, BindingInfo = StatusResult, BindingInfo

    def __getattr__(self, _name: str) -> type[Message]:
        return Message


class Worker:
    """The handlers, as the host calls them one after the other."""

    def __init__(self, folder: Path) -> None:
        packages = folder / ".python_packages" / "lib" / "site-packages"
        sys.path[:0] = [str(folder), str(packages)]
        import azure_functions_runtime

        self._handlers = azure_functions_runtime
        self._folder = str(folder)
        self.functions: dict[str, Any] = {}

    async def start(self) -> None:
        """Initialise, index and load.

        Raises:
            SystemExit: the worker says that it failed.
        """
        self._handlers.start_threadpool_executor()
        init = Message(function_app_directory=self._folder, capabilities={})
        await self._ask("worker_init_request", init)
        indexed = await self._ask("functions_metadata_request", Message())
        for told in indexed.function_metadata_results:
            await self._ask("function_load_request", Message(function_id=told.function_id))
            self.functions[told.name] = told

    async def invoke(self, name: str, data: Message) -> Any:
        """What the function returns."""
        told = self.functions[name]
        trigger = json.loads(told.raw_bindings[0])["name"]
        invocation = Message(
            invocation_id=str(uuid.uuid4()),
            function_id=told.function_id,
            input_data=[Message(name=trigger, data=data)],
            trigger_metadata={},
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = await self._ask("invocation_request", invocation)
        return answer.return_value

    async def _ask(self, handler: str, content: Message) -> Any:
        request = Message(
            request=Message(**{handler: content}),
            properties={"host": "127.0.0.1", "protos": Messages()},
        )
        answer = await getattr(self._handlers, handler)(request)
        if answer.result.status != StatusResult.Success:
            raise SystemExit(f"{handler}: {answer.result.exception.message}")
        return answer


def http(asked: dict[str, Any]) -> Message:
    """A request as the host sends it."""
    return Message(
        http=Message(
            method=asked.get("method", "GET"),
            url=f"https://{HOST}{asked['path']}",
            headers={"host": HOST, **asked.get("headers", {})},
            body=Message(bytes=base64.b64decode(asked.get("body", ""))),
            params={},
            query={},
        )
    )


def memory() -> dict[str, int]:
    """Bytes of this process: resident, the part that is mapped from files, and the most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    return {name: 1024 * int(told[name].split()[0]) for name in ("VmRSS", "RssFile", "VmHWM")}


def count_openings() -> Counter[str]:
    """From now on, of models, snapshots and connections to a database."""
    import onnxruntime
    from sqlalchemy import Engine, event

    from wordsight.index.snapshot import Snapshot

    counts: Counter[str] = Counter()

    def counted(kind: Any, name: str) -> None:
        real = kind.__init__

        def init(self: Any, *arguments: Any, **options: Any) -> None:
            counts[name] += 1
            real(self, *arguments, **options)

        kind.__init__ = init

    counted(onnxruntime.InferenceSession, "models")
    counted(Snapshot, "snapshots")
    event.listen(Engine, "connect", lambda *_: counts.update(["connections"]))
    return counts


async def serve(folder: Path, count: bool, out: Any) -> None:
    """Start, tell so, and answer one line after the other."""
    born = float(os.environ.get("BORN", time.time()))
    worker = Worker(folder)
    runtime = time.time()
    opened = count_openings() if count else Counter()
    before = time.time()
    await worker.start()
    told: dict[str, Any] = {
        "functions": {
            name: json.loads(one.raw_bindings[0]) for name, one in worker.functions.items()
        },
        "seconds": {"interpreter and runtime": runtime - born, "indexing": time.time() - before},
    }
    print(json.dumps(told), file=out, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.perf_counter()
        if "path" in asked:
            answer = (await worker.invoke("http_app_func", http(asked))).http
            told = {
                "status": int(answer.status_code),
                "headers": dict(answer.headers) if asked.get("whole") else {},
                "body": base64.b64encode(answer.body.bytes).decode() if asked.get("whole") else "",
            }
        else:
            await worker.invoke(asked["function"], Message(json=asked.get("json", "{}")))
            told = {}
        told["seconds"] = time.perf_counter() - started
        site = sys.modules["function_app"].site
        told |= {"opened": opened, "memory": memory(), "took": site.took}
        print(json.dumps(told), file=out, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", action="store_true", help="what is opened; loads it beforehand")
    chosen = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what functions print is not an answer
    asyncio.run(serve(chosen.folder.absolute(), chosen.count, out))


if __name__ == "__main__":
    main()
