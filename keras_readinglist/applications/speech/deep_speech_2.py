"""Deep Speech 2: one network from the log-spectrogram to characters (Amodei et al., 2015)."""

import os

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.speech.alphabet import ENGLISH, Alphabet
from keras_readinglist.applications.speech.clips import padded_clips
from keras_readinglist.applications.speech.settings import SETTINGS, SMALL_CONVOLUTIONS
from keras_readinglist.applications.speech.stream import Stream
from keras_readinglist.applications.speech.windows import next_windows
from keras_readinglist.datasets.audio import read_audio
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.decoding.ctc_greedy import CTCGreedySearch
from keras_readinglist.layers import masking
from keras_readinglist.layers.audio import (
    BatchNormRNN,
    LogSpectrogram,
    MaskedConv2D,
    RowConvolution,
    SequenceBatchNormalization,
    clipped_relu,
)
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_choice, check_size
from keras_readinglist.presets import PresetMixin

BLANK = 0
BATCH = 32  # clips that `transcribe` reads at once


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DeepSpeech2(PresetMixin, keras.Model):
    """Speech recognizer: spectrogram, convolutions, recurrent layers, characters, trained by CTC.

    What is behind the end of a clip counts nowhere, in training neither, and its frames are certain
    to be blank: a clip in a batch gives what it gives alone. A network that only reads forwards
    also takes sound as it comes, with the same results: see `open_stream`.

    Args:
        alphabet: String of distinct characters. Class 0 is the blank, the others follow in order.
            Or a sequence of strings of one or two characters, see `bigram_alphabet`.
        sample_rate: Positive integer, samples per second. Defaults to 8000.
        convolutions: Sequence of filters, kernel size and strides of each: pairs for time and
            frequency; or integers, for a convolution over time whose channels the frequencies are.
        rnn_layers: Positive integer. Defaults to 2.
        units: Positive integer, the width of recurrent layers. Defaults to 128.
        cell: `"gru"`, `"rnn"` (of clipped rectified units, as in the paper) or `"lstm"`.
        bidirectional: Boolean, whether recurrent layers read both ways. Defaults to `False`.
        row_context: Integer, future steps that a row convolution sees; `None` for no such layer.
        dense_units: Positive integer, the width of a layer before the logits, or `None`.
        batch_norm: Boolean, whether convolutions and recurrent inputs are normalized.
        power_normalize: As for `LogSpectrogram`.
        normalization: As for `LogSpectrogram`; measure its statistics by `adapt`.
        **kwargs: Base model keyword arguments.

    Call arguments:
        inputs: Dictionary of `"audio"`, float tensor `(batch, samples)`, and `"length"`, int tensor
            `(batch,)`, how many samples each clip has.
        training: Boolean.

    Input shape:
        As above.

    Output shape:
        Logits `(batch, steps, len(alphabet) + 1)`, float32, with a Keras mask as `losses.CTC` takes
        it.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = DeepSpeech2(units=8)
        >>> model({"audio": np.zeros((1, 8000)), "length": np.array([8000])}).shape
        (1, 25, 29)
        >>> model.transcribe(np.zeros(100))  # less than a window
        ''

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595)
    """

    def __init__(
        self,
        alphabet=ENGLISH,
        sample_rate=8000,
        convolutions=SMALL_CONVOLUTIONS,
        rnn_layers=2,
        units=128,
        cell="gru",
        bidirectional=False,
        row_context=9,
        dense_units=None,
        batch_norm=True,
        power_normalize=False,
        normalization="global",
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self._text, self.batch_norm = Alphabet(alphabet), batch_norm
        self.alphabet, self.classes = self._text.symbols, len(self._text) + 1
        options = {"dtype": self.dtype_policy}
        self.spectrogram = LogSpectrogram(
            sample_rate,
            power_normalize=power_normalize,
            normalization=normalization,
            dtype=self.dtype_policy,
        )
        self.convolutions = [
            MaskedConv2D(filters, _pair(size), _pair(strides), use_bias=not batch_norm, **options)
            for filters, size, strides in convolutions
        ]
        self._over_time = [isinstance(size, int) for _, size, _ in convolutions]
        self.norms = [SequenceBatchNormalization(**options) for _ in convolutions if batch_norm]
        self.recurrent = [
            BatchNormRNN(
                units,
                cell,
                bidirectional,
                batch_norm,
                activation=clipped_relu if cell == "rnn" else "tanh",
                **options,
            )
            for _ in range(check_size("rnn_layers", rnn_layers))
        ]
        self.row = None if row_context is None else RowConvolution(row_context, **options)
        self.dense = self.dense_norm = None
        if dense_units is not None:
            self.dense = keras.layers.Dense(check_size("dense_units", dense_units), **options)
            self.dense_norm = SequenceBatchNormalization(**options)
        self.to_logits = keras.layers.Dense(self.classes, name="logits", **options)
        self._config = {
            "alphabet": alphabet if isinstance(alphabet, str) else list(alphabet),
            "sample_rate": sample_rate,
            "convolutions": [
                [part if isinstance(part, int) else list(part) for part in each]
                for each in convolutions
            ],
            "rnn_layers": rnn_layers,
            "units": units,
            "cell": cell,
            "bidirectional": bidirectional,
            "row_context": row_context,
            "dense_units": dense_units,
            "batch_norm": batch_norm,
            "power_normalize": power_normalize,
            "normalization": normalization,
        }
        self.supports_jit = self.recurrent[0].supports_jit
        self.build()

    @classmethod
    def from_setting(cls, name, **kwargs):
        """Return a model, not trained, of a named size.

        Args:
            name: `"streaming_small"`, `"small"`, or one of the paper's: `"paper_rnn"` (arXiv) and
                `"paper_gru"` (ICML, streaming).
            **kwargs: Constructor arguments that override the named ones.
        """
        return cls(**{**SETTINGS[check_choice("name", name, tuple(SETTINGS))], **kwargs})

    def build(self, inputs_shape=None):
        self.spectrogram.build((None, None))
        shape = (None, None, self.spectrogram.bins, 1)
        for index, layer in enumerate(self.convolutions):
            shape = self._entered(index, shape)
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
            if self.batch_norm:
                self.norms[index].build(shape)
        shape = (None, None, shape[2] * shape[3])
        for layer in (*self.recurrent, self.row, self.dense, self.dense_norm, self.to_logits):
            if layer is not None:
                layer.build(shape)
                shape = layer.compute_output_shape(shape)
        self.built = True

    @property
    def sample_rate(self):
        """Samples per second."""
        return self.spectrogram.sample_rate

    @property
    def stride(self):
        """How many frames of the spectrogram make a step of the logits."""
        return int(np.prod([layer.strides[0] for layer in self.convolutions]))

    @property
    def streams(self):
        """Whether the network does without the rest of the clip."""
        return self.spectrogram.streams and not self.recurrent[0].bidirectional

    def adapt(self, clips):
        """Measure what normalizes the spectrogram; see `LogSpectrogram`."""
        self.spectrogram.adapt(clips)

    def call(self, inputs, training=False):
        audio = inputs["audio"]
        mask = _within(inputs["length"], ops.shape(audio)[1])
        x = self.spectrogram(audio, mask=mask)[..., None]
        mask = self.spectrogram.compute_mask(audio, mask)
        for index, layer in enumerate(self.convolutions):
            x = layer(self._seen(index, x), mask=mask)
            mask = layer.compute_mask(x, mask)
            x = self._activated(index, x, mask, training)
        x = _flat(x)
        for layer in self.recurrent:
            x = layer(x, mask=mask, training=training)
        x = x if self.row is None else self.row(x, mask=mask)
        return self._logits(x, mask, training)

    def _entered(self, index, shape):
        """Return the shape of what a convolution is given, of the shape of what there is."""
        if not self._over_time[index]:
            return shape
        return (*shape[:2], 1, shape[2] * shape[3])

    def _seen(self, index, x):
        """Return maps as a convolution is given them."""
        return _flat(x)[:, :, None] if self._over_time[index] else x

    def _activated(self, index, x, mask, training=False):
        if self.batch_norm:
            x = self.norms[index](x, mask=mask, training=training)
        return clipped_relu(x)

    def _logits(self, x, mask, training=False):
        if self.dense is not None:
            x = clipped_relu(self.dense_norm(self.dense(x), mask=mask, training=training))
        logits = ops.cast(self.to_logits(x), wide(self.compute_dtype))
        # Behind the end there is silence for sure: paths through it cost nothing.
        silent = ops.where(ops.arange(self.classes) == BLANK, 0.0, masking.REFUSED)
        return ops.where(mask[..., None], logits, ops.cast(silent, logits.dtype))

    def compute_mask(self, inputs, mask=None):
        """Return which steps belong to a clip, `(batch, steps)`."""
        audio = inputs["audio"]
        mask = self.spectrogram.compute_mask(audio, _within(inputs["length"], ops.shape(audio)[1]))
        return mask[:, :: self.stride]

    def compute_output_shape(self, inputs_shape):
        batch, frames, _ = self.spectrogram.compute_output_shape(inputs_shape["audio"])
        return (batch, None if frames is None else -(-frames // self.stride), self.classes)

    def steps(self, samples):
        """Return how many steps of logits a clip has.

        Args:
            samples: Integer, or NumPy array of integers.
        """
        return -(-self.spectrogram.count(samples) // self.stride)

    # Text

    def encode(self, text):
        """Return the classes of a text, int32 `(length,)`.

        Args:
            text: String.

        Raises:
            ValueError: If a character is not in the alphabet.
        """
        return self._text.encode(text)

    def decode(self, classes):
        """Return the text of classes, blanks left out.

        Args:
            classes: Sequence of integers.
        """
        return self._text.decode(classes)

    # Recognition

    def clip(self, audio):
        """Return sound as the model takes it, float32 `(samples,)`.

        Args:
            audio: Array `(samples,)` of floats in [-1, 1] or of integers, at the sample rate of
                the model; or a WAV file's path or content.

        Raises:
            ValueError: If it has another rate, more than one channel, or is not finite.
        """
        given = isinstance(audio, (str, bytes, os.PathLike, tuple))
        return read_audio(audio if given else (audio, self.sample_rate), self.sample_rate)

    def logits(self, clips):
        """Return the logits of clips, which are read together.

        Args:
            clips: List of clips, as for `clip`.

        Returns:
            List of arrays `(steps, classes)`.
        """
        clips, found = [self.clip(audio) for audio in clips], []
        for begin in range(0, len(clips), BATCH):
            batch = clips[begin : begin + BATCH]
            logits = self._read(**padded_clips(batch))
            found += [row[: self.steps(len(c))] for row, c in zip(logits, batch, strict=False)]
        return found

    def transcribe(self, audio, decoder=None):
        """Return what is said.

        Args:
            audio: A clip, as for `clip`, or a list of clips.
            decoder: A `decoding.CTCBeamSearch`, or `None` for the likeliest class of every step.

        Returns:
            String, or list of strings; the empty one for a clip of less than a window.

        Raises:
            ValueError: If a clip has another rate, more than one channel, or is not finite.
        """
        one = not isinstance(audio, list)
        found = self.logits([audio] if one else audio)
        lengths = np.array([len(row) for row in found], "int32")
        logits = np.zeros((len(found), lengths.max(initial=0), self.classes), "float32")
        for row, own in zip(logits, found, strict=True):
            row[: len(own)] = own
        decoder = CTCGreedySearch() if decoder is None else decoder
        texts = [self.decode(classes) for classes in decoder(logits, lengths)]
        return texts[0] if one else texts

    @compiled
    def _read(self, audio, length):
        return self({"audio": audio, "length": length})

    # Streams

    def open_stream(self, decoder=None):
        """Return a `Stream`, which takes sound as it comes.

        Args:
            decoder: As for `transcribe`.

        Raises:
            ValueError: If the model needs the whole clip.
        """
        if not self.streams:
            reason = "it reads both ways (`bidirectional`)"
            if not self.spectrogram.streams:
                reason = "`power_normalize` and `normalization='utterance'` measure the whole clip"
            raise ValueError(f"This model cannot stream: {reason}.")
        return Stream(self, decoder)

    @property
    def latency_ms(self):
        """Milliseconds from the sound to its logits, computing aside, in a stream."""
        step, length = self.spectrogram.frame_step, self.spectrogram.frame_length
        frames = (self.lag + 1) * self.stride - 1
        return 1000 * (frames * step + length - step) / self.sample_rate

    @property
    def lag(self):
        """How many steps a stream computes before that of its first frame."""
        return self._windows()[1]

    def _windows(self):
        """Return how many frames each layer with a window keeps, and the lag of the logits.

        A layer keeps the zeros before the first frame and as many more, masked, as make its first
        windows full: then `stride` frames always give one step.
        """
        lag, kept = 0, []
        windows = [(layer.kernel_size[0], layer.strides[0]) for layer in self.convolutions]
        windows = [(size, stride, (size - 1) // 2) for size, stride in windows]
        if self.row is not None:
            windows.append((self.row.context + 1, 1, 0))
        for size, stride, before in windows:
            more = max(0, size - stride - before)
            more += -(lag + more) % stride
            kept.append(before + more)
            lag = (lag + more) // stride
        return kept, lag

    def first_state(self):
        """Return the state of a stream before its first frame: a flat list of arrays `(1, ...)`."""
        kept, _ = self._windows()
        shape, dtype, states = (self.spectrogram.bins, 1), self.compute_dtype, []
        for index, (layer, size) in enumerate(zip(self.convolutions, kept, strict=False)):
            shape = self._entered(index, (1, None, *shape))
            states += [np.zeros((1, size, *shape[2:]), dtype), np.zeros((1, size), bool)]
            shape = layer.compute_output_shape(shape)[2:]
        for layer in self.recurrent:
            states += [ops.convert_to_numpy(state) for state in layer.initial_state(1)]
        if self.row is not None:
            units = self.recurrent[-1].units
            states += [np.zeros((1, kept[-1], units), dtype), np.zeros((1, kept[-1]), bool)]
        return states

    @compiled
    def read_on(self, audio, shown, states):
        """Read the next frames of streams; compiled, so NumPy arrays by keyword.

        Args:
            audio: Float array `(batch, samples)`, the samples of a multiple of `stride` frames.
            shown: Boolean array `(batch, frames)`, `False` behind the end of a stream.
            states: List of arrays `(batch, ...)`, as `first_state` begins it.

        Returns:
            Dictionary of `"logits"` `(batch, frames // stride, classes)`, `"shown"`, which of them
            belong to a stream, and the new `"states"`.
        """
        states, after, mask = list(states), [], shown
        x = masking.blank(self.spectrogram(audio), mask)[..., None]
        for index, layer in enumerate(self.convolutions):
            size, stride = layer.kernel_size[0], layer.strides[0]
            x = self._seen(index, x)
            x, mask = next_windows(x, mask, states, after, size, stride, layer.pads[0][0])
            x = masking.blank(layer(x, extend=False), mask)
            x = self._activated(index, x, mask)
        x = _flat(x)
        for layer in self.recurrent:
            before = [states.pop(0) for _ in range(layer.states_count)]
            x, last = layer(x, mask=mask, initial_state=before, return_state=True)
            after += last
        if self.row is not None:
            x, mask = next_windows(x, mask, states, after, self.row.context + 1, 1, 0)
            x = masking.blank(self.row(x, extend=False), mask)
        return {"logits": self._logits(x, mask), "shown": mask, "states": after}

    def get_config(self):
        return {**super().get_config(), **self._config}


def _pair(size):
    """Return what is given for time and frequency, or 1 for frequency if it is for time alone."""
    return (size, 1) if isinstance(size, int) else tuple(size)


def _within(length, size):
    return ops.arange(size)[None] < ops.cast(length, "int32")[:, None]


def _flat(x):
    """Return maps `(batch, time, frequencies, channels)` as rows `(batch, time, features)`."""
    return ops.reshape(x, (*ops.shape(x)[:2], x.shape[2] * x.shape[3]))
