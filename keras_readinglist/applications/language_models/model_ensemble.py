"""The mean of several language models."""

import itertools

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.language_models.recurrent_language_model import (
    RecurrentLanguageModel,
)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ModelEnsemble(RecurrentLanguageModel):
    """Averages the probabilities that recurrent language models give to the next token.

    `p = (1/M) sum_m p_m`; the logits are `ln p`. Its surprisal is never above the mean of the
    surprisals of its members. Reads, scores and writes as they do, with the states of all.

    The paper's test perplexities on Penn Treebank: 114.5 for one small model, 96.1, 84.1 and 80.0
    for 2, 5 and 10; 78.4 for one large one, 68.7 for 38.

    Args:
        members: List of recurrent language models, such as `LSTMLanguageModel`, of the same
            vocabulary.
        **kwargs: Base model keyword arguments.

    Call arguments, Input shape and Output shape: as for `LSTMLanguageModel`; `states` are those of
    the first member, then those of the second, and so on.

    Raises:
        ValueError: If there is no member, or their vocabularies differ.

    Example:
        >>> words = ["<unk>", "<eos>", "to", "be"]
        >>> ensemble = ModelEnsemble([LSTMLanguageModel(words, units=4) for _ in range(2)])
        >>> p = np.exp(keras.ops.convert_to_numpy(ensemble(np.array([[2, 3]]))))
        >>> p.shape, p.sum(-1).round(4).tolist()
        ((1, 2, 4), [[1.0, 1.0]])

    References:
        - [Zaremba, Sutskever, Vinyals, 2014](https://arxiv.org/abs/1409.2329), Table 1
    """

    def __init__(self, members, **kwargs):
        super().__init__(**kwargs)
        if not members:
            raise ValueError("`members` must hold at least one model. Received: members=[]")
        first = members[0]
        known = [getattr(m.tokenizer, "vocabulary", m.vocab_size) for m in members]
        if any(vocabulary != known[0] for vocabulary in known):
            raise ValueError("`members` must have the same vocabulary.")
        self.members = list(members)
        self.tokenizer, self.vocab_size, self.start = first.tokenizer, first.vocab_size, first.start
        self.supports_masking = True
        self.built = True

    def call(self, ids, states=None, mask=None, training=False, return_state=False):
        states = self._check_call(ids, states)
        ends = np.cumsum([len(m._state_sizes) for m in self.members]).tolist()
        log_p, carried = [], []
        for member, (begin, end) in zip(self.members, itertools.pairwise([0, *ends]), strict=True):
            logits, own = member(
                ids, states=states[begin:end], mask=mask, training=training, return_state=True
            )
            log_p.append(self._log_p(logits))
            carried += own
        logits = ops.logsumexp(ops.stack(log_p), axis=0) - np.log(len(self.members))
        return (logits, carried) if return_state else logits

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.vocab_size)

    def initial_state(self, batch_size):
        """Return the initial states of all members, one after the other."""
        return [state for m in self.members for state in m.initial_state(batch_size)]

    @property
    def _state_sizes(self):
        return [size for member in self.members for size in member._state_sizes]

    def get_config(self):
        members = [keras.saving.serialize_keras_object(member) for member in self.members]
        return {**super().get_config(), "members": members}

    @classmethod
    def from_config(cls, config):
        members = [keras.saving.deserialize_keras_object(m) for m in config.pop("members")]
        return cls(members, **config)
