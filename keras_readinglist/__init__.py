"""Keras 3 components for the papers of Ilya Sutskever's AI reading list.

The namespaces below are loaded when they are first used, so `import keras_readinglist` is light.
"""

import importlib
import pkgutil

__version__ = "0.1.0"

# The other modules are the command and what is installed beside the package.
_NAMESPACES = sorted(
    module.name
    for module in pkgutil.iter_modules(__path__)
    if module.name not in ("cli", "demos", "pages", "reports")
)
__all__ = ["__version__", *_NAMESPACES]


def __getattr__(name):
    """Import a public namespace on first access (PEP 562)."""
    if name in _NAMESPACES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    """List the lazy namespaces beside what is already loaded."""
    return sorted({*globals(), *_NAMESPACES})
