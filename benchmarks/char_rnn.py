"""Writing characters: one compiled loop with carried states, against a plain Keras loop."""

import keras
import numpy as np
from harness import Workload

from keras_readinglist.applications import CharRNN

_WINDOW = 40


def workloads(peer_path):
    """Yield the comparison of the running backend."""
    model = CharRNN.from_preset("char_rnn_shakespeare")
    size = len(model.tokenizer)
    plain = keras.Sequential(
        [
            keras.Input((_WINDOW,), dtype="int32"),
            keras.layers.Embedding(size, 64),
            keras.layers.LSTM(256, return_sequences=True),
            keras.layers.LSTM(256),
            keras.layers.Dense(size, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(0)

    def window_loop():
        """Feed the last characters to `predict` for every new one, as the usual example does."""
        ids = list(rng.integers(0, size, _WINDOW))
        for _ in range(20):
            p = plain.predict(np.array([ids[-_WINDOW:]]), verbose=0)[0].astype("float64")
            ids.append(int(rng.choice(size, p=p / p.sum())))

    yield Workload(
        name="Writing characters, 2 layers of 256 units",
        item="unreasonable-rnns",
        peer=f"Keras loop over predict {keras.version()}",
        unit="characters/s",
        goal=10.0,
        ours=lambda: model.generate("ROMEO:\n", 640, seed=0),
        theirs=window_loop,
        amount=640,
        their_amount=20,
        repeats=5,
    )
