"""Context trees for percepts of several bits: one tree for every bit."""

from keras_readinglist.information.intelligence.context_tree import ContextTree, check_undone


class FactoredContextTree:
    """A model of percepts: a context tree for every bit, which sees the bits before it.

    Bits of a percept differ in what they depend on. With a tree each, what is learnt of one does
    not stand in the way of another.

    Args:
        width: Positive integer, bits of a percept.
        depth: Integer of at least 0, earlier bits that the first tree sees; the tree of the `i`-th
            bit sees as far back, and so `i` more.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = FactoredContextTree(width=2, depth=3)
        >>> for _ in range(20):
        ...     model.observe([1])
        ...     model.update([0, 1])
        >>> model.observe([1])
        >>> model.sample(np.random.default_rng(0))
        [0, 1]

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 5
    """

    def __init__(self, width, depth):
        if not isinstance(width, int) or width < 1:
            raise ValueError(f"`width` must be a positive integer. Received: width={width!r}")
        self.trees = [ContextTree(depth)]
        self.trees += [ContextTree(depth + place) for place in range(1, width)]
        self.history = [0] * self.trees[-1].depth
        for tree in self.trees:
            tree.history = self.history  # one history for all
        self._undo = []

    def __len__(self):
        return len(self._undo)

    @property
    def log_probability(self):
        """Float, the natural logarithm of the probability of all percepts so far."""
        return sum(tree.log_probability for tree in self.trees)

    def observe(self, bits):
        """Append bits to the context without learning them, as an agent does with its actions.

        Args:
            bits: Sequence of 0 and 1.
        """
        self.history.extend(bits)
        self._undo.extend([None] * len(bits))

    def update(self, percept):
        """Learn a percept.

        Args:
            percept: Sequence of as many bits as there are trees.

        Raises:
            ValueError: If there are more or fewer, or something else is among them.
        """
        if len(percept) != len(self.trees):
            raise ValueError(f"`percept` must have {len(self.trees)} bits. Received: {percept!r}")
        for tree, bit in zip(self.trees, percept, strict=True):
            tree.update(bit)
            self._undo.append(tree)

    def sample(self, rng):
        """Draw the next percept, and learn it as if it had come.

        Args:
            rng: NumPy generator.

        Returns:
            List of bits.
        """
        self._undo.extend(self.trees)
        return [tree.sample(rng) for tree in self.trees]

    def revert(self, count):
        """Undo the last bits; the model is then exactly as it was.

        Args:
            count: Integer from 0 to the number of bits so far.

        Raises:
            ValueError: If there were fewer bits.
        """
        check_undone(count, len(self._undo))
        for _ in range(count):
            tree = self._undo.pop()
            if tree is None:
                self.history.pop()
            else:
                tree.revert()
