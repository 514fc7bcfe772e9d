"""Learning rates that change as training goes on, beside those of `keras.optimizers.schedules`."""

import math

import keras
from keras import ops

__all__ = ["NoamSchedule", "WarmupStableDecay", "ZarembaSchedule", "slower_from"]


@keras.saving.register_keras_serializable(package="keras_readinglist")
class NoamSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly and then falls with the root of the step.

    `factor * d_model^-0.5 * min(t^-0.5, t * warmup^-1.5)`, where steps count from 1.

    Args:
        d_model: Positive integer, the width of the Transformer.
        warmup: Positive integer, the step of the largest rate. Defaults to 4,000.
        factor: Positive float. Defaults to 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> schedule = NoamSchedule(512, warmup=4_000)
        >>> [round(float(schedule(step)), 6) for step in (0, 3_999, 15_999)]
        [0.0, 0.000699, 0.000349]

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), Eq. 3
    """

    def __init__(self, d_model, warmup=4_000, factor=1.0):
        super().__init__()
        _check_positive(d_model=d_model, warmup=warmup, factor=factor)
        self.d_model, self.warmup, self.factor = d_model, warmup, factor

    def __call__(self, step):
        step = ops.cast(step, "float32") + 1.0  # Keras counts from 0
        rate = ops.minimum(step**-0.5, step * self.warmup**-1.5)
        return self.factor * self.d_model**-0.5 * rate

    def get_config(self):
        return {name: getattr(self, name) for name in ("d_model", "warmup", "factor")}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class WarmupStableDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises to its peak, stays there, and falls to zero as half a cosine.

    `peak * min(t / warmup_steps, 1) * (1 - cos(pi * min((steps - t) / decay_steps, 1))) / 2` at
    step `t`, and zero from `steps` on.

    Args:
        peak: Positive float, the largest rate.
        warmup_steps: Integer, not negative: how many steps the rate rises.
        decay_steps: Positive integer: how many steps it falls.
        steps: Positive integer, the step at which it has fallen to zero.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> schedule = WarmupStableDecay(0.1, warmup_steps=10, decay_steps=50, steps=100)
        >>> [round(float(schedule(step)), 3) for step in (0, 5, 10, 50, 75, 100)]
        [0.0, 0.05, 0.1, 0.1, 0.05, 0.0]

    References:
        - [Hu et al., 2024, MiniCPM](https://arxiv.org/abs/2404.06395), section 4, for the shape
    """

    def __init__(self, peak, warmup_steps, decay_steps, steps):
        super().__init__()
        _check_least(0, warmup_steps=warmup_steps)
        _check_least(1, decay_steps=decay_steps, steps=steps)
        _check_positive(peak=peak)
        self.peak, self.warmup_steps = peak, warmup_steps
        self.decay_steps, self.steps = decay_steps, steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        risen = ops.minimum(step / self.warmup_steps, 1.0) if self.warmup_steps else 1.0
        left = ops.clip((self.steps - step) / self.decay_steps, 0.0, 1.0)
        return self.peak * risen * 0.5 * (1 - ops.cos(math.pi * left))

    def get_config(self):
        names = ("peak", "warmup_steps", "decay_steps", "steps")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ZarembaSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is held for some epochs, and then divided after every epoch.

    `initial * decay^-max(epoch - hold_epochs, 0)`, where epochs count from 1. In the paper the rate
    is 1 for 4 epochs and divided by 2 (small, 13 epochs in all), for 6 and by 1.2 (medium, 39), for
    14 and by 1.15 (large, 55).

    Args:
        hold_epochs: Integer, not negative, how many epochs the rate stays.
        decay: Float of at least 1, what it is divided by.
        steps_per_epoch: Positive integer.
        initial: Positive float. Defaults to 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> schedule = ZarembaSchedule(hold_epochs=4, decay=2, steps_per_epoch=10)
        >>> [float(schedule(step)) for step in (0, 39, 40, 49, 50)]
        [1.0, 1.0, 0.5, 0.5, 0.25]

    References:
        - [Zaremba, Sutskever, Vinyals, 2014](https://arxiv.org/abs/1409.2329), section 4.1
    """

    def __init__(self, hold_epochs, decay, steps_per_epoch, initial=1.0):
        super().__init__()
        _check_least(0, hold_epochs=hold_epochs)
        _check_least(1, decay=decay, steps_per_epoch=steps_per_epoch)
        _check_positive(initial=initial)
        self.hold_epochs, self.decay = hold_epochs, decay
        self.steps_per_epoch, self.initial = steps_per_epoch, initial

    def __call__(self, step):
        finished = ops.cast(step, "int32") // self.steps_per_epoch
        finished = ops.cast(finished, "float32")
        divisions = ops.maximum(finished + 1.0 - self.hold_epochs, 0.0)
        return self.initial * self.decay**-divisions

    def get_config(self):
        names = ("hold_epochs", "decay", "steps_per_epoch", "initial")
        return {name: getattr(self, name) for name in names}


def slower_from(step, rate):
    """Return a learning rate that is a fifth from a step on.

    Args:
        step: Integer, the last step at the full rate, or `None` for the same rate throughout.
        rate: Positive float.

    Returns:
        A schedule, or `rate` itself.

    Example:
        >>> schedule = slower_from(100, 0.5)
        >>> [round(float(schedule(step)), 3) for step in (0, 100, 101)]
        [0.5, 0.5, 0.1]
    """
    if step is None:
        return rate
    return keras.optimizers.schedules.PiecewiseConstantDecay([step], [rate, rate / 5])


def _check_positive(**values):
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"`{name}` must be positive. Received: {name}={value!r}")


def _check_least(least, **values):
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"`{name}` must be at least {least}. Received: {name}={value!r}")
