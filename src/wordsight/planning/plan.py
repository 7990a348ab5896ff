"""From a demand to machines, hours, storage and cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from wordsight.planning.demand import Demand, Machine, Prices
from wordsight.planning.index_costs import (
    bytes_read,
    compare_seconds,
    fit_seconds,
    search_seconds,
)
from wordsight.planning.rates import (
    BUILD_BYTES,
    CATALOG_BYTES,
    MEMORY_BYTES,
    REQUEST,
    SCORE_BYTES,
    SNAPSHOT_BYTES,
)

DAY = 86_400.0
MONTH_HOURS = 730.0


@dataclass(frozen=True)
class Describing:
    core_hours: float
    machines: int
    """That finish in the days given."""
    hours: float
    """Of these machines."""
    new_core_hours_a_day: float
    new_machines: int
    """That keep up with what is new."""


@dataclass(frozen=True)
class Indexing:
    parts: int
    """Each on machines of its own."""
    largest_part: int
    """Photos."""
    core_hours: float
    hours: float
    """Of one core, for the largest part: parts are fitted side by side."""
    memory_gb: float
    """While the largest part is built."""
    comparing_core_hours: float
    """For near-duplicates, within each part."""
    new_core_hours_a_day: float
    """Of fitting at most, since cells are fitted anew whenever a part has doubled; and of comparing
    what is new with the largest part."""


@dataclass(frozen=True)
class Serving:
    search_machines: int
    request_machines: int
    """That read the sentence and ask all parts; 0 where a single part's machines do it."""
    copies: int
    """Of a full part."""
    bound_by: str
    """What decides the copies: 'cores', 'memory bandwidth'."""
    query_ms: float
    """Without waiting: reading the sentence and searching the largest part."""

    @property
    def machines(self) -> int:
        return self.search_machines + self.request_machines


@dataclass(frozen=True)
class Storage:
    snapshot_gb: float
    """With what explains scores, one copy."""
    catalog_gb: float
    photos_gb: float
    copies_gb: float
    """The snapshot again on every further copy of a part."""
    new_gb_a_day: float

    @property
    def total_gb(self) -> float:
        return self.snapshot_gb + self.catalog_gb + self.photos_gb + self.copies_gb


@dataclass(frozen=True)
class Cost:
    """None where no price was given."""

    once: float | None
    serving_a_month: float | None
    new_a_month: float | None
    storage_a_month: float | None


@dataclass(frozen=True)
class Plan:
    describing: Describing
    indexing: Indexing
    serving: Serving
    storage: Storage
    cost: Cost


@dataclass(frozen=True)
class _Parts:
    """Machines are filled one after the other, so that more photos never cost less."""

    size: int
    full: int
    rest: int
    """Photos in the last, which fills up."""

    @property
    def number(self) -> int:
        return self.full + (self.rest > 0)

    @property
    def largest(self) -> int:
        return self.size if self.full else self.rest


def plan(demand: Demand, machine: Machine | None = None, prices: Prices | None = None) -> Plan:
    """What the demand takes on machines of one kind."""
    machine = machine or Machine()
    size = photos_a_machine(machine)
    parts = _Parts(size, *divmod(int(demand.photos), size))
    describing = _describing(demand, machine)
    indexing = _indexing(demand, parts)
    serving, copied = _serving(demand, machine, parts)
    storage = _storage(demand, copied)
    cost = _cost(describing, indexing, serving, storage, machine, prices or Prices())
    return Plan(describing, indexing, serving, storage, cost)


def photos_a_machine(machine: Machine) -> int:
    """Whose codes and centroids take half of the memory; the rest is the system's and requests'."""
    return int(machine.memory_gb * 1e9 / 2 / MEMORY_BYTES.value)


def _describing(demand: Demand, machine: Machine) -> Describing:
    rate = machine.described * machine.cores
    seconds = demand.photos / rate
    machines = max(1, ceil(seconds / (demand.within_days * DAY)))
    new = demand.new_per_day / rate
    return Describing(
        core_hours=seconds * machine.cores / 3600,
        machines=machines,
        hours=seconds / machines / 3600,
        new_core_hours_a_day=new * machine.cores / 3600,
        new_machines=ceil(new / DAY),
    )


def _indexing(demand: Demand, parts: _Parts) -> Indexing:
    """A part that fills by doubling is fitted for less than twice the price of its last fit."""
    seconds = parts.full * fit_seconds(parts.size) + fit_seconds(parts.rest)
    a_new_photo = 2 * fit_seconds(parts.size) / parts.size
    compared = parts.full * compare_seconds(parts.size, parts.size)
    compared += compare_seconds(parts.rest, parts.rest)
    return Indexing(
        parts=parts.number,
        largest_part=parts.largest,
        core_hours=seconds / 3600,
        hours=fit_seconds(parts.largest) / 3600,
        memory_gb=parts.largest * BUILD_BYTES.value / 1e9,
        comparing_core_hours=compared / 3600,
        new_core_hours_a_day=(a_new_photo * demand.new_per_day + _compared_a_day(demand, parts))
        / 3600,
    )


def _compared_a_day(demand: Demand, parts: _Parts) -> float:
    """Seconds; what fills more than a part is compared with one at a time."""
    if not demand.new_per_day:
        return 0.0
    at_once = min(demand.new_per_day, parts.largest)
    return demand.new_per_day / at_once * compare_seconds(at_once, parts.largest)


def _serving(demand: Demand, machine: Machine, parts: _Parts) -> tuple[Serving, int]:
    """And how many photos the further copies hold, together."""
    alone = parts.number == 1
    asked = demand.qps / machine.busy
    request = REQUEST.value if alone else 0.0
    copies, bound_by = _copies(asked, machine, parts.largest, request)
    last, _ = _copies(asked, machine, parts.rest, request) if parts.rest else (0, "")
    requests = 0 if alone else max(1, ceil(asked * REQUEST.value / machine.cores))
    serving = Serving(
        search_machines=parts.full * copies + last,
        request_machines=requests,
        copies=copies,
        bound_by=bound_by,
        query_ms=(REQUEST.value + search_seconds(parts.largest)) * 1e3,
    )
    return serving, parts.full * parts.size * (copies - 1) + parts.rest * max(0, last - 1)


def _copies(asked: float, machine: Machine, photos: int, request: float) -> tuple[int, str]:
    by_cores = asked * (search_seconds(photos) + request) / machine.cores
    by_memory = asked * bytes_read(photos) / (machine.bandwidth_gb * 1e9)
    bound_by = "cores" if by_cores >= by_memory else "memory bandwidth"
    return max(1, ceil(max(by_cores, by_memory))), bound_by


def _storage(demand: Demand, copied: int) -> Storage:
    snapshot = (SNAPSHOT_BYTES.value + SCORE_BYTES.value) / 1e9
    catalog = CATALOG_BYTES.value / 1e9
    photo = demand.photo_mb / 1e3
    return Storage(
        snapshot_gb=demand.photos * snapshot,
        catalog_gb=demand.photos * catalog,
        photos_gb=demand.photos * photo,
        copies_gb=copied * snapshot,
        new_gb_a_day=demand.new_per_day * (snapshot + catalog + photo),
    )


def _cost(
    describing: Describing,
    indexing: Indexing,
    serving: Serving,
    storage: Storage,
    machine: Machine,
    prices: Prices,
) -> Cost:
    new_a_day = describing.new_core_hours_a_day + indexing.new_core_hours_a_day
    return Cost(
        once=_times(
            prices.core_hour,
            describing.core_hours + indexing.core_hours + indexing.comparing_core_hours,
        ),
        serving_a_month=_times(prices.core_hour, serving.machines * machine.cores * MONTH_HOURS),
        new_a_month=_times(prices.core_hour, new_a_day * MONTH_HOURS / 24),
        storage_a_month=_times(prices.gb_month, storage.total_gb),
    )


def _times(price: float | None, amount: float) -> float | None:
    return None if price is None else price * amount
