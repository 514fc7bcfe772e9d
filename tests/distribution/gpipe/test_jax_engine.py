"""Runs the tests of `four_devices.py` in a process that has four devices."""

import pathlib

import keras
import pytest

from tests import virtual_devices


@pytest.mark.skipif(keras.config.backend() != "jax", reason="the engine of JAX")
def test_pipelines_over_four_devices():
    tests = pathlib.Path(__file__).with_name("four_devices.py")
    virtual_devices.run(4, "-m", "pytest", "-q", str(tests))
