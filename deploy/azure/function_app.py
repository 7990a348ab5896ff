"""The functions: the HTTP application, its warm-up, and describing by the clock."""

from __future__ import annotations

import os

from wordsight.cli.threads import one_thread_a_product

one_thread_a_product()

import azure.functions as func  # noqa: E402
from azure.functions.warmup import WarmUpContext  # noqa: E402
from wordsight_azure.configuration import Configuration  # noqa: E402
from wordsight_azure.describing import describe_new  # noqa: E402
from wordsight_azure.lazy_app import LazyApp  # noqa: E402

site = LazyApp(Configuration.read)
app = func.AsgiFunctionApp(site, http_auth_level=func.AuthLevel.ANONYMOUS)  # it has its own keys


@app.function_name("warmup")
@app.warm_up_trigger("added")
def warmup(added: WarmUpContext) -> None:
    """Called on an instance that is added, before requests are sent to it."""
    del added
    site.load()


SCHEDULE = os.environ.get("WORDSIGHT_SCHEDULE")
if SCHEDULE:

    @app.function_name("describe")
    @app.timer_trigger("timer", schedule=SCHEDULE)
    def describe(timer: func.TimerRequest) -> None:
        """One instance at a time, apart from those that answer requests."""
        del timer
        describe_new(Configuration.read())
