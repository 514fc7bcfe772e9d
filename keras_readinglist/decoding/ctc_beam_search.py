"""Beam search over the labellings of CTC, with a language model; whole or in chunks."""

from dataclasses import dataclass, replace

import numpy as np
from keras import ops

from keras_readinglist.decoding.ctc_greedy import frame_counts
from keras_readinglist.decoding.ctc_text_score import IMPOSSIBLE, TextScore
from keras_readinglist.layers.validation import check_size

_NOTHING, _NOWHERE, _ROOT = range(3)  # a place of the beam without prefix, its parent, the start


class CTCBeamSearch:
    """Finds the labelling of the largest probability, summed over its paths, and of a good text.

    It maximises `log p(labels | audio) + alpha log p(text) + beta units`, frame by frame, all
    utterances and prefixes at once in NumPy. A prefix keeps the probabilities of its paths that end
    with a blank and of those that do not.

    Args:
        beam_width: Positive integer, how many prefixes are kept. Defaults to 100.
        lm: `information.NGramLanguageModel` of words or characters, or `None`.
        alpha: Float, the weight of the language model. Defaults to 0.
        beta: Float, the bonus of a unit: a word, or a character if `lm` is of characters.
        cutoff_prob: Float in (0, 1]: of a frame the fewest likeliest classes are looked at that
            have this probability together, and the blank. Defaults to 0.99.
        cutoff_top_n: Positive integer, how many classes are looked at, at most. Defaults to 40.
        lexicon: Iterable of the words that may be written, or `None` for all.
        vocabulary: Sequence of strings, the symbol of every class, among them `" "`; needed by
            `lm`, `beta` and `lexicon`.
        blank: Integer, the class that names nothing. Defaults to 0.

    Raises:
        ValueError: If an argument is out of range, or the vocabulary is missing.

    Example:
        >>> frames = np.log([[[0.6, 0.4], [0.6, 0.4]]])
        >>> [labels.tolist() for labels in ctc_greedy_decode(frames)]
        [[]]
        >>> [labels.tolist() for labels in CTCBeamSearch()(frames)]
        [[1]]

    References:
        - [Hannun et al., 2014](https://arxiv.org/abs/1408.2873), algorithm 1
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 3.8
    """

    def __init__(
        self,
        beam_width=100,
        lm=None,
        alpha=0.0,
        beta=0.0,
        cutoff_prob=0.99,
        cutoff_top_n=40,
        lexicon=None,
        vocabulary=None,
        blank=0,
    ):
        self.beam_width = check_size("beam_width", beam_width)
        self.cutoff_top_n = check_size("cutoff_top_n", cutoff_top_n)
        if not 0 < cutoff_prob <= 1:
            raise ValueError(f"`cutoff_prob` must lie in (0, 1]. Received: {cutoff_prob}")
        self.cutoff_prob, self.blank, self.score = cutoff_prob, blank, None
        if lm is not None or beta or lexicon is not None:
            if vocabulary is None:
                raise ValueError(
                    "`vocabulary` must name the classes for `lm`, `beta` or `lexicon`. "
                    "Received: None"
                )
            blank = blank % len(vocabulary)
            self.score = TextScore(vocabulary, blank, lm, alpha, beta, lexicon)

    def __call__(self, logits, lengths=None):
        """Return the best labels of whole utterances.

        Args:
            logits: Float array or tensor `(batch, frames, classes)`; before or after the softmax,
                as its logarithm.
            lengths: Int array `(batch,)`, the frames of every utterance; `None` for all.

        Returns:
            List of int32 arrays, one per utterance.
        """
        return self.finish(self.step(self.start(len(logits)), logits, lengths))

    def start(self, batch_size=1):
        """Return the state before the first frame of utterances."""
        shape = (batch_size, self.beam_width)
        nodes, with_blank = np.full(shape, _NOTHING), np.full(shape, IMPOSSIBLE)
        nodes[:, 0], with_blank[:, 0] = _ROOT, 0.0
        prefixes, added = _Prefixes(self.score), None
        if self.score:
            row = self.score.row(self.score.empty)
            added = np.broadcast_to(row, (*shape, len(row))).copy()
        bonus = np.zeros(shape)
        return Beams(prefixes, nodes, with_blank, np.full(shape, IMPOSSIBLE), bonus, added)

    def step(self, state, logits, lengths=None):
        """Return the state after further frames; `state` itself is not changed.

        Args:
            state: State of `start` or `step`.
            logits: As for the whole search; there may be no frames.
            lengths: Int array `(batch,)`, how many of the frames count; `None` for all.

        Raises:
            ValueError: If shapes do not agree with the state or the vocabulary.
        """
        logits = logits if isinstance(logits, np.ndarray) else ops.convert_to_numpy(logits)
        lengths = frame_counts(logits, lengths)
        self._check(state, logits)
        frames = _Frames(logits, self.blank, self.cutoff_prob, self.cutoff_top_n)
        for t in range(max(lengths, default=0)):
            rows = np.flatnonzero(t < lengths)
            advanced = self._advance(state.of(rows), frames, rows, t)
            state = advanced if len(rows) == len(lengths) else state.updated(rows, advanced)
        return state

    def finish(self, state):
        """Return the best labels of every utterance so far, a list of int32 arrays."""
        return [found[0][0] for found in self.hypotheses(state, 1)]

    def hypotheses(self, state, top_paths=None):
        """Return the best labellings of every utterance, as if it had ended here.

        Args:
            state: State of `step`; more frames may follow.
            top_paths: Positive integer, how many; `None` for all that are kept.

        Returns:
            List of lists of pairs: labels, an int32 array, and what they score. A word that is
            not in the lexicon as a whole scores `-inf`.
        """
        scores = state.scores()
        ends, prefixes = np.zeros(scores.shape), state.prefixes
        if self.score:
            alive = state.nodes != _NOTHING
            texts = (prefixes.texts[node] for node in state.nodes[alive])
            ends[alive] = [self.score.end(text) for text in texts]
        order = np.lexsort((-scores, -(scores + ends)))
        found = []
        for row, nodes, total in zip(order, state.nodes, scores + ends, strict=True):
            kept = [k for k in row if nodes[k] != _NOTHING][:top_paths]
            found.append([(prefixes.labels_of(nodes[k]), float(total[k])) for k in kept])
        return found

    def _check(self, state, logits):
        classes = len(self.score.vocabulary) if self.score else logits.shape[-1]
        if logits.ndim != 3 or logits.shape[::2] != (len(state.nodes), classes):
            raise ValueError(
                f"`logits` must have the shape (batch, frames, classes) with {len(state.nodes)} "
                f"utterances and {classes} classes. Received shape: {logits.shape}"
            )

    def _advance(self, beams, frames, rows, t):
        """Return the beams of some utterances after the frame `t`."""
        log_p, blank = frames.log_p[rows, t], frames.blank
        total = np.logaddexp(beams.with_blank, beams.without)
        count = frames.counts[rows, t].max()
        stay_blank = total + log_p[:, blank, None]
        if not count:  # silence alone: every prefix stays
            return replace(beams, with_blank=stay_blank, without=np.full_like(total, IMPOSSIBLE))
        prefixes, nodes, last = beams.prefixes, beams.nodes, beams.last()
        stay = beams.without + np.take_along_axis(log_p, last, axis=1)
        symbols = frames.order[rows, t, :count]
        # A symbol that repeats the last one needs a blank in between.
        repeats = symbols[:, None] == last[:, :, None]
        grown = np.where(repeats, beams.with_blank[..., None], total[..., None])
        grown += np.take_along_axis(frames.named[rows, t], symbols, axis=1)[:, None]
        self._merge(beams, frames.rank[rows, t], log_p, total, stay, grown)

        bonus = np.broadcast_to(beams.bonus[..., None], grown.shape)
        if self.score:
            bonus = bonus + np.take_along_axis(beams.added, symbols[:, None], axis=2)
        values = np.concatenate(
            [np.logaddexp(stay_blank, stay) + beams.bonus, _flat(grown + bonus)], axis=1
        )
        best = np.argpartition(-values, self.beam_width - 1, axis=1)[:, : self.beam_width]
        stays, new = best < self.beam_width, np.maximum(best - self.beam_width, 0)
        parent = np.where(stays, best, new // count)

        def follow(old, grown=IMPOSSIBLE):
            return np.where(stays, np.take_along_axis(old, parent, axis=1), grown)

        alive = np.take_along_axis(values, best, axis=1) > IMPOSSIBLE
        born = alive & ~stays
        after = np.where(alive, np.take_along_axis(nodes, parent, axis=1), _NOTHING)
        labels = np.take_along_axis(symbols, new % count, axis=1)
        after[born] = prefixes.grow(after[born], labels[born])
        added = beams.added
        if self.score:
            added = np.take_along_axis(added, parent[..., None], axis=1)
            for place in zip(*np.nonzero(born), strict=True):
                added[place] = self.score.row(prefixes.texts[after[place]])
        return Beams(
            prefixes,
            after,
            follow(stay_blank),
            follow(stay, np.take_along_axis(_flat(grown), new, axis=1)),
            follow(beams.bonus, np.take_along_axis(_flat(bonus), new, axis=1)),
            added,
        )

    def _merge(self, beams, rank, log_p, total, stay, grown):
        """Let what grows into a prefix that is kept already add to that one, in place."""
        hashes, parents = beams.hashes()
        row, child, parent = np.nonzero(parents[:, :, None] == hashes[:, None])
        label = beams.last()[row, child]
        repeats = label == beams.last()[row, parent]
        mass = np.where(repeats, beams.with_blank[row, parent], total[row, parent])
        stay[row, child] = np.logaddexp(stay[row, child], mass + log_p[row, label])
        place = rank[row, label]
        seen = place < grown.shape[2]
        grown[row[seen], parent[seen], place[seen]] = IMPOSSIBLE


@dataclass(frozen=True)
class Beams:
    """The prefixes that are kept of every utterance; arrays are `(batch, beam_width)`.

    Args:
        prefixes: Where labels are looked up, of all states of a search.
        nodes: Int array, the prefixes.
        with_blank: Float array, `log p` of the paths that end with a blank.
        without: Float array, `log p` of the other paths.
        bonus: Float array, what the text scores.
        added: Float array `(batch, beam_width, classes)`, what a further symbol would; or `None`.
    """

    prefixes: "_Prefixes"
    nodes: np.ndarray
    with_blank: np.ndarray
    without: np.ndarray
    bonus: np.ndarray
    added: np.ndarray | None

    def of(self, rows):
        """Return the beams of some utterances."""
        if len(rows) == len(self.nodes):
            return self
        return Beams(self.prefixes, *(x if x is None else x[rows] for x in self._arrays()))

    def updated(self, rows, others):
        """Return the beams with those of some utterances replaced."""
        arrays = [None if x is None else x.copy() for x in self._arrays()]
        for array, new in zip(arrays, others._arrays(), strict=True):
            if array is not None:
                array[rows] = new
        return Beams(self.prefixes, *arrays)

    def scores(self):
        """Return the score of every prefix, without what an end would add."""
        return np.logaddexp(self.with_blank, self.without) + self.bonus

    def last(self):
        """Return the last label of every prefix; the blank of the empty one."""
        return self.prefixes.labels[self.nodes]

    def hashes(self):
        """Return the hashes of the prefixes, and of what they are without their last label."""
        prefixes = self.prefixes
        return prefixes.hashes[self.nodes], prefixes.hashes[prefixes.parents[self.nodes]]

    def _arrays(self):
        return self.nodes, self.with_blank, self.without, self.bonus, self.added


class _Frames:
    """What there is to choose from in every frame, the likeliest first.

    Args:
        logits: Array `(batch, frames, classes)`.
        blank: Integer.
        cutoff_prob: As in `CTCBeamSearch`.
        cutoff_top_n: As in `CTCBeamSearch`.
    """

    def __init__(self, logits, blank, cutoff_prob, cutoff_top_n):
        logits = logits.astype("float64")
        logits = logits - logits.max(-1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        order = np.argsort(-log_p, axis=-1)
        p = np.exp(np.take_along_axis(log_p, order, axis=-1))
        kept = np.cumsum(p, axis=-1) - p < cutoff_prob
        kept[..., cutoff_top_n:] = False
        kept = np.take_along_axis(kept, np.argsort(order, axis=-1), axis=-1)
        self.blank = blank % logits.shape[-1]
        kept[..., self.blank] = True  # else a lexicon may leave nothing at all
        self.log_p = np.where(kept, log_p, IMPOSSIBLE)
        self.named = self.log_p.copy()
        self.named[..., self.blank] = IMPOSSIBLE
        self.counts = (self.named > IMPOSSIBLE).sum(-1)
        self.order = np.argsort(-self.named, axis=-1)
        self.rank = np.argsort(self.order, axis=-1)


class _Prefixes:
    """All prefixes that were ever kept, each as its parent and a last label.

    A prefix that comes back after it was dropped is another node, of the same hash.

    Args:
        score: `TextScore`, or `None`.
    """

    def __init__(self, score):
        self.size, self.score = 3, score
        self.parents = np.array([_NOWHERE, _NOWHERE, _NOWHERE])
        self.labels = np.array([0, 0, 0])
        self.hashes = np.array([0, 1, 2], "uint64")
        self.texts = [None, None, score and score.empty]

    def grow(self, parents, labels):
        """Add a prefix for every pair of a parent and a label; return the nodes."""
        needed = self.size + len(parents)
        if needed > len(self.parents):
            room = 2 * needed
            self.parents, self.labels, self.hashes = (
                np.resize(x, room) for x in (self.parents, self.labels, self.hashes)
            )
        nodes = np.arange(self.size, needed)
        self.parents[nodes], self.labels[nodes] = parents, labels
        mixed = self.hashes[parents] * np.uint64(0x9E3779B97F4A7C15) + labels.astype("uint64") + 3
        mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
        self.hashes[nodes] = mixed ^ (mixed >> np.uint64(29))
        if self.score:
            self.texts += [
                self.score.follow(self.texts[parent], label)
                for parent, label in zip(parents.tolist(), labels.tolist(), strict=True)
            ]
        self.size = needed
        return nodes

    def labels_of(self, node):
        """Return the labels of a prefix."""
        labels = []
        while node != _ROOT:
            labels.append(self.labels[node])
            node = self.parents[node]
        return np.array(labels[::-1], "int32")


def _flat(x):
    return x.reshape(len(x), -1)
