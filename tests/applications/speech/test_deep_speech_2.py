"""The recognizer: padding counts nowhere, and sound in pieces gives the offline result."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import BatchDispatcher, DeepSpeech2
from keras_readinglist.applications.speech.clips import padded_length
from keras_readinglist.losses import CTC
from tests.applications.case import Case

RNG = np.random.default_rng(0)
SOUND = (0.2 * RNG.standard_normal((3, 3000))).astype("float32")
LENGTHS = np.array([3000, 1801, 700], "int32")
CLIPS = [clip[:length] for clip, length in zip(SOUND, LENGTHS, strict=True)]
INPUTS = {"audio": SOUND, "length": LENGTHS}
LABELS = np.array([[1, 2, 0], [2, 0, 0], [1, 0, 0]])
SMALL = {
    "alphabet": "ab",
    "convolutions": ((2, (7, 7), (2, 4)), (2, (3, 3), (1, 2))),
    "rnn_layers": 1,
    "units": 4,
    "row_context": 3,
}


def make(**kwargs):
    return DeepSpeech2(**{**SMALL, **kwargs})


JOBS = {
    "logits": lambda model, x: model.logits([clip[:900] for clip in x["audio"]]),
    "stream": lambda model, x: stream(model, SOUND[0], [500, 1000])[0],
}
CASES = {
    "DeepSpeech2": Case(make, INPUTS, LABELS, JOBS, CTC(), double=False),
    "DeepSpeech2-large": Case(
        lambda **kw: make(
            cell="rnn", bidirectional=True, row_context=None, dense_units=5, batch_norm=True, **kw
        ),
        INPUTS,
        LABELS,
        {"transcribe": lambda model, x: [len(t) for t in model.transcribe(list(x["audio"]))]},
        CTC(),
        double=False,
    ),
}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def shuffled(model):
    """Give a model weights under which logits vary."""
    rng = np.random.default_rng(1)
    if model.spectrogram.normalization == "global":
        model.adapt(CLIPS)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.5 * rng.standard_normal(variable.shape))
    return model


@pytest.fixture(scope="module")
def model():
    return shuffled(make())


def stream(model, clip, cuts):
    """Return logits and text of a clip that is fed in pieces."""
    open_stream = model.open_stream()
    for piece in np.split(clip, cuts):
        open_stream.push(piece)
    return open_stream.logits, open_stream.flush()


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"cell": "lstm", "dense_units": 5, "rnn_layers": 2},
        {"cell": "rnn", "bidirectional": True, "normalization": "utterance"},
        {"batch_norm": False, "row_context": None, "power_normalize": True},
        {"convolutions": ((5, 4, 2), (3, 3, 1))},
    ],
)
def test_a_clip_among_others_reads_as_alone(kwargs):
    model = shuffled(make(**kwargs))
    audio = SOUND.copy()
    audio[np.arange(3000) >= LENGTHS[:, None]] = np.nan
    got = model.predict_on_batch({"audio": audio, "length": LENGTHS})
    for row, clip in zip(got, CLIPS, strict=True):
        alone = model.predict_on_batch({"audio": clip[None], "length": np.array([len(clip)])})[0]
        assert len(alone) == model.steps(len(clip)) and alone.std() > 1e-3
        np.testing.assert_allclose(row[: len(alone)], alone, atol=1e-4)
        assert (row[len(alone) :].argmax(-1) == 0).all()
    for row, logits in zip(got, model.logits(CLIPS), strict=True):
        np.testing.assert_allclose(row[: len(logits)], logits, atol=1e-4)


def test_training_does_not_see_padding():
    """What clips are padded with, and how far, changes no weight."""
    results = []
    for samples, filler in ((3000, 0.0), (3400, np.nan)):
        keras.utils.set_random_seed(0)
        model = make()
        model.compile(keras.optimizers.SGD(0.1), loss=CTC())
        audio = np.full((3, samples), filler, "float32")
        for row, clip in zip(audio, CLIPS, strict=True):
            row[: len(clip)] = clip
        loss = model.train_on_batch({"audio": audio, "length": LENGTHS}, LABELS)
        results.append([loss, *model.get_weights()])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


# Streams


def test_a_stream_equals_the_whole_clip(model):
    rng = np.random.default_rng(2)
    for count in range(50):
        samples = int(rng.choice([0, 1, 159, 160, 400, 480, 1801, 2999]))
        clip = SOUND[count % 3, :samples]
        cuts = np.sort(rng.integers(0, samples + 1, rng.integers(0, 8)))
        if count % 5 == 0 and samples:
            cuts = np.sort([*cuts, 0, samples // 2, samples // 2 + 1, samples])
        offline = model.logits([clip])[0]
        open_stream = model.open_stream()
        for piece in np.split(clip, cuts):
            open_stream.push(piece)
        text = open_stream.flush()
        assert open_stream.logits.shape == offline.shape
        np.testing.assert_allclose(open_stream.logits, offline, atol=1e-4)
        assert text == model.transcribe(clip)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"row_context": None, "cell": "lstm"},
        {"row_context": 0, "convolutions": ((2, (3, 7), (3, 4)),), "batch_norm": False},
        {"convolutions": ((2, (4, 7), (3, 4)), (2, (2, 3), (2, 2))), "dense_units": 3},
        {"convolutions": ((5, 4, 3), (3, 3, 1))},
        {"convolutions": ((2, (7, 7), (2, 4)), (3, 3, 2))},
    ],
)
def test_networks_of_all_kinds_stream(kwargs):
    model = shuffled(make(**kwargs))
    open_stream, offline = model.open_stream(), model.logits(CLIPS[:1])[0]
    for piece in np.split(CLIPS[0], [100, 1777]):
        open_stream.push(piece)
    open_stream.flush()
    np.testing.assert_allclose(open_stream.logits, offline, atol=1e-4)


def test_latency_is_what_is_measured(model):
    open_stream, fed = model.open_stream(), 0
    while not len(open_stream.logits):
        open_stream.push(SOUND[0, fed : fed + 20])
        fed += 20
    hop = model.spectrogram.frame_step
    assert model.latency_ms == 1000 * (fed - hop) / 8000
    # Half of the kernels, the strides, the row convolution, and a window.
    assert model.latency_ms == (3 + 2 * 1 + 2 * 3) * 10 + 10
    assert DeepSpeech2(units=2).latency_ms == (5 + 2 * 5 + 4 * 9) * 10 + 10


def test_the_past_is_not_changed_by_the_future(model):
    """Steps that are out do not depend on what comes after `latency_ms`."""
    cut = 2000
    other = np.concatenate([SOUND[0, :cut], SOUND[1, cut:]])
    before, after = model.logits([SOUND[0], other])
    safe = (cut - model.latency_ms * 8 - 80) // (80 * model.stride) + 1
    np.testing.assert_allclose(before[: int(safe)], after[: int(safe)], atol=1e-5)
    assert np.abs(before[int(safe)] - after[int(safe)]).max() > 1e-4


def test_streams_do_not_mix_and_begin_anew(model):
    streams = [model.open_stream(), model.open_stream()]
    for begin in range(0, 3000, 700):
        for one, clip in zip(streams, CLIPS[:2], strict=True):
            one.push(clip[begin : begin + 700])
    for one, clip in zip(streams, CLIPS[:2], strict=True):
        one.flush()
        np.testing.assert_allclose(one.logits, model.logits([clip])[0], atol=1e-4)
    with pytest.raises(RuntimeError, match="`reset`"):
        streams[0].push(SOUND[0])
    streams[0].reset()
    streams[0].push(CLIPS[1])
    assert streams[0].flush() == model.transcribe(CLIPS[1])
    np.testing.assert_array_equal(streams[0].logits, streams[0].logits)


@pytest.mark.parametrize("max_batch", [1, 2, 4])
def test_a_dispatcher_changes_nothing(model, max_batch):
    dispatcher = BatchDispatcher(model, max_batch)
    streams = [dispatcher.open_stream() for _ in CLIPS]
    batches = 0
    for begin in range(0, 3000, 1100):
        for one, clip in zip(streams, CLIPS, strict=True):
            one.accept(clip[begin : begin + 1100])
        batches += dispatcher.run()
    for one in streams:
        one.close()
    assert dispatcher.run() and not dispatcher.streams and batches
    for one, clip in zip(streams, CLIPS, strict=True):
        np.testing.assert_allclose(one.logits, model.logits([clip])[0], atol=1e-4)
        assert one.text == model.transcribe(clip)


def test_a_step_takes_up_what_has_arrived_since(model):
    """Two that wait share a batch, and one that comes later is in the next, not behind them all."""
    dispatcher = BatchDispatcher(model)
    first, second = dispatcher.open_stream(), dispatcher.open_stream()
    assert not dispatcher.step()
    first.accept(CLIPS[0][:1100])
    before = first.pending
    assert before > 2 and dispatcher.step() and 0 < first.pending < before
    second.accept(CLIPS[1][:600])
    both = first.pending, second.pending
    assert dispatcher.step()
    assert first.pending < both[0] and second.pending < both[1]
    second.close()
    while dispatcher.step():
        pass
    assert dispatcher.streams == [first]


def test_a_convolution_over_time_has_the_frequencies_as_channels():
    """As a product at every step, if its window is one frame."""
    model = make(convolutions=((5, 1, 1), (3, 4, 2)), batch_norm=False)
    first, second = (layer.kernel.shape for layer in model.convolutions)
    assert (tuple(first), tuple(second)) == ((1, 1, 81, 5), (4, 1, 5, 3))
    frames = RNG.standard_normal((1, 6, 81, 1)).astype("float32")
    found = ops.convert_to_numpy(model.convolutions[0](model._seen(0, frames)))
    kernel = ops.convert_to_numpy(model.convolutions[0].kernel)[0, 0]
    np.testing.assert_allclose(found[:, :, 0], frames[..., 0] @ kernel, atol=1e-4)


# Text and what is refused


def test_clips_are_read_together(model):
    texts = model.transcribe(CLIPS)
    assert texts == [model.transcribe(clip) for clip in CLIPS] and any(texts)
    assert model.transcribe([]) == [] and model.transcribe(np.zeros(0)) == ""
    whole = np.round(CLIPS[0] * 32768).clip(-32768, 32767).astype("int16")
    np.testing.assert_allclose(model.logits([whole])[0], model.logits([CLIPS[0]])[0], atol=0.05)
    assert padded_length(4001) == 5000 and padded_length(1) == 4000
    assert all(n <= padded_length(n) <= 1.25 * n + 1000 for n in range(4000, 200000, 777))


def test_text_and_classes():
    model = make(alphabet="ab c")
    assert model.encode("cab").tolist() == [4, 1, 2] and model.decode([4, 0, 1, 2]) == "cab"
    with pytest.raises(ValueError, match="Received: 'é' in 'abé'"):
        model.encode("abé")


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (np.zeros((2, 400)), "one channel"),
        (np.array([0.1, np.nan]), "finite numbers"),
        (np.array(["a"]), "hold numbers"),
        ((np.zeros(400), 16000), "8000 samples per second"),
    ],
)
def test_bad_sound_is_refused(model, audio, message):
    for job in (model.transcribe, model.open_stream().push):
        with pytest.raises(ValueError, match=message):
            job(audio)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"bidirectional": True}, "`bidirectional`"),
        ({"normalization": "utterance"}, "whole clip"),
        ({"power_normalize": True}, "whole clip"),
    ],
)
def test_a_model_that_needs_the_whole_clip_does_not_stream(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs).open_stream()


def test_settings():
    small = DeepSpeech2.from_setting("streaming_small", units=2)
    assert small.streams and small.stride == 4 and small.classes == 29
    rnn = DeepSpeech2.from_setting("paper_rnn", units=2)
    assert (len(rnn.convolutions), len(rnn.recurrent), rnn.streams) == (3, 7, False)
    gru = DeepSpeech2.from_setting("paper_gru", units=2)
    assert gru.streams and gru.row.context == 80 and gru.sample_rate == 16000
    with pytest.raises(ValueError, match="`name`"):
        DeepSpeech2.from_setting("huge")
    with pytest.raises(ValueError, match="`alphabet`"):
        DeepSpeech2(alphabet="aba")


@pytest.mark.parametrize(
    "kwargs", [{}, {"alphabet": ["a", "b", "ab"], "convolutions": ((5, 4, 2), (2, (3, 1), (1, 1)))}]
)
def test_a_preset_reads_the_same(kwargs, tmp_path):
    model = shuffled(make(**kwargs))
    model.save_to_preset(tmp_path)
    copy = DeepSpeech2.from_preset(tmp_path)
    np.testing.assert_allclose(copy.logits(CLIPS)[1], model.logits(CLIPS)[1], atol=1e-5)
    assert copy.alphabet == model.alphabet and copy.transcribe(CLIPS) == model.transcribe(CLIPS)
