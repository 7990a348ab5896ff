"""`wordsight plan` as a person and a program see it."""

from __future__ import annotations

import json
import subprocess

from click.testing import CliRunner
from tests.conftest import command

from wordsight.cli.plan import plan


def shown(*arguments: str) -> str:
    ran = CliRunner().invoke(plan, arguments)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_plan_names_all_four_kinds_of_need() -> None:
    told = shown("--photos", "1e9", "--qps", "1000", "--new-per-day", "1e6")
    for word in ("describing", "indexing", "serving", "storage", "new", "bound by memory"):
        assert word in told
    assert "give --core-hour" in told


def test_prices_show_costs() -> None:
    told = shown("--photos", "1e6", "--core-hour", "0.1", "--gb-month", "0.02")
    assert "once" in told
    storage = json.loads(shown("--photos", "1e6", "--json"))["storage"]
    gigabytes = storage["snapshot_gb"] + storage["catalog_gb"]
    assert f"storage a month {0.02 * gigabytes:.2f}" in told


def test_json_tells_every_rate_with_its_source() -> None:
    told = json.loads(shown("--photos", "1000", "--json"))
    assert told["demand"]["photos"] == 1000
    assert told["cost"]["once"] is None
    assert all(rate["source"] for rate in told["rates"].values())
    assert told["serving"]["search_machines"] == 1


def test_an_own_rate_counts() -> None:
    slow, quick = (
        json.loads(shown("--photos", "1e6", "--json", "--described", rate))["describing"]
        for rate in ("10", "20")
    )
    assert slow["core_hours"] == 2 * quick["core_hours"]


def test_an_impossible_number_is_one_readable_line() -> None:
    ran = subprocess.run(command("plan", "--photos", "-5"), capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == ["wordsight: --photos must be from 0 to 1e+15, not -5"]
