"""Is anything wrong with a network before it is trained (CS231n, neural networks 3)?"""

from dataclasses import dataclass

import keras
import numpy as np

from keras_readinglist.layers.validation import check_size


@dataclass(frozen=True)
class SanityReport:
    """What `sanity_check` found.

    Args:
        initial_loss: The loss of the data before training.
        chance_loss: The loss of scores that are all alike: `ln C` for a softmax, `C - 1` for the
            multiclass hinge.
        penalty: What the regularisers add, or `None` if there are none.
        overfit_accuracy: The share of a few examples that is right after training on them alone.
        tolerance: By what share of the loss of chance the initial loss may be off.
    """

    initial_loss: float
    chance_loss: float
    penalty: float | None
    overfit_accuracy: float
    tolerance: float

    @property
    def ok(self):
        """Whether the loss begins at chance, regularisers raise it, and few examples are learned.

        A loss below chance counts as off too: a network knows nothing before it is trained.
        """
        near = abs(self.initial_loss - self.chance_loss) <= self.tolerance * self.chance_loss
        return near and self.penalty != 0 and self.overfit_accuracy == 1


def sanity_check(model, x, y, loss, optimizer=None, examples=20, steps=200, tolerance=0.1):
    """Run the three checks of the course on a copy of a model: chance, regulariser, overfitting.

    Args:
        model: A built, untrained `keras.Model` that gives scores.
        x: Array of inputs.
        y: Int array of classes.
        loss: A `keras.losses.Loss` of scores.
        optimizer: A Keras optimizer that is not used elsewhere. Defaults to Adam at 1e-3.
        examples: Positive integer, how many are overfitted. Defaults to 20.
        steps: Positive integer, the most updates on them. Defaults to 200.
        tolerance: Float, see `SanityReport`. Defaults to 0.1.

    Returns:
        A `SanityReport`.

    Example:
        >>> from keras_readinglist.applications import TwoLayerNet
        >>> keras.utils.set_random_seed(0)
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.random((30, 8, 8, 1)), rng.integers(0, 3, 30)
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> sanity_check(TwoLayerNet((8, 8, 1), 3), x, y, loss).ok
        True

    References:
        - [CS231n, before learning](https://cs231n.github.io/neural-networks-3/#sanitycheck)
    """
    check_size("examples", examples)
    check_size("steps", steps)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    x, y = np.asarray(x, "float32"), np.asarray(y)
    scores = copy.predict(x, verbose=0)
    initial, chance = float(loss(y, scores)), float(loss(y, np.zeros_like(scores)))
    penalties = [float(each) for each in copy.losses]
    few, labels = x[:examples], y[:examples]
    copy.compile(optimizer or keras.optimizers.Adam(1e-3), loss)
    accuracy = 0.0
    for step in range(steps):
        copy.train_on_batch(few, labels)
        if step % 10 == 9 or step == steps - 1:
            accuracy = float((copy.predict_on_batch(few).argmax(axis=-1) == labels).mean())
            if accuracy == 1:
                break
    return SanityReport(initial, chance, sum(penalties) if penalties else None, accuracy, tolerance)
