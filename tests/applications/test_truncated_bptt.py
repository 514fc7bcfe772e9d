"""States go on from batch to batch of a stream, and nowhere else."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import CharRNN, RelationalRNNLanguageModel, TruncatedBPTT
from keras_readinglist.datasets import StreamBatcher
from keras_readinglist.layers import RelationalMemory
from tests.applications.case import Case

TEXT = "the cat sat on the mat.\nthe dog sat on the log.\n" * 6
VOCABULARY = "".join(sorted(set(TEXT)))
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


IDS = np.random.default_rng(0).integers(0, 4, (4, 5)).astype("int32")
CASES = {
    "TruncatedBPTT": Case(
        lambda **kw: TruncatedBPTT(
            CharRNN("abcd", units=4, num_layers=1, embedding_dim=4, **kw), 2, **kw
        ),
        IDS[:2],
        IDS[:2],
        {"predict": lambda model, ids: model.predict(ids, batch_size=2, verbose=0)},
        rows=False,
    )
}


@pytest.fixture
def trainer():
    keras.utils.set_random_seed(0)
    trainer = TruncatedBPTT(CharRNN("abcd", units=6, num_layers=1, embedding_dim=4), batch_size=2)
    trainer.compile(keras.optimizers.SGD(0.1), LOSS)
    return trainer


def test_truncated_back_propagation_carries_states_between_batches():
    keras.utils.set_random_seed(0)
    model = CharRNN(VOCABULARY, units=8, num_layers=1, embedding_dim=4)
    trainer = TruncatedBPTT(model, batch_size=4)
    streams = StreamBatcher(model.tokenizer.encode(TEXT), 4, 10)
    trainer.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    trainer.reset_states()
    for index in range(2):
        trainer.train_on_batch(streams[index][0], np.zeros((4, 10, len(VOCABULARY))))
    both = np.concatenate([streams[0][0], streams[1][0]], axis=1)
    _, states = model(ops.convert_to_tensor(both), return_state=True)
    for variable, state in zip(trainer.carry, states, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(variable), ops.convert_to_numpy(state), atol=1e-5
        )
    trainer.reset_states()
    assert all((ops.convert_to_numpy(v) == 0).all() for v in trainer.carry)


def test_training_on_streams_learns_a_periodic_text():
    keras.utils.set_random_seed(0)
    model = CharRNN("\nabcd", units=16, num_layers=1, embedding_dim=8)
    trainer = TruncatedBPTT(model, batch_size=4)
    streams = StreamBatcher(model.tokenizer.encode("abcd\n" * 100), 4, 20)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trainer.compile(optimizer=keras.optimizers.Adam(0.04), loss=loss)
    trainer.fit(streams, epochs=15, verbose=0)
    assert model.score("abcd\n" * 4)[2:].mean() < 0.05
    assert model.generate("ab", 10, temperature=0.0) == "cd\nabcd\nab"


def test_round_trip_of_the_trainer():
    trainer = TruncatedBPTT(CharRNN("ab\n", units=3, num_layers=1), 2)
    copy = TruncatedBPTT.from_config(trainer.get_config())
    assert copy.batch_size == 2 and copy.model.get_config() == trainer.model.get_config()


def test_evaluation_does_not_depend_on_what_ran_before(trainer):
    first, second = (trainer.predict(IDS, batch_size=2, verbose=0) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    losses = [trainer.evaluate(IDS, IDS, batch_size=2, verbose=0) for _ in range(2)]
    assert losses[0] == losses[1]
    history = trainer.fit(
        IDS, IDS, batch_size=2, verbose=0, validation_data=(IDS, IDS), shuffle=False
    )
    alone = trainer.evaluate(IDS, IDS, batch_size=2, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(alone, abs=1e-6)


@pytest.mark.parametrize("rows", [1, 3])
def test_another_number_of_rows_is_refused(trainer, rows):
    with pytest.raises(ValueError, match="`batch_size` rows must be given"):
        trainer(IDS[:rows])
    with pytest.raises(Exception, match="`batch_size` rows must be given"):
        trainer.predict(IDS[:rows], batch_size=2, verbose=0)


def test_a_single_callback_is_taken(trainer):
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    trainer.fit(IDS, IDS, batch_size=2, epochs=2, verbose=0, callbacks=callback)
    assert seen == [0, 1]


def test_a_relational_memory_begins_as_an_identity():
    core = RelationalMemory(3, 2, num_heads=2, return_sequences=True, return_state=True)
    model = RelationalRNNLanguageModel(5, core, embedding_dim=4)
    trainer = TruncatedBPTT(model, batch_size=2)
    identity = np.eye(3, 4).reshape(1, 12).repeat(2, axis=0)
    np.testing.assert_array_equal(ops.convert_to_numpy(trainer.carry[-1]), identity)
    trainer(IDS[:2])
    assert abs(ops.convert_to_numpy(trainer.carry[-1]) - identity).max() > 0.01
    trainer.reset_states()
    np.testing.assert_array_equal(ops.convert_to_numpy(trainer.carry[-1]), identity)


def test_bad_size():
    with pytest.raises(ValueError, match="`batch_size` must be"):
        TruncatedBPTT(CharRNN("ab", units=2), 0)
