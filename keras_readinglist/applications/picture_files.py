"""Picture files into one file without loss, and back: the whole of it, or none."""

import os
import pathlib
import shutil

import keras
import numpy as np

from keras_readinglist.applications.loading import load_preset
from keras_readinglist.information import compress, decompress, describe


def compress_files(pictures, output, preset):
    """Write pictures into one file, which names the preset and the backend.

    Args:
        pictures: List of paths: one `.npy` array of levels `(n, height, width)`, with a last axis
            of 1 or without; or gray picture files whose greys are the model's levels.
        output: Path of the file to write. It appears whole or not at all.
        preset: Name or directory of a preset of a `VariationalLossyAutoencoder`.

    Returns:
        How many pictures were written, and the bytes of the file.

    Raises:
        ValueError: If a picture is not one that the model knows.

    Example:
        >>> compress_files(["missing.png"], "out.bin", "lossy_autoencoder_window")
        Traceback (most recent call last):
        FileNotFoundError: missing.png is not there
    """
    paths = [pathlib.Path(path).expanduser() for path in pictures]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not there")
    model = _model(preset)
    if len(paths) == 1 and paths[0].suffix == ".npy":
        levels = _read_array(paths[0])
    else:
        levels = np.stack([_read_picture(path, model) for path in paths])[..., None]
    data = compress(model, levels, f"{preset}@{keras.config.backend()}")
    _replace(output, lambda partial: partial.write_bytes(data))
    return len(levels), len(data)


def decompress_file(path, output, preset=None):
    """Read back the pictures of a file that `compress_files` wrote.

    Args:
        path: Path of the file.
        output: Path of a `.npy` file, or of a new folder that gets a PNG file a picture. It
            appears whole or not at all.
        preset: Name or directory of the preset, or `None` for the one that the file names.

    Returns:
        How many pictures there are.

    Raises:
        ValueError: If the file is of another model or backend, damaged, or cut.

    Example:
        >>> decompress_file("missing.bin", "pictures")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'missing.bin'
    """
    data = pathlib.Path(path).expanduser().read_bytes()
    name, _, backend = describe(data)["name"].rpartition("@")
    if backend != keras.config.backend():
        # Probabilities must agree to the last bit, and those of two backends do not.
        raise ValueError(
            f"`path` must be read with the backend that wrote it, {backend or 'unnamed'}. "
            f"Received: {keras.config.backend()}"
        )
    model = _model(preset or name)
    pictures = decompress(model, data)
    if pathlib.Path(output).suffix == ".npy":
        _replace(output, lambda partial: _write_array(partial, pictures))
    else:
        _replace(output, lambda partial: _write_pictures(partial, pictures, model.levels))
    return len(pictures)


def _model(preset):
    from keras_readinglist.applications.variational_lossy_autoencoder import (
        VariationalLossyAutoencoder,
    )

    model = load_preset(preset)
    if not isinstance(model, VariationalLossyAutoencoder):
        raise ValueError(
            "`preset` must be one of a VariationalLossyAutoencoder. "
            f"Received: {preset}, a {type(model).__name__}"
        )
    return model


def _read_array(path):
    try:
        levels = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is no array of numbers: {error}") from error
    return levels[..., None] if levels.ndim == 3 else levels


def _read_picture(path, model):
    """Return the levels of a gray picture, `(height, width)`."""
    image_of, unreadable = _pillow()
    try:
        with image_of.open(path) as image:
            mode, grey = image.mode, np.asarray(image.convert("L"), int)
    except unreadable as error:
        raise ValueError(f"{path} is not a picture that can be read") from error
    height, width, _ = model.image_shape
    if mode not in ("1", "L") or grey.shape != (height, width):
        raise ValueError(
            f"{path} must be gray, {width} x {height} pixels. "
            f"Received: mode {mode}, {grey.shape[1]} x {grey.shape[0]}"
        )
    levels, rest = np.divmod(grey * (model.levels - 1), 255)
    if rest.any():
        raise ValueError(f"{path} must have no more than the {model.levels} greys of the model")
    return levels


def _write_array(path, pictures):
    with path.open("wb") as file:
        np.save(file, pictures.astype("uint8" if pictures.max(initial=0) < 256 else "int32"))


def _write_pictures(folder, pictures, levels):
    image_of, _ = _pillow()
    folder.mkdir()
    digits = max(4, len(str(len(pictures))))
    for place, picture in enumerate(pictures[..., 0]):
        grey = (picture * 255 // (levels - 1)).astype("uint8")
        image_of.fromarray(grey).save(folder / f"{place:0{digits}d}.png", optimize=True)


def _pillow():
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ImportError(
            "Picture files need Pillow: pip install 'keras-readinglist[compression]'"
        ) from error
    return Image, (UnidentifiedImageError, SyntaxError, Image.DecompressionBombError)


def _replace(output, write):
    """Let a path appear once it is written whole; a folder must not be there yet."""
    output = pathlib.Path(output).expanduser()
    if output.is_dir():
        raise ValueError(f"{output} is a folder that is there already; name a new one.")
    partial = output.with_name(output.name + ".partial")
    try:
        write(partial)
        os.replace(partial, output)
    except BaseException:
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)
        raise
