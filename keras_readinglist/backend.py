"""The few questions about the running backend that do not depend on what is computed."""

import keras


def on_jax_cpu():
    """Return whether JAX computes on a CPU, where what fits into the cache is much faster."""
    if keras.config.backend() != "jax":
        return False
    import jax

    return jax.default_backend() == "cpu"


def loops_compile():
    """Return whether XLA compiles the gradient of a loop: that of TensorFlow's `scan` it cannot."""
    return keras.config.backend() != "tensorflow"


def known(size):
    """Return a size of a shape if it is a number; `None` if it is unknown, or an export's symbol.

    JAX exports with symbols in place of batch sizes, which refuse to be compared with numbers.
    """
    return size if isinstance(size, int) else None


def value(x):
    """Return the NumPy array of a tensor, or `None` while a program is traced or exported."""
    backend = keras.config.backend()
    if isinstance(x, keras.KerasTensor):
        return None
    if backend == "jax":
        import jax

        traced = isinstance(x, jax.core.Tracer)
    elif backend == "tensorflow":
        traced = not hasattr(x, "numpy")
    else:
        traced = exporting() or x.device.type == "meta"
    return None if traced else keras.ops.convert_to_numpy(x)


def exporting():
    """Return whether torch records a program, in which no choice may depend on values."""
    if keras.config.backend() != "torch":
        return False
    import torch

    return torch.compiler.is_compiling()


def tensors(structure):
    """Return a structure of NumPy arrays and tensors as one of tensors; `None` stays."""
    return keras.tree.map_structure(
        lambda x: None if x is None else keras.ops.convert_to_tensor(x), structure
    )
