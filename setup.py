"""Finds the packages; everything else about the build stands in pyproject.toml.

Exhibits, pages and reports stand at the top of the checkout, and are part of the package when it is
installed.
"""

from setuptools import find_packages, setup

OUTSIDE = {"demos": "demos", "pages": "docs/papers", "reports": "reports"}

setup(
    packages=[
        *find_packages(include=["keras_readinglist", "keras_readinglist.*"]),
        *(f"keras_readinglist.{name}" for name in find_packages(include=["demos", "demos.*"])),
        "keras_readinglist.pages",
        "keras_readinglist.reports",
    ],
    package_dir={f"keras_readinglist.{name}": folder for name, folder in OUTSIDE.items()},
)
