"""Fixtures of the tests of layers."""

import keras
import pytest


@pytest.fixture
def float64():
    """Let JAX have float64, which it has only under a switch of its own."""
    if keras.config.backend() != "jax":
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield
