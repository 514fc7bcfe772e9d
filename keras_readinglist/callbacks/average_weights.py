"""The mean of weights that were saved at several times of a training."""

import contextlib
import os
import pathlib

import h5py
import numpy as np

_SUFFIX = ".weights.h5"


def average_weights(paths, target):
    """Write the mean of saved weights, as one more file of weights.

    `callbacks.CheckpointAverager` needs no files; this averages what `save_weights` or
    `keras.callbacks.ModelCheckpoint` left behind, also after the training. Counts and the states
    of random generators are those of the last file. One weight at a time is held in memory.

    Args:
        paths: Sequence of paths of `.weights.h5` files of one architecture, in their order.
        target: Path of the `.weights.h5` file to write; it may be one of `paths`.

    Returns:
        The `target`, for `model.load_weights`.

    Raises:
        ValueError: If there is no path, one does not end with `.weights.h5`, a file cannot be
            read, or the files hold different weights.

    Example:
        >>> import os, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> *paths, mean = [os.path.join(folder, f"{k}.weights.h5") for k in range(3)]
        >>> for path, value in zip(paths, (1.0, 5.0)):
        ...     model.set_weights([np.array([[value]])])
        ...     model.save_weights(path)
        >>> model.load_weights(average_weights(paths, mean))
        >>> float(model.get_weights()[0][0, 0])
        3.0

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 6.1
    """
    paths, target = [pathlib.Path(path) for path in paths], pathlib.Path(target)
    if not paths:
        raise ValueError("`paths` must hold at least one path. Received: none")
    for name, path in [*(("paths", path) for path in paths), ("target", target)]:
        if not path.name.endswith(_SUFFIX):
            raise ValueError(f"`{name}` must end with {_SUFFIX!r}. Received: {str(path)!r}")
    partial = target.with_name(f"partial-{target.name}")
    try:
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(_opened(path)) for path in paths]
            expected = _shapes(files[-1])
            for path, file in zip(paths, files, strict=True):
                if _shapes(file) != expected:
                    raise ValueError(
                        "`paths` must hold weights of the same names and shapes. "
                        f"Received: {str(path)!r}, which differs from {str(paths[-1])!r}"
                    )
            with h5py.File(partial, "w") as written:
                _write_mean(files, written)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def mean_of(arrays):
    """Return the mean of arrays in their type, and of counts and states the last one.

    Args:
        arrays: Sequence of arrays of one shape and type.
    """
    dtype = arrays[-1].dtype
    if dtype.kind in "iub":
        return arrays[-1]
    return np.mean([array.astype("float64") for array in arrays], axis=0).astype(dtype)


def _opened(path):
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"`paths` must hold files of weights: {error}") from error


def _shapes(file):
    """Return the shape of every weight by its name."""
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item.shape

    file.visititems(note)
    return found


def _write_mean(groups, target):
    target.attrs.update(groups[-1].attrs)
    for name, item in groups[-1].items():
        items = [group[name] for group in groups]
        if isinstance(item, h5py.Group):
            _write_mean(items, target.create_group(name))
            continue
        mean = mean_of([_values(item) for item in items])
        # Keras keeps bfloat16, which HDF5 does not know, as two bytes each.
        raw = mean.view(item.dtype) if item.dtype.kind == "V" else mean
        target.create_dataset(name, data=raw).attrs.update(item.attrs)


def _values(item):
    if item.dtype.kind != "V":
        return item[()]
    import ml_dtypes

    return item[()].view(getattr(ml_dtypes, item.attrs["dtype"]))
