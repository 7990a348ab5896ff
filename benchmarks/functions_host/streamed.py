"""The published worker, `azure-functions-worker`, as a process of its own, over gRPC.

It opens a stream to the host and speaks the protobufs that it carries, as on Azure: started
without an app, it is given one with its settings (FunctionEnvironmentReloadRequest), then its
functions (FunctionLoadRequest), then their invocations. Nothing of it is changed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
from azure_functions_worker import protos

from benchmarks.functions_host.described import PROBE, describe, described
from benchmarks.functions_host.worker import Failed, Function, Worker

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class StreamedWorker(Worker):
    """One worker, and the service that it connects to."""

    protos = protos

    def __init__(self, folder: Path) -> None:
        self.functions = {}
        self.seconds = {}
        self._folder = folder
        self._packages = folder / ".python_packages" / "lib" / "site-packages"
        self._settings = dict(os.environ)
        self._id = str(uuid.uuid4())
        self._out: SimpleQueue[Any] = SimpleQueue()
        self._in: SimpleQueue[Any] = SimpleQueue()
        sys.path += [str(folder), str(self._packages)]
        describe(folder)
        server = grpc.server(ThreadPoolExecutor(1), options=_UNLIMITED)
        protos.add_FunctionRpcServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._server = server
        self.born = time.time()
        self._process = self._launch(port)
        self.process = self._process.pid
        threading.Thread(target=self._watch, daemon=True).start()

    def EventStream(self, messages: Iterator[Any], _context: Any) -> Iterator[Any]:  # noqa: N802
        """The stream, which the service calls."""
        threading.Thread(target=self._receive, args=(messages,), daemon=True).start()
        yield from iter(self._out.get, None)

    def start(self) -> None:
        self._receive_one("start_stream")
        started = time.time()
        self.seconds["interpreter and runtime"] = started - self.born
        self.ask("worker_init_request", protos.WorkerInitRequest(host_version="2.0"))
        specialised = protos.FunctionEnvironmentReloadRequest(
            environment_variables=self._settings, function_app_directory=str(self._folder)
        )
        self.ask("function_environment_reload_request", specialised)
        for name, told in described(self._folder).items():
            self._load(name, told)
        self.seconds["indexing"] = time.time() - started

    def send(self, request: str, content: Any) -> Any:
        self._out.put(protos.StreamingMessage(request_id=self._id, **{request: content}))
        return self._receive_one(request.replace("request", "response"))

    def look(self, count: bool = False) -> dict[str, Any]:
        data = protos.TypedData(string="count" if count else "")
        told: dict[str, Any] = json.loads(self.invoke(self._probe, data).string)
        return told

    def stop(self) -> None:
        self._process.kill()
        self._out.put(None)
        self._server.stop(None)

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        """Its own packages come before the app's, which have a protobuf that it does not know."""
        own = sysconfig.get_path("purelib")
        command = [sys.executable, "-m", "azure_functions_worker", "--host", "127.0.0.1"]
        told = {"port": port, "workerId": self._id, "requestId": self._id}
        options = [text for name, value in told.items() for text in (f"--{name}", str(value))]
        return subprocess.Popen(
            [*command, *options, "--grpcMaxMessageLength", "2147483647"],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{own}:{self._packages}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what it logs until there is a stream
        )

    def _load(self, name: str, told: dict[str, Any]) -> None:
        function = Function(str(uuid.uuid4()), told["bindings"][0])
        metadata = protos.RpcFunctionMetadata(
            name=name,
            directory=str(self._folder / name),
            script_file=str((self._folder / name / told["scriptFile"]).resolve()),
            entry_point=told["entryPoint"],
            bindings={one["name"]: _binding(one) for one in told["bindings"]},
        )
        load = protos.FunctionLoadRequest(function_id=function.id, metadata=metadata)
        self.ask("function_load_request", load)
        if name == PROBE:
            self._probe = function
        else:
            self.functions[name] = function

    def _receive(self, messages: Iterator[Any]) -> None:
        with suppress(grpc.RpcError):  # the worker has ended
            for message in messages:
                if message.WhichOneof("content") == "rpc_log":
                    _show(message.rpc_log)
                else:
                    self._in.put(message)

    def _receive_one(self, name: str) -> Any:
        message = self._in.get()
        if isinstance(message, Failed):
            self._in.put(message)  # for whoever asks again
            raise message
        return getattr(message, name)

    def _watch(self) -> None:
        code = self._process.wait()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        self._in.put(Failed(f"the worker has ended {how}"))


def _binding(told: dict[str, Any]) -> Any:
    """The names of directions are lower-case in the protobufs."""
    direction = protos.BindingInfo.Direction.Value(told["direction"].lower())
    return protos.BindingInfo(type=told["type"], direction=direction)


def _show(log: Any) -> None:
    if log.level >= protos.RpcLog.Warning:
        print(log.message, file=sys.stderr)
