"""What the host and its workers say to each other, whatever way messages take."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any


class Failed(Exception):  # noqa: N818
    """What a worker, or a function in it, says went wrong; or how a worker ended."""


@dataclass(frozen=True)
class Function:
    """A function that is loaded, and its first binding, as in function.json."""

    id: str
    trigger: dict[str, Any]


class Worker(ABC):
    """A language worker.

    Attributes:
        protos: the classes of its messages.
        process: its id.
        born: when that was started, in seconds since the epoch.
        seconds: what the parts of its start took.
        functions: those of the app, by name, once it has started.
    """

    protos: Any
    process: int
    born: float
    seconds: dict[str, float]
    functions: dict[str, Function]

    @abstractmethod
    def start(self) -> None:
        """Initialise the worker, and have the app's functions indexed and loaded.

        Raises:
            Failed: the worker says so, or ends.
        """

    @abstractmethod
    def send(self, request: str, content: Any) -> Any:
        """The response to a request, both named as fields of a StreamingMessage.

        Raises:
            Failed: the worker ends meanwhile.
        """

    @abstractmethod
    def look(self, count: bool = False) -> dict[str, Any]:
        """What the probe sees where the functions run; `count` lets it count from now on."""

    def stop(self) -> None:  # noqa: B027
        """End what was started."""

    def ask(self, request: str, content: Any) -> Any:
        """
        Raises:
            Failed: the response says so.
        """
        answer = self.send(request, content)
        if answer.result.status != self.protos.StatusResult.Success:
            raise Failed(f"{request}: {answer.result.exception.message}")
        return answer

    def invoke(self, function: Function, data: Any) -> Any:
        """What it returns for the data of its trigger."""
        given = self.protos.ParameterBinding(name=function.trigger["name"], data=data)
        invocation = self.protos.InvocationRequest(
            invocation_id=str(uuid.uuid4()), function_id=function.id, input_data=[given]
        )
        return self.ask("invocation_request", invocation).return_value
