"""Other encoders than the packaged one: what brings sentences, and maybe pictures, into a space.

A new kind is a row of `registry.KINDS` and a file beside it.
"""
