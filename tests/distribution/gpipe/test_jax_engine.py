"""Runs the tests of `four_devices.py` in a process that has four devices."""

import os
import pathlib
import subprocess
import sys

import keras
import pytest


@pytest.mark.skipif(keras.config.backend() != "jax", reason="the engine of JAX")
def test_pipelines_over_four_devices():
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", pathlib.Path(__file__).with_name("four_devices.py")],
        env={**os.environ, "XLA_FLAGS": flags.strip()},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
