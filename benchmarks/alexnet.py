"""AlexNet: normalization forward and backward, and inference, against torch.

The peer of the normalization is `torch.nn.LocalResponseNorm`, on channels first as torch has them;
on TensorFlow, where torch cannot be loaded beside it, it is the formula as sums of slices. The
network of one tower is compared with the same layers of torch, which are those of torchvision.
"""

import keras
import numpy as np
from harness import Workload
from keras import ops

from keras_readinglist.applications import AlexNet
from keras_readinglist.layers import LocalResponseNormalization

SHAPES = ((8, 55, 55, 96), (8, 27, 27, 256))


def _slices(x):
    squares = ops.pad(x * x, [(0, 0), (0, 0), (0, 0), (2, 2)])
    energy = sum(squares[..., k : k + x.shape[-1]] for k in range(5))
    return x * (2 + 1e-4 * energy) ** -0.75


def _pass(function, x):
    """Return a function without arguments that computes outputs and gradients."""
    backend = keras.config.backend()
    if backend == "jax":
        import jax

        x = jax.device_put(x)

        def both(x):
            outputs, back = jax.vjp(function, x)
            return outputs, back(outputs)

        compiled = jax.jit(both)
        return lambda: jax.block_until_ready(compiled(x))
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.constant(x)

        @tf.function
        def compiled():
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = function(x)
            return outputs, tape.gradient(outputs, x, outputs)

        return lambda: compiled()[1].numpy()
    return _torch_pass(function, x)


def _torch_pass(function, x):
    import torch

    x = torch.tensor(x, requires_grad=True)

    def run():
        x.grad = None
        outputs = function(x)
        outputs.backward(outputs.detach())

    return run


def _peer_network():
    from torch import nn

    sizes = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1))
    layers = []
    for place, (inputs, outputs, kernel, stride, padding) in enumerate(
        [*sizes, (256, 256, 3, 1, 1)]
    ):
        layers += [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU(inplace=True)]
        layers += [nn.MaxPool2d(3, 2)] if place in (0, 1, 4) else []
    dense = ((256 * 36, 4096), (4096, 4096))
    top = [part for sides in dense for part in (nn.Linear(*sides), nn.ReLU(inplace=True))]
    return nn.Sequential(*layers, nn.Flatten(), *top, nn.Linear(4096, 1000)).eval()


def _infer(network, x):
    import torch

    x = torch.tensor(x).permute(0, 3, 1, 2).contiguous()

    def run():
        with torch.no_grad():
            network(x)

    return run


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    backend, rng = keras.config.backend(), np.random.default_rng(0)
    for shape in SHAPES:
        x = rng.standard_normal(shape).astype("float32")
        if backend == "tensorflow":
            peer, theirs, goal = "sums of slices 0.1.0", _pass(_slices, x), 1.0
        else:
            import torch

            peer = f"torch.nn.LocalResponseNorm {torch.__version__}"
            goal = 2.0 if backend == "jax" else 1.0
            norm = torch.nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0)
            theirs = _torch_pass(norm, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        yield Workload(
            name=f"Local response normalization, forward and backward: {shape}",
            item="alexnet",
            peer=peer,
            unit="ms",
            goal=goal,
            ours=_pass(LocalResponseNormalization(), x),
            theirs=theirs,
        )
    if backend == "tensorflow":
        return
    network = _peer_network()
    model = AlexNet(variant="one_weird_trick", classifier_activation=None)
    for batch in (1, 16):
        x = rng.standard_normal((batch, 224, 224, 3)).astype("float32")
        yield Workload(
            name=f"AlexNet of one tower, inference: batch {batch}",
            item="alexnet",
            peer=f"torch {torch.__version__}",
            unit="ms",
            goal=1.0,
            ours=lambda x=x: model.predict_on_batch(x),
            theirs=_infer(network, x),
            repeats=5,
        )
