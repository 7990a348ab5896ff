"""A small Functions host, to start one of Microsoft's workers with an app and send it requests.

It is run by a Python that has the worker, apart from wordsight.
"""
