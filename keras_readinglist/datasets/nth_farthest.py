"""Which of several vectors is the n-th farthest from a given one?"""

import numpy as np


def nth_farthest(batch_size, num_objects=8, dim=16, rng=None, choices=None):
    """Draw questions of the form: which vector is the n-th farthest from vector m?

    Vectors are uniform in [-1, 1] and carry labels in random order. Every row of the input holds a
    vector, its label, n and m, the last three one-hot. n = 0 asks for the farthest vector and
    n = `num_objects - 1` for m itself.

    Args:
        batch_size: Positive integer.
        num_objects: Integer of at least 2, the number of vectors. Defaults to 8.
        dim: Positive integer, their dimension. Defaults to 16.
        rng: `numpy.random.Generator` or a seed.
        choices: Positive integer: n is uniform below it, so that 1 always asks for the farthest.
            Defaults to `num_objects`.

    Returns:
        Inputs `(batch, num_objects, dim + 3 * num_objects)`, float32, and labels `(batch,)`, int32.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> inputs, labels = nth_farthest(2, num_objects=4, dim=3, rng=0)
        >>> inputs.shape, labels.shape
        ((2, 4, 15), (2,))

    References:
        - [Santoro et al., 2018](https://arxiv.org/abs/1806.01822), section 4.1
    """
    choices = num_objects if choices is None else choices
    sizes = {"batch_size": batch_size, "dim": dim, "choices": choices}
    for name, value in {**sizes, "num_objects": num_objects}.items():
        smallest = 2 if name == "num_objects" else 1
        if not isinstance(value, (int, np.integer)) or value < smallest:
            raise ValueError(
                f"`{name}` must be an integer of at least {smallest}. Received: {value}"
            )
    if choices > num_objects:
        raise ValueError(
            f"`choices` must be at most num_objects={num_objects}. Received: choices={choices}"
        )
    rng = np.random.default_rng(rng)
    vectors = rng.random((batch_size, num_objects, dim), "float32") * 2 - 1
    labels = rng.random((batch_size, num_objects), "float32").argsort(axis=1)
    n = rng.integers(0, choices, batch_size)
    reference = rng.integers(0, num_objects, batch_size)
    inputs = encode_questions(vectors, labels, n, reference)
    return inputs, answers(vectors, labels, n, reference)


def encode_questions(vectors, labels, n, reference):
    """Return the input rows of questions.

    Args:
        vectors: Float array `(batch, objects, dim)`.
        labels: Int array `(batch, objects)`, a permutation of 0 to `objects - 1` in every row.
        n: Int array `(batch,)`, the rank that is asked for; 0 is the farthest.
        reference: Int array `(batch,)`, the label of the vector to measure from.

    Returns:
        Array `(batch, objects, dim + 3 * objects)`, float64 if the vectors are, else float32.
    """
    vectors = np.asarray(vectors)
    batch, count, dim = vectors.shape
    dtype = "float64" if vectors.dtype == "float64" else "float32"
    inputs = np.zeros((batch, count, dim + 3 * count), dtype)
    inputs[..., :dim] = vectors
    rows, places = np.arange(batch)[:, None], np.arange(count)[None]
    inputs[rows, places, dim + np.asarray(labels)] = 1
    inputs[rows, places, dim + count + np.asarray(n)[:, None]] = 1
    inputs[rows, places, dim + 2 * count + np.asarray(reference)[:, None]] = 1
    return inputs


def ranking(vectors, labels, reference):
    """Return the labels from the farthest vector to the nearest, `(batch, objects)`.

    Arguments as for `encode_questions`.
    """
    vectors, labels = np.asarray(vectors), np.asarray(labels)
    centre = (labels == np.asarray(reference)[:, None]).argmax(axis=1)
    offsets = vectors - vectors[np.arange(len(vectors)), centre][:, None]
    order = np.einsum("bkd,bkd->bk", offsets, offsets).argsort(axis=1, kind="stable")
    return np.take_along_axis(labels, order, axis=1)[:, ::-1].astype("int32")


def answers(vectors, labels, n, reference):
    """Return the right labels `(batch,)`; arguments as for `encode_questions`."""
    ranked = ranking(vectors, labels, reference)
    return np.take_along_axis(ranked, np.asarray(n)[:, None], axis=1)[:, 0]


def floor_accuracy(num_objects):
    """Return the accuracy of the trivial rule: m if n asks for m, else a guess among the others."""
    return 2 / num_objects
