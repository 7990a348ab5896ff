"""What the Flex Consumption plan allows, as documented; the rest is assumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

SOURCES = {
    "cores, most_instances, quota_gb, least_billed, billed_step": (
        "learn.microsoft.com, Azure Functions Flex Consumption plan hosting: 512 MB have a quarter "
        "core, 2,048 MB one, 4,096 MB two; at most 1,000 instances and 512,000 MB a region; "
        "active periods of 1,000 ms at least, then in steps of 100 ms"
    ),
    "started_a_second": (
        "techcommunity.microsoft.com, How to achieve high HTTP scale, 2024-06-17: 1,000 Python "
        "instances in less than a minute, so some 20 a second"
    ),
    "idle_seconds": "assumed: the documentation says only 'a number of minutes'",
}


@dataclass(frozen=True)
class Limits:
    """Of one function app, and how its instances are."""

    memory_gb: float = 2.0
    cores: float = 1.0
    concurrency: int = 4
    """Requests at a time in an instance, as set for the app; more are for another instance."""
    most_instances: int = 1000
    quota_gb: float = 500.0
    """Of all instances in a region."""
    started_a_second: int = 20
    idle_seconds: float = 300.0
    """Until an instance is taken away."""
    least_billed: float = 1.0
    billed_step: float = 0.1
    most_waiting: float = inf
    """Requests; more are refused."""

    @property
    def ceiling(self) -> int:
        """Instances, whichever limit is met first."""
        return min(self.most_instances, int(self.quota_gb / self.memory_gb))

    def only(self, instances: int) -> Limits:
        """The same with no more than so many."""
        return replace(self, most_instances=instances, quota_gb=instances * self.memory_gb)


def server(cores: int = 2) -> Limits:
    """A server that is always there; it lets as many wait as `wordsight serve`."""
    return Limits(cores=cores, concurrency=cores, most_waiting=128)
