"""The models of a library, with the encoder that was chosen for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wordsight.catalog import Catalog
from wordsight.errors import ModelError
from wordsight.models.packaged import ModelSet

if TYPE_CHECKING:
    from wordsight.models.encoders.registry import Encoder

MakeModels = Callable[..., ModelSet]
"""Takes the library's encoder by its name, `encoder`; None is the packaged one."""


def models_of(catalog: Catalog | None, make: MakeModels = ModelSet) -> ModelSet:
    """Models with the encoder that was chosen for a library, the packaged one by default.

    Raises:
        ModelError: it is not where it was.
    """
    place = None if catalog is None else catalog.encoders.chosen()
    return make(encoder=_found(place))


def _found(place: str | None) -> Encoder | None:
    if place is None:
        return None
    from wordsight.models.encoders.registry import find_encoder

    try:
        return find_encoder(place)
    except ModelError as error:
        raise ModelError(
            f"the library's encoder is not in {place} any more ({error}); put it back, or choose "
            "another with `wordsight encoder`, as `wordsight encoder packaged`"
        ) from error
