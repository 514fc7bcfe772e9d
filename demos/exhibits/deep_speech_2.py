"""Deep Speech 2: digits that are written while they are spoken."""

import base64
import os
from functools import cache

import numpy as np

from keras_readinglist.datasets.audio import read_audio, read_wav, write_wav
from keras_readinglist.datasets.audio_augmentation import add_noise
from keras_readinglist.decoding import CTCGreedySearch
from keras_readinglist.recipes.deep_speech_2.digits import digit_search, examples
from keras_readinglist.softmax import softmax

from ..components.axes import WIDTH, svg, words
from ..components.html import callout, el, faint, page, table
from ..components.images import data_uri, inked
from ..components.inputs import choice, clipped, number
from ..components.layout import choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit, run

EXHIBIT = Exhibit(
    slug="deep-speech-2",
    claim="One network writes letters from sound, and nobody told it when which letter is spoken.",
    try_this="Press play, or move the bar: the sound comes in from the left, and letters follow "
    "half a second later. Then say some digits yourself.",
    what_you_see="Above is the sound, low tones at the bottom; below are the letters that the "
    "network is sure of, as high as it is sure, where they are in time: ␣ ends a word, and gaps "
    "are moments without a letter. The future is covered, because the network has not heard it: "
    "letters come half a second late because it listens to what follows first. Whatever the "
    "pieces in which the sound arrives, it ends with what it gives for the whole clip, which is "
    "checked beside the picture.",
    presets=("deep_speech_2_digits", "deep_speech_2_digits_augmented"),
    code="""\
import numpy as np
from keras_readinglist.applications import DeepSpeech2

model = DeepSpeech2.from_preset("deep_speech_2_digits")
sound = np.random.default_rng(0).normal(0, 0.001, 12_000)  # or the path of a WAV file
stream = model.open_stream()
for piece in np.split(sound, [5, 3_000, 9_999]):
    print(repr(stream.push(piece)))
print(repr(stream.flush()), "as", repr(model.transcribe(sound)))
print("latency", model.latency_ms, "ms")
""",
)

PRESET = "deep_speech_2_digits"
NETWORKS = {
    "recordings as they are": PRESET,
    "other voices, rooms and noise, too": "deep_speech_2_digits_augmented",
}
PLAIN, AUGMENTED = NETWORKS
RATE = 8000
LONGEST, LARGEST_FILE = 12, 20_000_000  # seconds, bytes
SILENT = 60  # decibels: noise that nobody hears
STEPS = 100  # of the player, at most
GREEDY, DIGITS = "the likeliest letters", "digits only, by beam search"
HIGH, LOW = (22, 122), (184, 268)  # where the sound is, and the letters


clips = cache(examples)


def recorded(path):
    """Return what a visitor recorded or chose, at the rate of the network."""
    if not isinstance(path, str):  # a number would be an open file of the server
        raise ValueError("This file cannot be read here.")
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise ValueError("A file may have 20 megabytes here.")
        samples, rate = read_wav(path)
    except (OSError, TypeError) as error:
        raise ValueError("This file cannot be read here.") from error
    if len(samples) > LONGEST * rate:
        raise ValueError(f"A clip may last {LONGEST} seconds; this has {len(samples) / rate:.0f}.")
    sound = read_audio((samples, rate), RATE, resample=True, channels="mean")
    loudest = np.abs(sound).max(initial=0)
    if loudest < 1e-4:
        raise ValueError("There is nothing to be heard: is the microphone on?")
    return 0.5 * sound / loudest


def heard(name, recording=None, noise=SILENT):
    """Return the sound that was asked for, and what is said in it, or `None`."""
    noise = number(noise, 0, SILENT, "The noise")
    if recording:
        sound, said = recorded(recording), None
    else:
        said, sound = clips()[choice(name, clips(), "The clip")]
    if noise < SILENT:
        sound = add_noise(sound, noise, np.random.default_rng(0))
    return sound, said


def listen(sound, piece, written_by, model):
    """Return what a stream writes piece by piece, and what the whole clip gives.

    Args:
        sound: Array `(samples,)`.
        piece: Integer, the samples of a piece.
        written_by: `GREEDY` or `DIGITS`.
        model: A `DeepSpeech2`.
    """
    searches = {GREEDY: CTCGreedySearch(), DIGITS: digit_search(model)}
    stream, fed, steps, texts = model.open_stream(searches[written_by]), [], [], []
    for begin in range(0, len(sound), piece):
        texts.append(stream.push(sound[begin : begin + piece]))
        fed.append(min(begin + piece, len(sound)))
        steps.append(len(stream.logits))
    texts.append(stream.flush())
    whole = model.logits([sound])[0]
    return {
        "fed": [*fed, len(sound)],
        "steps": [*steps, len(stream.logits)],
        "texts": texts,
        "logits": stream.logits,
        "difference": float(np.abs(stream.logits - whole).max(initial=0)),
        "written": {way: model.transcribe(sound, search) for way, search in searches.items()},
        "power": model.spectrogram.log_power(sound),
        "latency": model.latency_ms,
        "alphabet": model.alphabet,
        "stride": model.stride * model.spectrogram.frame_step,
    }


def show(name, recording=None, noise=SILENT, chunk=100, written_by=GREEDY, trained=PLAIN):
    """Return the pictures and the table for a clip or a recording."""
    choice(written_by, (GREEDY, DIGITS), "What is written")
    preset = NETWORKS[choice(trained, NETWORKS, "The network")]
    sound, said = heard(name, recording, noise)
    piece = clipped(chunk, 20, 1000, "The piece") * RATE // 1000
    piece = max(piece, -(-len(sound) // STEPS))
    found = run(preset, lambda model: listen(sound, piece, written_by, model))
    moving = player(
        drawn(sound, found),
        count=len(found["texts"]),
        label="Piece of the sound",
        name="stream",
        captions=[el("b", text or "…") for text in found["texts"]],
        start=-1,
        play=True,
    )
    spoken = "data:audio/wav;base64," + base64.b64encode(write_wav(sound, RATE)).decode()
    return page(moving, el("audio", controls=True, src=spoken, style="width:100%")), told(
        found, said, written_by, 1000 * piece // RATE
    )


def drawn(sound, found):
    """Return the sound over the letters, which appear as the stream writes them."""
    scale = WIDTH / max(len(sound), 1)
    places = scale * np.array(found["fed"])
    moves = {"x": places.round(1), "width": (WIDTH - places).round(1)}
    cover = el("rect", y=HIGH[0], height=HIGH[1] - HIGH[0], fill="var(--krl-panel)",
               fill_opacity=0.88, class_="moves", steps=moves)  # fmt: skip
    lines = {"x1": moves["x"], "x2": moves["x"]}
    head = el("line", y1=HIGH[0] - 4, y2=LOW[1], stroke="var(--krl-ink)", stroke_width=1.5,
              class_="moves", steps=lines)  # fmt: skip
    parts = [
        words(0, 14, "sound, up to 4 kHz", class_="faint"),
        _spectrogram(found["power"]),
        cover,
        words(0, LOW[0] - 42, f"letters, {found['latency']:.0f} ms behind", class_="faint"),
        el("path", d=f"M0 {LOW[1]}H{WIDTH}", stroke="var(--krl-line)"),
        _spikes(found, scale),
        head,
        words(0, LOW[1] + 20, "0 s", class_="faint"),
        words(WIDTH, LOW[1] + 20, f"{len(sound) / RATE:.1f} s", "end", class_="faint"),
    ]
    label = f"The sound, and the letters that the network writes: {found['texts'][-1]}"
    return svg(WIDTH, LOW[1] + 26, parts, label=label, widest=620)


def _spectrogram(power):
    """Return the picture of the sound: louder is darker."""
    if not len(power):
        return None
    low, high = np.quantile(power, (0.2, 0.995))
    pixels = inked(np.clip((power.T[::-1] - low) / (high - low + 1e-9), 0, 1), (11, 92, 173))
    return el("image", href=data_uri(pixels), x=0, y=HIGH[0], width=WIDTH,
              height=HIGH[1] - HIGH[0], preserveAspectRatio="none")  # fmt: skip


def _spikes(found, scale):
    """Return how sure the network is of a letter at every step, and of none."""
    logits = found["logits"]
    if not len(logits):
        return None
    p = softmax(logits)
    best, sure = p[:, 1:].argmax(axis=1), p[:, 1:].max(axis=1)
    # The first piece after which a step is there.
    first = np.searchsorted(found["steps"], np.arange(len(p)), side="right")
    width, high, shown, letters = scale * found["stride"], LOW[1] - LOW[0], [], 0
    for t in np.flatnonzero(sure >= 0.05):
        x, tall = (t + 0.5) * width, high * sure[t]
        bar = el("rect", x=round(x - 0.4 * width, 2), y=round(LOW[1] - tall, 1),
                 width=round(0.8 * width, 2), height=round(tall, 1),
                 fill="var(--krl-accent)")  # fmt: skip
        name = None
        if sure[t] >= 0.5 and not (t and best[t - 1] == best[t] and sure[t - 1] >= 0.5):
            # Two rows, so that neighbours do not touch.
            symbol, row = found["alphabet"][best[t]].replace(" ", "␣"), letters % 2
            name = words(round(x, 1), LOW[0] - 5 - 14 * row, symbol, "middle")
            letters += 1
        shown.append(el("g", bar, name, data_at=int(first[t])))
    return shown


def told(found, said, written_by, piece):
    """Return what was written in both ways, and whether the stream gave the whole clip's result."""
    rows = [] if said is None else [("said", said)]
    rows += [(way, el("b", text or "(nothing)")) for way, text in found["written"].items()]
    same = found["texts"][-1] == found["written"][written_by] and found["difference"] < 1e-3
    sentence = (
        f"In pieces of {piece} ms and as a whole: "
        f"{'the same text' if same else 'ANOTHER TEXT'}; of {found['logits'].size:,} numbers none "
        f"differs by more than {found['difference']:.0e}."
    )
    source = "Clips: Free Spoken Digit Dataset, Zohar Jackson et al., CC BY-SA 4.0 (joined)."
    return page(table(None, rows), callout(sentence, kind="verdict"), faint(source))


@cache
def default():
    """Return what the page shows before any click."""
    return show(next(iter(clips())))


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    names = list(clips())
    with stage():
        with picture_side():
            picture = html()
        with control_side():
            name = gr.Radio(names, value=names[0], label="Clip")
            recording = gr.Audio(sources=["microphone", "upload"], type="filepath", format=None,
                                 label="Or your own voice: digits, in English")  # fmt: skip
            ctx.note()
            noise = gr.Slider(0, SILENT, SILENT, step=5, label="Noise, decibels below the voice")
            chunk = gr.Slider(20, 1000, 100, step=20, label="Piece of the sound, ms")
            written_by = gr.Radio([GREEDY, DIGITS], value=GREEDY, label="Written are")
            trained = gr.Radio(list(NETWORKS), value=PLAIN, label="Trained on")
            examples = choices_row()
            answer = html()
    inputs = [name, recording, noise, chunk, written_by, trained]
    with examples:
        ctx.choices({
            "Noise and beam": [names[0], None, 10, 100, DIGITS, PLAIN],
            "Noise, trained in noise": [names[0], None, 10, 100, GREEDY, AUGMENTED],
            "Pieces of a second": [names[1], None, SILENT, 1000, GREEDY, PLAIN],
            FAILS: [names[2], None, 0, 100, GREEDY, PLAIN],
        }, inputs)  # fmt: skip
    ctx.at_first(default, [picture, answer])
    ctx.event(name.input, lambda: None, None, recording)  # who picks a clip wants to see it
    ctx.on_change(show, inputs, [picture, answer], verb="transcribe", doing="Listening")


@EXHIBIT.tour
def tour():
    """Write the default clip."""
    sound, said = heard(next(iter(clips())))
    written = run(PRESET, lambda model: model.transcribe(sound))
    return f"said: {said}; written: {written}"
