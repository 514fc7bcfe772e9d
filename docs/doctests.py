"""Lets the API pages show the examples of docstrings as code."""

import griffe


class Doctests(griffe.Extension):
    """Names the section as Griffe knows it: what it calls `Example` is a box of prose."""

    def on_object(self, *, obj, **kwargs):
        if obj.docstring:
            obj.docstring.value = obj.docstring.value.replace("\nExample:\n", "\nExamples:\n")
