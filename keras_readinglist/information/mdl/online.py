"""The prequential code of any Keras model: how many bits it takes to describe labels with it."""

from dataclasses import dataclass

import keras
import numpy as np

from keras_readinglist.information.mdl.codes import in_unit
from keras_readinglist.information.mdl.estimator import check_labels, check_real, check_target
from keras_readinglist.softmax import softmax


@dataclass(frozen=True)
class OnlineCode:
    """What `prequential_code_length` returns.

    Args:
        total: Length of the description of all labels.
        blocks: Array of the lengths of the blocks.
        ends: Array of how many examples had been described after every block.
        uniform: Length of the description without a model.
        unit: `"bits"` or `"nats"`.
    """

    total: float
    blocks: np.ndarray
    ends: np.ndarray
    uniform: float
    unit: str

    @property
    def compression_ratio(self):
        """How many times shorter the description is than without a model."""
        return self.uniform / self.total

    @property
    def per_example(self):
        """The mean length of a label."""
        return self.total / self.ends[-1]


def uniform_code_length(n, categories, unit="bits"):
    """Return the length of `n` labels, each coded uniformly among the categories.

    Args:
        n: Integer.
        categories: Integer.
        unit: `"bits"` or `"nats"`.

    Returns:
        Float.

    Raises:
        ValueError: If `n` is negative or there is no category.

    Example:
        >>> uniform_code_length(10, 4)
        20.0
    """
    for name, value, least in (("n", n, 0), ("categories", categories, 1)):
        if not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"`{name}` must be an integer of at least {least}. Received: {value}")
    return in_unit(n * np.log(categories), unit)


def prequential_code_length(
    model, x, y, block_sizes=None, categories=None, unit="bits", seed=0, **fit
):
    """Describe labels block by block, each with the model trained on the blocks before.

    The first block is coded uniformly (numbers: by the normal distribution of the block itself,
    at 32 bits for each of its two parameters). The receiver repeats the training, so no weights
    are ever sent. Before every block the model goes back to the weights it came with.

    Args:
        model: A compiled `keras.Model`. A classifier has one output a category, probabilities
            or logits (told by whether its loss is `from_logits`), or a single one of two; its loss
            takes integer labels. A regressor has one output.
        x: Array of inputs, or what `model.fit` takes that can be sliced.
        y: Array `(n,)` or `(n, 1)`: integers, the labels, for a classifier; floats for a regressor.
        block_sizes: Sequence of integers that add up to the number of examples. By default blocks
            double from about 1/128 of the data.
        categories: Integer. Defaults to the width of the model's output.
        unit: `"bits"` or `"nats"`.
        seed: Integer, set before every training.
        **fit: Passed on to `model.fit`, such as `epochs` and `batch_size`.

    Returns:
        An `OnlineCode`. The model ends trained on all but the last block.

    Raises:
        ValueError: If the model is not compiled, shapes do not fit, labels are one-hot, not
            integers or out of range, or outputs are no probabilities.

    Example:
        >>> x = np.repeat([[0.0], [1.0]], 64, axis=0).astype("float32")
        >>> y = np.repeat([0, 1], 64)
        >>> order = np.random.default_rng(0).permutation(128)
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
        >>> model.compile(keras.optimizers.Adam(0.5), "sparse_categorical_crossentropy")
        >>> code = prequential_code_length(model, x[order], y[order], [16, 112], epochs=30)
        >>> code.compression_ratio > 2
        True

    References:
        - [Blier, Ollivier, 2018](https://arxiv.org/abs/1802.07044), section 3.4
        - [Grünwald, 2004](https://arxiv.org/abs/math/0406077), section 2.6.4
    """
    if not getattr(model, "compiled", False):
        raise ValueError("`model` must be compiled: call `model.compile` first.")
    y = np.asarray(y)
    labels = y.dtype.kind in "iub"
    if labels:
        y = check_labels(y)
    elif y.ndim != 2 or y.shape[1] == 1:
        y = check_target(y, len(y))
    else:
        raise ValueError(f"`y` must be numbers of shape (n,). Received shape: {y.shape}")
    count = len(y)
    if len(x) != count or count < 2:
        raise ValueError(f"`x` and `y` must be as many, at least 2. Received: {len(x)}, {count}")
    _check_loss(model, labels)
    ends = _ends(count, block_sizes)
    outputs = keras.ops.convert_to_numpy(model.predict(x[:1], verbose=0))  # builds the model too
    codes = ClassCode(model, outputs, y, categories) if labels else _NumberCode(outputs, y)
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    initial = [keras.ops.convert_to_numpy(variable) for variable in variables]
    lengths = [codes.first(y[: ends[0]])]
    for start, end in zip(ends[:-1], ends[1:], strict=True):
        keras.utils.set_random_seed(seed)
        for variable, value in zip(variables, initial, strict=True):
            variable.assign(value)
        model.fit(x[:start], y[:start], verbose=0, **fit)
        outputs = keras.ops.convert_to_numpy(model.predict(x[:end], verbose=0))
        lengths.append(codes.given(outputs[:start], y[:start], outputs[start:], y[start:end]))
    blocks = np.array([in_unit(nats, unit) for nats in lengths])
    return OnlineCode(
        float(blocks.sum()), blocks, np.array(ends), in_unit(codes.uniform(y), unit), unit
    )


def _check_loss(model, labels):
    """Refuse a loss that is none of labels, or none of numbers, before anything is trained."""
    loss = model.loss
    name = str(getattr(loss, "name", None) or getattr(loss, "__name__", None) or loss).lower()
    if "categorical" in name and "sparse" not in name:
        raise ValueError(
            "`model` must be compiled with a loss of integer labels, such as "
            f"'sparse_categorical_crossentropy'. Received: loss={name}"
        )
    if "crossentropy" in name and not labels:
        raise ValueError(f"`y` must hold integers, the labels, for a model with the loss {name}.")
    if labels and any(word in name for word in ("squared", "absolute", "mse", "mae", "huber")):
        raise ValueError(f"`y` must hold floats, not labels, for a model with the loss {name}.")


def _ends(count, block_sizes):
    if block_sizes is None:
        ends = [count]
        while ends[0] > max(count // 128, 1):
            ends.insert(0, ends[0] // 2)
        return ends
    sizes = np.asarray(block_sizes)
    if sizes.dtype.kind not in "iu" or sizes.min() < 1 or sizes.sum() != count:
        raise ValueError(
            f"`block_sizes` must be positive and add up to {count}. Received: {block_sizes}"
        )
    return np.cumsum(sizes).tolist()


class ClassCode:
    """Labels, by the probabilities that a model gives them."""

    def __init__(self, model, outputs, y, categories):
        width = outputs.shape[-1]
        if outputs.ndim != 2:
            raise ValueError(f"`model` must give one row an example. Received: {outputs.shape}")
        self.categories = categories or max(width, 2)
        if y.min() < 0 or y.max() >= self.categories or width not in (1, self.categories):
            raise ValueError(
                f"`y` must lie from 0 to {self.categories - 1}, and the model have as many outputs."
            )
        self.logits = bool(getattr(keras.losses.get(model.loss), "from_logits", False)) or bool(
            getattr(model.loss, "from_logits", False)
        )
        self._probabilities(outputs)

    def first(self, y):
        """Return the nats of labels without a model."""
        return len(y) * np.log(self.categories)

    uniform = first

    def given(self, outputs_before, y_before, outputs, y):
        """Return the nats of labels given the outputs for them."""
        chosen = self._probabilities(outputs)[np.arange(len(y)), y.astype(int)]
        return float(-np.log(np.maximum(chosen, 1e-12)).sum())

    def _probabilities(self, outputs):
        outputs = outputs.astype(float)
        if outputs.shape[-1] == 1:  # one output: the probability or logit of label 1
            p = 1 / (1 + np.exp(-outputs)) if self.logits else outputs
            probabilities = np.concatenate([1 - p, p], axis=-1)
        elif self.logits:
            probabilities = softmax(outputs)
        else:
            probabilities = outputs
        if probabilities.min() < 0 or abs(probabilities.sum(axis=-1) - 1).max() > 1e-2:
            raise ValueError(
                "`model` must give probabilities, or have a loss that is `from_logits`. Received "
                f"outputs from {outputs.min():.3g} to {outputs.max():.3g}"
            )
        return probabilities


class _NumberCode:
    """Numbers, by normal densities with the variance of the errors so far."""

    def __init__(self, outputs, y):
        if outputs.size != 1:
            raise ValueError(
                f"`model` must give one number an example, since `y` holds floats. "
                f"Received outputs of shape {outputs.shape}"
            )
        self.y = y

    def first(self, y):
        return 64 * np.log(2) + _normal_nats(y, y.mean(), y.var())

    def uniform(self, y):
        return self.first(self.y)

    def given(self, outputs_before, y_before, outputs, y):
        variance = np.mean((y_before - outputs_before.reshape(y_before.shape)) ** 2)
        return _normal_nats(y, outputs.reshape(y.shape), variance)


def _normal_nats(y, mean, variance):
    variance = max(float(variance), 1e-12)
    return float(0.5 * np.sum(np.log(2 * np.pi * variance) + (y - mean) ** 2 / variance))


def mdl_probe(features, labels, hidden_units=(), epochs=100, seed=0, block_sizes=None, unit="bits"):
    """Return how many bits labels cost when they are read off features: an online-code probe.

    A probe that needs many bits must learn the labels itself; one that needs few found them there.

    Args:
        features: Float array `(examples, width)`, representations of some model.
        labels: Integer array `(examples,)` or `(examples, 1)`.
        hidden_units: Sequence of integers, hidden layers of the probe; empty for a linear one.
        epochs: Integer.
        seed: Integer.
        block_sizes: As for `prequential_code_length`.
        unit: `"bits"` or `"nats"`.

    Returns:
        An `OnlineCode`.

    Raises:
        ValueError: If shapes do not fit.

    Example:
        >>> features = np.random.default_rng(0).standard_normal((128, 3))
        >>> mdl_probe(features, (features[:, 0] > 0).astype(int)).compression_ratio > 1.5
        True

    References:
        - [Voita, Titov, 2020](https://arxiv.org/abs/2003.12298)
    """
    features, labels = check_real(features, "features").astype("float32"), np.asarray(labels)
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if features.ndim != 2:
        raise ValueError(f"`features` must be (examples, width). Received: {features.shape}")
    if labels.dtype.kind not in "iub" or labels.ndim != 1 or len(labels) != len(features):
        raise ValueError(
            f"`labels` must be {len(features)} integers. Received: {labels.dtype} of shape "
            f"{labels.shape}"
        )
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(units, "relu") for units in hidden_units]
    width = max(int(labels.max()) + 1, 2)
    model = keras.Sequential(
        [keras.Input(features.shape[1:]), *layers, keras.layers.Dense(width, "softmax")]
    )
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    spread = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return prequential_code_length(
        model, scaled, labels, block_sizes, unit=unit, seed=seed, epochs=epochs, batch_size=32
    )
