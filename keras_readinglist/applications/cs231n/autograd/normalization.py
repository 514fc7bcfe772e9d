"""Batch and layer normalization with the condensed backward pass."""

import numpy as np

from keras_readinglist.applications.cs231n.autograd.modules import Module


class BatchNorm(Module):
    """Normalizes every feature over all other axes; of images that is spatial batch norm.

    Args:
        features: Integer, the size of the last axis.
        momentum: Float, the share of the running averages that stays. Defaults to 0.9.
        epsilon: Float.
    """

    def __init__(self, features, momentum=0.9, epsilon=1e-5):
        super().__init__()
        self.params = {"gamma": np.ones(features), "beta": np.zeros(features)}
        self.mean, self.variance = np.zeros(features), np.ones(features)
        self.momentum, self.epsilon = momentum, epsilon

    def forward(self, x, training=False):
        flat = x.reshape(-1, x.shape[-1])
        mean, variance = self.mean, self.variance
        if training:
            mean, variance = flat.mean(axis=0), flat.var(axis=0)
            stays = self.momentum
            self.mean = stays * self.mean + (1 - stays) * mean
            self.variance = stays * self.variance + (1 - stays) * variance
        self.training, self.sigma = training, np.sqrt(variance + self.epsilon)
        self.normal = (flat - mean) / self.sigma
        return (self.normal * self.params["gamma"] + self.params["beta"]).reshape(x.shape)

    def backward(self, dout):
        flat = dout.reshape(-1, dout.shape[-1])
        self.grads = {"gamma": (flat * self.normal).sum(axis=0), "beta": flat.sum(axis=0)}
        factor = self.params["gamma"] / self.sigma
        if not self.training:
            return dout * factor
        # gamma / (N sigma) (N dout - sum dout - xhat sum(dout xhat))
        means = self.grads["beta"] + self.normal * self.grads["gamma"]
        return (factor * (flat - means / len(flat))).reshape(dout.shape)


class LayerNorm(Module):
    """Normalizes every example over its last axis.

    Args:
        features: Integer, the size of the last axis.
        epsilon: Float.
    """

    def __init__(self, features, epsilon=1e-5):
        super().__init__()
        self.params = {"gamma": np.ones(features), "beta": np.zeros(features)}
        self.epsilon = epsilon

    def forward(self, x, training=False):
        self.sigma = np.sqrt(x.var(axis=-1, keepdims=True) + self.epsilon)
        self.normal = (x - x.mean(axis=-1, keepdims=True)) / self.sigma
        return self.normal * self.params["gamma"] + self.params["beta"]

    def backward(self, dout):
        axes = tuple(range(dout.ndim - 1))
        self.grads = {"gamma": (dout * self.normal).sum(axis=axes), "beta": dout.sum(axis=axes)}
        inner = dout * self.params["gamma"]
        along = (inner * self.normal).mean(axis=-1, keepdims=True)
        return (inner - inner.mean(axis=-1, keepdims=True) - self.normal * along) / self.sigma
