"""Loops that write sequences: sampling, beam search and search over orders, and compiled methods.

They share one contract: `step(tokens, state, t) -> (log_probabilities, state)`. Decoders of CTC,
which read what a network says of every frame, have `start`, `step` and `finish` in common.
"""

from keras_readinglist.decoding.beam_search import beam_search
from keras_readinglist.decoding.compiled import Compiled, compiled
from keras_readinglist.decoding.ctc_beam_search import CTCBeamSearch
from keras_readinglist.decoding.ctc_greedy import CTCGreedySearch, ctc_greedy_decode
from keras_readinglist.decoding.order_search import order_search
from keras_readinglist.decoding.sampling import choose, filter_logits, gumbel_noise, sample

__all__ = [
    "CTCBeamSearch",
    "CTCGreedySearch",
    "Compiled",
    "beam_search",
    "choose",
    "compiled",
    "ctc_greedy_decode",
    "filter_logits",
    "gumbel_noise",
    "order_search",
    "sample",
]
