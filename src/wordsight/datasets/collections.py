"""The collections that can be fetched, one row each."""

from __future__ import annotations

from dataclasses import dataclass

from wordsight.errors import DatasetError

_COCO = "http://images.cocodataset.org"  # as published; it speaks no HTTPS of its own
_COCO_LICENCE = "annotations CC BY 4.0; photos under their owners' Flickr terms"


@dataclass(frozen=True)
class Remote:
    """A file on the web. `md5` in hexadecimal, where it is known beforehand."""

    url: str
    md5: str = ""

    @property
    def name(self) -> str:
        """Its own name, without where it lies."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Dataset:
    """A collection.

    Its photos are named by `list`: a CSV as Open Images has it, or for `list_member` the JSON of
    that name in a ZIP, as COCO has it. They lie at `photo_url` and their names, and where there
    is an `archive` all of them in that ZIP as well. `images` and `gigabytes` tell what to expect.
    """

    name: str
    about: str
    images: int
    gigabytes: float
    licence: str
    folder: str
    list: Remote
    photo_url: str
    archive: Remote | None = None
    list_member: str = ""

    @property
    def takes_ids(self) -> bool:
        """Whether a person may choose the photos by a list of ids."""
        return not self.list_member


def _coco(
    split: str, about: str, images: int, gigabytes: float, md5: str, lists: Remote, member: str
) -> Dataset:
    return Dataset(
        name=f"coco-{split}",
        about=about,
        images=images,
        gigabytes=gigabytes,
        licence=_COCO_LICENCE,
        folder=split,
        list=lists,
        list_member=f"annotations/{member}.json",
        photo_url=f"{_COCO}/{split}/",
        archive=Remote(f"{_COCO}/zips/{split}.zip", md5),
    )


_TRAINVAL2014 = Remote(
    f"{_COCO}/annotations/annotations_trainval2014.zip", "0a379cfc70b0e71301e0f377548639bd"
)
_TRAINVAL2017 = Remote(
    f"{_COCO}/annotations/annotations_trainval2017.zip", "f4bbac642086de4f52a3fdda2de5fa2c"
)
_TEST2014 = Remote(
    f"{_COCO}/annotations/image_info_test2014.zip", "25304cbbafb2117fb801c0f7218fdbba"
)

DATASETS = (
    _coco(
        "train2014",
        "training photos, five captions each",
        82_783,
        13.5,
        "0da8c0bd3d6becc4dcb32757491aca88",
        _TRAINVAL2014,
        "captions_train2014",
    ),
    _coco(
        "val2014",
        "validation photos, five captions each",
        40_504,
        6.6,
        "a3d79f5ed8d289b7a7554ce06a5782b3",
        _TRAINVAL2014,
        "captions_val2014",
    ),
    _coco(
        "test2014",
        "photos without captions",
        40_775,
        6.7,
        "04127eef689ceac55e3a572c2c92f264",
        _TEST2014,
        "image_info_test2014",
    ),
    _coco(
        "val2017",
        "validation photos, five captions each",
        5_000,
        0.8,
        "442b8da7639aecaf257c1dceb8ba8c80",
        _TRAINVAL2017,
        "captions_val2017",
    ),
    Dataset(
        name="open-images-v6",
        about="the validation photos, or any others by their ids",
        images=41_620,
        gigabytes=12,
        licence="annotations CC BY 4.0; photos listed as CC BY 2.0, their authors in the list",
        folder="open-images",
        list=Remote(
            "https://storage.googleapis.com/openimages/2018_04/validation/"
            "validation-images-with-rotation.csv"
        ),
        photo_url="https://open-images-dataset.s3.amazonaws.com/",
    ),
)


def dataset(name: str) -> Dataset:
    """The row of that name.

    Raises:
        DatasetError: there is none.
    """
    for row in DATASETS:
        if row.name == name:
            return row
    known = ", ".join(row.name for row in DATASETS)
    raise DatasetError(f"there is no dataset {name}; there are {known}")
