"""The present worker's handlers, `azure-functions-runtime`, driven by plain calls.

The runtime takes the classes of its messages as a parameter; those here have the fields of the
published protobufs, without the wire format and the stream of gRPC, which are not in that package.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.functions_host import probe
from benchmarks.functions_host.worker import Function, Worker


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


class CalledWorker(Worker):
    """The handlers, in this process, as the host calls them one after the other."""

    def __init__(self, folder: Path) -> None:
        self.protos = Messages()
        self.functions = {}
        self.process = os.getpid()
        self.born = float(os.environ.get("BORN", time.time()))
        packages = folder / ".python_packages" / "lib" / "site-packages"
        sys.path[:0] = [str(folder), str(packages)]
        import azure_functions_runtime

        self._handlers = azure_functions_runtime
        self._folder = str(folder)
        self._loop = asyncio.Runner()  # the worker has one loop for all calls
        self.seconds = {"interpreter and runtime": time.time() - self.born}

    def start(self) -> None:
        before = time.time()
        self._handlers.start_threadpool_executor()
        init = Message(function_app_directory=self._folder, capabilities={})
        self.ask("worker_init_request", init)
        indexed = self.ask("functions_metadata_request", Message())
        for told in indexed.function_metadata_results:
            self.ask("function_load_request", Message(function_id=told.function_id))
            trigger = json.loads(told.raw_bindings[0])
            self.functions[told.name] = Function(told.function_id, trigger)
        self.seconds["indexing"] = time.time() - before

    def send(self, request: str, content: Any) -> Any:
        if request == "invocation_request":  # what a protobuf has by default
            content.trigger_metadata = {}
            content.trace_context = Message(trace_parent="", trace_state="", attributes={})
            content.retry_context = Message(retry_count=0, max_retry_count=0, exception=None)
        message = Message(
            request=Message(**{request: content}),
            properties={"host": "127.0.0.1", "protos": self.protos},
        )
        return self._loop.run(getattr(self._handlers, request)(message))

    def look(self, count: bool = False) -> dict[str, Any]:
        if count:
            probe.count_openings()
        return probe.look()
