"""What all tests of the index share."""

from tests.one_thread import one_thread as one_thread
