"""The CTC loss with its gradient, and beam search over what a recognizer says of 100 frames.

Peers of the loss are torch's and, on TensorFlow, what Keras calls there; of the search TensorFlow's
decoder in C++ and `pyctcdecode` where it is installed. All searches keep as many prefixes, and look
at as many classes as is their default.
"""

import importlib.util
import logging

import keras
import numpy as np
from harness import Workload
from keras import ops

from keras_readinglist.decoding import CTCBeamSearch
from keras_readinglist.losses import ctc_loss

ITEM = "deep-speech-2"
BATCH, FRAMES, CLASSES, LABELS = 32, 120, 29, 40
UTTERANCES, THEIR_UTTERANCES, SEARCHED, WIDTH = 32, 4, 100, 100
SYMBOLS = ["", *" abcdefghijklmnopqrstuvwxyz'"]


def _given():
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((BATCH, FRAMES, CLASSES)).astype("float32")
    labels = rng.integers(1, CLASSES, (BATCH, LABELS)).astype("int32")
    return labels, logits, np.full(BATCH, LABELS, "int32"), np.full(BATCH, FRAMES, "int32")


def _gradient(loss):
    """Return a function without arguments that computes a loss' gradient on the running backend."""
    labels, logits, label_lengths, logit_lengths = _given()

    def total(x):
        return ops.sum(loss(labels, x, label_lengths, logit_lengths))

    backend = keras.config.backend()
    if backend == "jax":
        import jax

        gradient = jax.jit(jax.grad(total))
        return lambda: jax.block_until_ready(gradient(logits))
    if backend == "tensorflow":
        import tensorflow as tf

        @tf.function
        def gradient(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = total(x)
            return tape.gradient(value, x)

        x = tf.constant(logits)
        return lambda: gradient(x).numpy()
    import torch

    x = torch.tensor(logits, requires_grad=True)
    return lambda: torch.autograd.grad(total(x), x)


def _torch_gradient():
    import torch

    labels, logits, label_lengths, logit_lengths = map(torch.tensor, _given())
    logits.requires_grad_()

    def run():
        log_p = logits.log_softmax(-1).transpose(0, 1)
        loss = torch.nn.functional.ctc_loss(
            log_p, labels, logit_lengths, label_lengths, reduction="sum"
        )
        return torch.autograd.grad(loss, logits)

    return run


def _heard():
    """Return logits as of a trained recognizer: mostly blanks, some letters, some doubt."""
    rng = np.random.default_rng(0)
    path = rng.integers(1, CLASSES, (UTTERANCES, SEARCHED))
    path[rng.random(path.shape) < 0.6] = 0
    return 8 * np.eye(CLASSES)[path] + 1.5 * rng.standard_normal((UTTERANCES, SEARCHED, CLASSES))


def _tensorflow_search(logits):
    import tensorflow as tf

    # Its blank is the last class.
    frames = np.roll(logits, -1, axis=-1).transpose(1, 0, 2).astype("float32")
    lengths = np.full(len(logits), SEARCHED, "int32")

    def search():
        decoder = tf.nn.ctc_beam_search_decoder
        return decoder(frames, lengths, beam_width=WIDTH, top_paths=1)[1].numpy()

    return search


def _pyctcdecode_search(logits):
    from pyctcdecode import build_ctcdecoder

    logging.getLogger("pyctcdecode").setLevel(logging.ERROR)
    decoder = build_ctcdecoder(SYMBOLS)
    return lambda: [decoder.decode(row, beam_width=WIDTH) for row in logits]


def _searches(backend):
    """Yield name, function and number of utterances of the searches to compare with."""
    logits = _heard()
    if backend == "tensorflow":
        import tensorflow as tf

        name = f"tf.nn.ctc_beam_search_decoder {tf.__version__}"
        yield name, _tensorflow_search(logits), UTTERANCES
    if backend == "jax" and importlib.util.find_spec("pyctcdecode"):
        some = logits[:THEIR_UTTERANCES]
        yield "pyctcdecode 0.5.0", _pyctcdecode_search(some), THEIR_UTTERANCES


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    backend = keras.config.backend()
    if backend == "tensorflow":
        peer, theirs, goal = f"keras.ops.ctc_loss {keras.__version__}", ops.ctc_loss, 4.0
        theirs = _gradient(theirs)
    else:
        import torch

        peer, theirs = f"torch {torch.__version__.partition('+')[0]}", _torch_gradient()
        goal = 1.0
    yield Workload(
        name=f"CTC loss and gradient: {BATCH} x {FRAMES} frames, {LABELS} of {CLASSES} labels",
        item=ITEM,
        peer=peer,
        unit="ms",
        goal=goal,
        ours=_gradient(ctc_loss),
        theirs=theirs,
    )
    logits, search = _heard(), CTCBeamSearch(WIDTH)
    for peer, theirs, amount in _searches(backend):
        yield Workload(
            name=f"CTC beam search, {WIDTH} prefixes: {UTTERANCES} x {SEARCHED} frames",
            item=ITEM,
            peer=peer,
            unit="utterances/s",
            goal=2.0,
            ours=lambda: search(logits),
            theirs=theirs,
            amount=UTTERANCES,
            their_amount=amount,
            repeats=5,
        )
