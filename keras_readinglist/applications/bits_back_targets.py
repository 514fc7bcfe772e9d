"""The message of `MDLNetwork`: weights by bits back, then the misfits, on one stack.

The sender takes from a stack of random bits which component and which value every weight has,
as its posterior says, writes the misfits that these weights leave, and then the values and
components, as the prior says. The receiver undoes it step by step, and has the random bits back.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np
from keras import ops

from keras_readinglist.layers.validation import check_positive
from keras_readinglist.softmax import softmax

# Weights from -16 to 16 are written as three digits of base 32. The coder gives every symbol at
# least 2^-24: of an alphabet of all 2^15 values, every 500th draw would be any of them.
BASE, DIGITS, LOWEST = 32, 3, -16.0
LIMIT = 2**15  # of misfits, in bins
FUNCTIONS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softplus": lambda z: np.logaddexp(z, 0),
}


@dataclass(frozen=True)
class Message:
    """What a sender transmits.

    Args:
        words: Array of `uint32`, the stack.
        bits: Integer, how much longer it is than the payload.
        precision: Float, the width of the bins of the targets.
        checksum: Integer, of the targets in bins; its 32 bits are not counted.
    """

    words: np.ndarray
    bits: int
    precision: float
    checksum: int


def send(model, x, y, precision, payload, seed):
    """Write a message; arguments as in `MDLNetwork.encode`."""
    stack, models = _constriction()
    check_positive("precision", precision)
    post = _posterior(model)
    if payload is None:
        count = len(post["mean"]) + 64
        payload = np.random.default_rng(seed).integers(0, 2**32, count, "uint32")
    payload = np.asarray(payload, "uint32")
    rounded = np.round(y / precision).astype("int64")
    coder = stack.AnsCoder(payload, True)
    before = coder.num_valid_bits()
    component = coder.decode(_categorical(models), post["shares"])
    digits = _take(coder, models, post["mean"], post["scale"])
    if coder.num_valid_bits() < 64:
        raise ValueError(
            f"`payload` must have at least the bits that choose the weights, about "
            f"{before + 64} and more. Received: {before} bits"
        )
    centre, noise = _outputs(model, x, _low(digits, DIGITS), precision)
    origin = np.round(centre).astype("int64")
    misfit = rounded - origin
    if np.abs(misfit).max(initial=0) > LIMIT:
        raise ValueError(
            f"`precision` must leave misfits of at most {LIMIT} bins. Received: {precision}"
        )
    misfit = misfit.ravel().astype("int32")
    coder.encode_reverse(misfit, _gaussian(models), (centre - origin).ravel(), noise.ravel())
    _put(coder, models, digits, *_prior(post, component))
    coder.encode_reverse(component, _categorical(models), post["proportions"])
    bits = coder.num_valid_bits() - before
    checksum = zlib.crc32(rounded.tobytes())
    return Message(coder.get_compressed(), int(bits), float(precision), checksum)


def receive(model, x, message):
    """Read a message; arguments as in `MDLNetwork.decode`."""
    stack, models = _constriction()
    post = _posterior(model)
    coder = stack.AnsCoder(message.words)
    component = coder.decode(_categorical(models), post["proportions"])
    digits = _take(coder, models, *_prior(post, component))
    centre, noise = _outputs(model, x, _low(digits, DIGITS), message.precision)
    origin = np.round(centre)
    misfit = coder.decode(_gaussian(models), (centre - origin).ravel(), noise.ravel())
    _put(coder, models, digits, post["mean"], post["scale"])
    coder.encode_reverse(component, _categorical(models), post["shares"])
    bins = (origin + misfit.reshape(origin.shape)).astype("int64")
    if zlib.crc32(bins.tobytes()) != message.checksum:
        raise ValueError(
            "`message` must be of this network and these inputs, and whole. Received: targets of "
            "another checksum"
        )
    return bins * message.precision, coder.get_compressed(True)


def _constriction():
    try:
        import constriction
    except ImportError as error:
        raise ImportError(
            "Messages need constriction: pip install 'keras-readinglist[compression]'"
        ) from error
    return constriction.stream.stack, constriction.stream.model


def _categorical(models):
    return models.Categorical(perfect=False)


def _gaussian(models):
    return models.QuantizedGaussian(-LIMIT, LIMIT)


def _take(coder, models, mean, scale):
    """Decode the digits of Gaussian weights, `(DIGITS, weights)`, the first ones first."""
    digits = np.zeros((0, len(mean)), "int32")
    for place in range(DIGITS):
        masses = _masses(_low(digits, place), place, mean, scale)
        digits = np.concatenate([digits, coder.decode(_categorical(models), masses)[None]])
    return digits


def _put(coder, models, digits, mean, scale):
    """Encode digits so that `_take` finds them."""
    for place in reversed(range(DIGITS)):
        masses = _masses(_low(digits, place), place, mean, scale)
        coder.encode_reverse(digits[place], _categorical(models), masses)


def _width(place):
    """Return the width of what the digits before a place leave open."""
    return -2 * LOWEST / BASE**place


def _low(digits, place):
    """Return where the interval begins that the digits before a place leave open."""
    widths = np.array([_width(k + 1) for k in range(place)])
    return LOWEST + widths @ digits[:place]


def _masses(low, place, mean, scale):
    """Return how much of a Gaussian each value of the next digit has, `(weights, BASE)`."""
    edges = low[:, None] + _width(place + 1) * np.arange(BASE + 1)
    z = (edges - mean[:, None]) / (scale[:, None] * math.sqrt(2))
    # Differences of the nearer tail: of the other one the numbers would cancel.
    tail = _erfc(np.abs(z))
    above = z[:, :-1] >= 0
    apart = (z[:, :-1] < 0) & (z[:, 1:] > 0)
    masses = np.where(above, tail[:, :-1] - tail[:, 1:], tail[:, 1:] - tail[:, :-1])
    return np.where(apart, 2 - tail[:, :-1] - tail[:, 1:], masses) + 1e-30


_erfc = np.vectorize(math.erfc, otypes=["float64"])


def _posterior(model):
    """Return the parameters of all weights that are kept, one behind the other."""
    parts = {name: [] for name in ("mean", "scale", "shares", "proportions", "m", "s")}
    width = max(2, len(model.hidden.prior.means))  # one alone is no categorical distribution
    for layer in (model.hidden, model.out):
        kept = ops.convert_to_numpy(layer.kept) > 0
        tensors = layer.posterior()
        mean, log_scale = (_doubles(tensor)[kept] for tensor in tensors)
        logits = _doubles(layer.prior.log_proportions())
        shares = logits - _doubles(layer.prior.component_nats(*tensors))[kept]
        count = (len(mean), 1)
        parts["mean"].append(mean)
        parts["scale"].append(np.exp(log_scale))
        parts["shares"].append(_wider(softmax(shares), width))
        parts["proportions"].append(_wider(np.tile(np.exp(logits), count), width))
        parts["m"].append(_wider(np.tile(_doubles(layer.prior.mean), count), width))
        scale = np.exp(_doubles(layer.prior.log_scale))
        parts["s"].append(_wider(np.tile(scale, count), width, 1.0))
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def _doubles(tensor):
    return ops.convert_to_numpy(tensor).astype("float64")


def _wider(rows, width, fill=0.0):
    """Add columns of components that no weight has: the layers may have several numbers of them."""
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=fill)


def _prior(post, component):
    rows = np.arange(len(component))
    return post["m"][rows, component], post["s"][rows, component]


def _outputs(model, x, low, precision):
    """Return the outputs and the noise of a network of drawn weights, in bins of the targets.

    NumPy computes both sides: the receiver has to find the very numbers of the sender.
    """
    values = iter(low + _width(DIGITS) / 2)
    x = np.asarray(x, "float64")
    for layer in (model.hidden, model.out):
        weights = np.zeros(layer.kept.shape)
        kept = ops.convert_to_numpy(layer.kept) > 0
        weights[kept] = [next(values) for _ in range(int(kept.sum()))]
        x = x @ weights[:-1] + weights[-1]
        x = FUNCTIONS[layer.activation](x)
    noise = np.broadcast_to(np.exp(_doubles(model.log_noise)), x.shape)
    return x / precision, noise / precision
