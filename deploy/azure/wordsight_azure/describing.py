"""Describing what is new in the stores, a run at a time."""

from __future__ import annotations

import logging

from wordsight.errors import LibraryError
from wordsight_azure.configuration import Configuration
from wordsight_azure.identity import sign_in_to_postgresql

_log = logging.getLogger("wordsight")


def describe_new(configuration: Configuration) -> None:
    """Describe new and changed photos, forget what is gone, and publish a snapshot on the share
    when one is due. A run that is stopped loses its last batch; the next one goes on from there.

    Raises:
        LibraryError: the catalog is not in PostgreSQL, or another run has not ended.
    """
    if configuration.catalog is None:
        raise LibraryError("describing here needs a catalog in PostgreSQL; set WORDSIGHT_CATALOG")
    from wordsight.library import Library
    from wordsight.models.packaged import ModelSet
    from wordsight_azure.share import Share

    sign_in_to_postgresql()
    models = ModelSet(Share(configuration.share, configuration.local).models())
    with Library(configuration.share, models, configuration.catalog) as library:
        _log.info("described: %s", library.index(configuration.sources))
