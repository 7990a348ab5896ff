"""Everything that wordsight raises on purpose, in one small hierarchy."""


class WordsightError(Exception):
    """Base of all errors meant for a person: the message says what to do next."""


class PhotoError(WordsightError):
    """A photo cannot be described. It is recorded and skipped, never fatal."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage
        self.reason = reason


class UnreachableError(PhotoError):
    """A photo cannot be read now. It is not recorded: the photo waits for the next run.

    Args:
        reason: what the store did.
        passing: whether another attempt within seconds may help.
        wait: seconds that the store asks to wait before it.
    """

    def __init__(self, reason: str, passing: bool = False, wait: float = 0.0) -> None:
        super().__init__("read", reason)
        self.passing = passing
        self.wait = wait


class SourceError(WordsightError):
    """A photo source (a folder, a store) cannot be listed."""


class LibraryError(WordsightError):
    """The library on disk is missing, locked, damaged or of another version."""


class ConnectionLostError(LibraryError):
    """The server that holds the catalog does not answer."""


class ModelError(WordsightError):
    """A model file is missing, damaged, or does not fit the others."""


class QueryError(WordsightError):
    """A query cannot be answered as it was asked."""


class DatasetError(WordsightError):
    """A captioned collection cannot be read, or a public one not be fetched."""


class PlanError(WordsightError):
    """A plan is asked for with a number that cannot be."""


class SparkError(WordsightError):
    """Spark cannot be started, or a job of it failed."""


class ServerError(WordsightError):
    """A server refuses a request, or does not answer it: then it has no `status`."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
