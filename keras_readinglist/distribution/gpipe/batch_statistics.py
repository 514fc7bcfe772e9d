"""Moving averages of batch normalization, of whole batches though micro-batches are normalized."""

import keras


class DeferredStatistics:
    """Collects the statistics of micro-batches and moves the averages once, by those of all.

    The averages follow `moving = momentum * moving + (1 - momentum) * statistic`, whatever the
    layer. From a state in which they are zero the statistics of a micro-batch can be read off, so
    that no layer has to be changed.

    Args:
        cell: A `keras.Model`. Its trainable `BatchNormalization` layers are deferred.

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2.4
    """

    def __init__(self, cell):
        place = {id(v): at for at, v in enumerate(cell.non_trainable_variables)}
        self.pairs = [
            (place[id(layer.moving_mean)], place[id(layer.moving_variance)], layer.momentum)
            for layer in cell._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization)
            and layer.trainable
            and layer.momentum < 1
        ]

    def blank(self, state):
        """Return a state whose moving averages are zero.

        Args:
            state: List of tensors, the non-trainable variables of the cell.
        """
        state = list(state)
        for pair in self.pairs:
            for place in pair[:2]:
                state[place] = keras.ops.zeros_like(state[place])
        return state

    def start(self, state):
        """Return the statistics of no examples, in the shapes of the averages."""
        zeros = self.blank(state)
        return [(zeros[mean], zeros[variance]) for mean, variance, _ in self.pairs]

    def merge(self, gathered, state, seen, count):
        """Return the statistics of what was seen and of a micro-batch together.

        Args:
            gathered: List of pairs, mean and variance of what was seen.
            state: The state after a micro-batch that was entered with a blank one.
            seen: How many examples were seen.
            count: How many the micro-batch has.
        """
        share, merged = count / (seen + count), []
        for (mean, variance), (mean_at, variance_at, momentum) in zip(
            gathered, self.pairs, strict=True
        ):
            gap = state[mean_at] / (1 - momentum) - mean
            other = state[variance_at] / (1 - momentum)
            # Chan's formula: a difference of sums of squares would lose its digits.
            variance = variance + share * (other - variance) + share * (1 - share) * gap * gap
            merged.append((mean + share * gap, variance))
        return merged

    def commit(self, before, after, gathered):
        """Return the state after a batch.

        Args:
            before: The state before the batch, with its averages.
            after: The state after the last micro-batch.
            gathered: The statistics of the whole batch.
        """
        state = list(after)
        for values, (*places, momentum) in zip(gathered, self.pairs, strict=True):
            for place, value in zip(places, values, strict=True):
                state[place] = momentum * before[place] + (1 - momentum) * value
        return state


class ImmediateStatistics(DeferredStatistics):
    """Moves the averages after every micro-batch, as if each were a batch."""

    def __init__(self, cell):
        self.pairs = []
