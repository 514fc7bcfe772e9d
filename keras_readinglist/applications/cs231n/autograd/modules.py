"""Modules with a forward and a backward pass by hand, in NumPy."""

import numpy as np


class Module:
    """Something that is run forward, keeps what it needs, and is run backward.

    Attributes:
        params: Dictionary of arrays that are trained.
        grads: Dictionary of their gradients, after `backward`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> network = Sequential(Affine(2, 5, rng), ReLU(), Affine(5, 3, rng))
        >>> network.forward(np.ones((4, 2))).shape, network.backward(np.ones((4, 3))).shape
        ((4, 3), (4, 2))

    References:
        - [CS231n, backpropagation](https://cs231n.github.io/optimization-2/)
    """

    def __init__(self):
        self.params, self.grads = {}, {}

    def forward(self, x, training=False):
        """Return the outputs for inputs."""
        raise NotImplementedError

    def backward(self, dout):
        """Return the gradient of the inputs for that of the outputs; those of `params` are kept."""
        raise NotImplementedError


class Sequential(Module):
    """Modules one after the other.

    Args:
        *modules: `Module`s.
    """

    def __init__(self, *modules):
        super().__init__()
        self.modules = modules

    def forward(self, x, training=False):
        for module in self.modules:
            x = module.forward(x, training)
        return x

    def backward(self, dout):
        for module in reversed(self.modules):
            dout = module.backward(dout)
        return dout

    def step(self, rate, decay=0.0):
        """Go one step down the gradient.

        Args:
            rate: Float.
            decay: Float, the regulariser `decay / 2 sum W^2` of all matrices.
        """
        for module in self.modules:
            for name, gradient in module.grads.items():
                value = module.params[name]
                value -= rate * (gradient + (decay * value if value.ndim > 1 else 0.0))


class Affine(Module):
    """`x W + b` over the last axis.

    Args:
        inputs: Integer.
        outputs: Integer.
        rng: `np.random.Generator` that draws the weights.
        scale: Float, their standard deviation, or `None` for `sqrt(2 / inputs)`.
    """

    def __init__(self, inputs, outputs, rng, scale=None):
        super().__init__()
        scale = np.sqrt(2.0 / inputs) if scale is None else scale
        weights = scale * rng.standard_normal((inputs, outputs))
        self.params = {"W": weights, "b": np.zeros(outputs)}

    def forward(self, x, training=False):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        x, flat = self.x.reshape(-1, self.x.shape[-1]), dout.reshape(-1, dout.shape[-1])
        self.grads = {"W": x.T @ flat, "b": flat.sum(axis=0)}
        return dout @ self.params["W"].T


class ReLU(Module):
    """The positive part; at 0 the gradient is 0."""

    def forward(self, x, training=False):
        self.on = x > 0
        return x * self.on

    def backward(self, dout):
        return dout * self.on


class LeakyReLU(Module):
    """The positive part, and a share of the negative one.

    Args:
        slope: Float, the share. Defaults to 0.01.
    """

    def __init__(self, slope=0.01):
        super().__init__()
        self.slope = slope

    def forward(self, x, training=False):
        self.factor = np.where(x > 0, 1.0, self.slope)
        return x * self.factor

    def backward(self, dout):
        return dout * self.factor


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, x, training=False):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1.0 - self.out**2)


class Sigmoid(Module):
    """The logistic function."""

    def forward(self, x, training=False):
        self.out = 0.5 * (1.0 + np.tanh(0.5 * x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1.0 - self.out)


class Maxout(Module):
    """The largest of several affine maps; of equal ones the first gets the gradient.

    Args:
        inputs: Integer.
        outputs: Integer.
        pieces: Integer, the number of maps.
        rng: `np.random.Generator` that draws the weights.
    """

    def __init__(self, inputs, outputs, pieces, rng):
        super().__init__()
        weights = np.sqrt(2.0 / inputs) * rng.standard_normal((inputs, outputs * pieces))
        self.params = {"W": weights, "b": np.zeros(outputs * pieces)}
        self.shape = (outputs, pieces)

    def forward(self, x, training=False):
        maps = (x @ self.params["W"] + self.params["b"]).reshape(len(x), *self.shape)
        self.x, self.chosen = x, maps.argmax(axis=-1)[..., None]
        return np.take_along_axis(maps, self.chosen, axis=-1)[..., 0]

    def backward(self, dout):
        dmaps = np.zeros((len(dout), *self.shape))
        np.put_along_axis(dmaps, self.chosen, dout[..., None], axis=-1)
        dmaps = dmaps.reshape(len(dout), -1)
        self.grads = {"W": self.x.T @ dmaps, "b": dmaps.sum(axis=0)}
        return dmaps @ self.params["W"].T


class Dropout(Module):
    """Inverted dropout: what is kept in training is divided by its share.

    Args:
        rate: Float in [0, 1), the share that is dropped.
        rng: `np.random.Generator`.
    """

    def __init__(self, rate, rng):
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must lie in [0, 1). Received: rate={rate}")
        self.rate, self.rng = rate, rng

    def forward(self, x, training=False):
        kept = self.rng.random(x.shape) >= self.rate if training else np.ones(x.shape)
        self.factor = kept / (1.0 - self.rate) if training else kept
        return x * self.factor

    def backward(self, dout):
        return dout * self.factor
