"""Which cells of a recurrent network follow something that a reader can name?"""

from dataclasses import dataclass
from unicodedata import category

import numpy as np

from keras_readinglist.information.mdl.estimator import check_real


@dataclass(frozen=True)
class Probe:
    """The cell that follows a property of the text best, or one of the best.

    Args:
        property: Name of the property, a key of `PROPERTIES`.
        layer: Integer, the layer of the cell.
        unit: Integer, the cell's place in its layer.
        statistic: `"correlation"` (Pearson, signed) or `"AUC"`.
        value: The statistic; for an AUC, at least 0.5 (`inverted` tells the direction).
        inverted: Whether the cell is low where the property holds.
    """

    property: str
    layer: int
    unit: int
    statistic: str
    value: float
    inverted: bool


def position_in_line(text):
    """Return the number of characters since the last new line, for every character."""
    position, positions = 0, []
    for character in text:
        position = 0 if character == "\n" else position + 1
        positions.append(position)
    return np.array(positions, float)


def indentation(text):
    """Return the number of spaces that the line of every character begins with."""
    depths = []
    for line in text.splitlines(keepends=True):
        depths += [len(line) - len(line.lstrip(" "))] * len(line)
    return np.array(depths, float)


def inside_quotes(text):
    """Return whether a character lies between a double quote and the next one on its line."""
    inside, flags = False, []
    for character in text:
        flags.append(inside and character != '"')
        if character == "\n":
            inside = False
        elif character == '"':
            inside = not inside
    return np.array(flags, bool)


def inside_brackets(text):
    """Return whether a character lies inside round, square or curly brackets."""
    depth, flags = 0, []
    for character in text:
        if character in ")]}":
            depth = max(depth - 1, 0)
        flags.append(depth > 0)
        if character in "([{":
            depth += 1
    return np.array(flags, bool)


def inside_speaker_name(text):
    """Return whether a character belongs to a line of a play that names the speaker."""
    flags = []
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        capital = body[:1].isalpha() and not body[:1].islower()  # many alphabets have one case
        speaker = body.endswith(":") and len(body) < 40 and capital
        flags += [speaker] * len(line)
    return np.array(flags, bool)


def inside_comment(text):
    """Return whether a character belongs to a comment that begins with a number sign."""
    flags = []
    for line in text.splitlines(keepends=True):
        at = line.find("#")
        begin = len(line) if at < 0 else at
        flags += [False] * begin + [True] * (len(line) - begin)
    return np.array(flags, bool)


def end_of_word(text):
    """Return whether a character is the last of a word, accents and vowel signs included."""
    letters = np.array([c.isalpha() or category(c)[0] == "M" for c in text], bool)
    return letters & ~np.append(letters[1:], False)


PROPERTIES = {
    "position in line": position_in_line,
    "indentation": indentation,
    "inside quotes": inside_quotes,
    "inside brackets": inside_brackets,
    "inside a speaker's name": inside_speaker_name,
    "inside a comment": inside_comment,
    "end of word": end_of_word,
}


def probe_cells(activations, text, properties=None, top=3):
    r"""Rank the cells by how well they follow properties of a text.

    Numbers are compared by the Pearson correlation with `tanh(c)`, yes-or-no properties by the
    area under the ROC curve. A property that does not vary in the text is left out.

    Args:
        activations: Array `(layers, time, units)` of cell states, or the dictionary that
            `CharRNN.activations` returns (its `"c"`, else its `"h"`).
        text: String of `time` characters.
        properties: Names of `PROPERTIES`, or a dictionary of functions `(text) -> array`; `None`
            for all.
        top: Integer, how many cells to return for each property.

    Returns:
        List of `Probe`, the best cells of a property after one another.

    Raises:
        ValueError: If the text does not have one character per time step, activations are not
            finite, or a property is unknown or not one value per character.

    Example:
        >>> cells = np.zeros((1, 4, 2)); cells[0, :, 1] = [0, 1, 0, 1]
        >>> [best] = probe_cells(cells, "a\nb\n", ["position in line"], top=1)
        >>> best.unit, round(best.value)
        (1, -1)

    References:
        - [Karpathy, Johnson, Li, 2015](https://arxiv.org/abs/1506.02078), section 4.2
    """
    if isinstance(activations, dict):
        activations = activations.get("c", activations.get("h"))
    cells = np.tanh(check_real(activations, "activations"))
    if cells.ndim != 3 or cells.shape[1] != len(text):
        raise ValueError(
            f"`text` must have one character per step of `activations`. Received {len(text)} "
            f"characters and activations of shape {cells.shape}"
        )
    if properties is None:
        properties = PROPERTIES
    elif not isinstance(properties, dict):
        unknown = set(properties) - set(PROPERTIES)
        if unknown:
            raise ValueError(
                f"`properties` must be among {', '.join(PROPERTIES)}. Received: {sorted(unknown)}"
            )
        properties = {name: PROPERTIES[name] for name in properties}
    from scipy.stats import rankdata

    flat = cells.transpose(1, 0, 2).reshape(len(text), -1)
    ranks = None
    probes = []
    for name, function in properties.items():
        target = np.asarray(function(text))
        if target.shape != (len(text),):
            raise ValueError(f"`properties` must give a value per character, unlike {name!r}.")
        if len(target) == 0 or target.min() == target.max():
            continue
        if target.dtype == bool:
            ranks = rankdata(flat, axis=0) if ranks is None else ranks
            auc = _auc(ranks, target)
            found = _best(name, "AUC", auc - 0.5, np.maximum(auc, 1 - auc), cells.shape[2], top)
        else:
            r = _correlation(flat, target)
            found = _best(name, "correlation", r, r, cells.shape[2], top)
        probes += found
    return probes


def gate_saturation(gates):
    """Return how often gates are nearly closed or nearly open.

    Args:
        gates: Array `(layers, time, units)` of gate values in [0, 1].

    Returns:
        Pair of arrays `(layers, units)`: the share of steps below 0.1 ("left saturated"), and
        above 0.9 ("right saturated").

    References:
        - [Karpathy, Johnson, Li, 2015](https://arxiv.org/abs/1506.02078), figure 3
    """
    gates = np.asarray(gates)
    return (gates < 0.1).mean(axis=1), (gates > 0.9).mean(axis=1)


def _best(name, statistic, strength, value, units, top):
    order = np.argsort(-np.abs(strength), kind="stable")[:top]
    return [
        Probe(name, int(k // units), int(k % units), statistic, float(value[k]), strength[k] < 0)
        for k in order
    ]


def _correlation(cells, target):
    varies = cells.min(axis=0) < cells.max(axis=0)
    cells = np.where(varies, cells - cells.mean(axis=0), 0.0)
    target = target - target.mean()
    scale = np.sqrt((cells**2).sum(axis=0) * (target**2).sum())
    return target @ cells / np.where(varies, scale, 1.0)


def _auc(ranks, target):
    """Return how often a cell is higher where the property holds; equal values count half."""
    positive, negative = target.sum(), (~target).sum()
    return (ranks[target].sum(axis=0) - positive * (positive + 1) / 2) / (positive * negative)
