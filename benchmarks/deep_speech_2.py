"""Deep Speech 2: training step against the network in plain torch, and streams in real time."""

import time

import keras
import numpy as np
from harness import Workload

from keras_readinglist.applications import DeepSpeech2
from keras_readinglist.losses import CTC

BATCH, SECONDS, RATE = 16, 2, 8000
UNITS, CLASSES, LABELS = 128, 29, 16


def _sound(rows, seconds):
    rng = np.random.default_rng(0)
    return (0.1 * rng.standard_normal((rows, seconds * RATE))).astype("float32")


def _ours(audio, labels):
    model = DeepSpeech2(units=UNITS)
    model.compile(keras.optimizers.AdamW(1e-3, global_clipnorm=1.0), loss=CTC())
    inputs = {"audio": audio, "length": np.full(BATCH, audio.shape[1], "int32")}
    return lambda: model.train_on_batch(inputs, labels)


def _torch(audio, labels):
    """Return a training step of the same network, with `torch.nn.GRU`.

    The fused layer has no place between its two products: inputs are normalized before them, as
    deepspeech.pytorch does it.
    """
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            same = {"stride": (2, 2), "bias": False}
            self.conv1 = torch.nn.Conv2d(1, 8, (11, 21), padding=(5, 10), **same)
            self.conv2 = torch.nn.Conv2d(8, 8, (11, 11), padding=(5, 5), **same)
            self.norms = torch.nn.ModuleList([torch.nn.BatchNorm2d(8) for _ in range(2)])
            widths = (21 * 8, UNITS)
            self.before = torch.nn.ModuleList([torch.nn.BatchNorm1d(n) for n in widths])
            self.grus = torch.nn.ModuleList(
                [torch.nn.GRU(n, UNITS, batch_first=True) for n in widths]
            )
            self.ahead = torch.nn.Conv1d(UNITS, UNITS, 10, groups=UNITS, bias=False)
            self.out = torch.nn.Linear(UNITS, CLASSES)
            self.register_buffer("window", torch.hann_window(160))

        def forward(self, audio):
            x = torch.stft(
                audio, 160, 80, window=self.window, center=False, return_complex=True
            ).abs()
            x = torch.log(x**2 + 1e-10).transpose(1, 2)[:, None]
            for conv, norm in zip((self.conv1, self.conv2), self.norms, strict=True):
                x = torch.clamp(norm(conv(x)), 0, 20)
            x = x.permute(0, 2, 3, 1).flatten(2)
            for norm, gru in zip(self.before, self.grus, strict=True):
                x = gru(norm(x.transpose(1, 2)).transpose(1, 2))[0]
            x = self.ahead(torch.nn.functional.pad(x.transpose(1, 2), (0, 9)))
            return self.out(x.transpose(1, 2))

    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    audio, labels = torch.tensor(audio), torch.tensor(labels).long()
    lengths = torch.full((BATCH,), labels.shape[1])

    def step():
        optimizer.zero_grad()
        log_p = network(audio).log_softmax(-1).transpose(0, 1)
        frames = torch.full((BATCH,), len(log_p))
        torch.nn.functional.ctc_loss(log_p, labels, frames, lengths).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()

    return step


def _stream(milliseconds, seconds=4):
    """Return a function that streams sound in pieces."""
    model, sound = DeepSpeech2(units=UNITS), _sound(1, seconds)[0]
    pieces = np.split(sound, range(0, len(sound), milliseconds * RATE // 1000)[1:])

    def run():
        stream = model.open_stream()
        for piece in pieces:
            stream.push(piece)
        stream.flush()

    return run


def _seconds_of(run):
    run()
    times = []
    for _ in range(3):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return float(np.median(times))


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    rng = np.random.default_rng(0)
    audio = _sound(BATCH, SECONDS)
    labels = rng.permuted(np.tile(np.arange(1, CLASSES), (BATCH, 1)), axis=1)[:, :LABELS]
    if keras.config.backend() != "tensorflow":  # TensorFlow and torch share a process badly
        import torch

        yield Workload(
            name=f"Deep Speech 2, training step: batch {BATCH} of {SECONDS} s, {UNITS} units",
            item="deep-speech-2",
            peer="torch.nn.GRU " + torch.__version__.split("+")[0],
            unit="ms",
            goal=0.7,
            ours=_ours(audio, labels),
            theirs=_torch(audio, labels),
            repeats=5,
        )
    for piece in (100, 500):
        run = _stream(piece)
        yield Workload(
            name=f"Deep Speech 2, a stream of 4 s in pieces of {piece} ms, processor time",
            item="deep-speech-2",
            peer=f"a twentieth of real time {keras.version()}",
            unit="s",
            goal=1.0,
            ours=lambda run=run: _seconds_of(run),
            theirs=lambda: 4 / 20,
        )
