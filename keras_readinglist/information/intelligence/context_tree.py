"""Context-tree weighting bit by bit, with exact revert."""

import math

_SINCE = 5  # place of an entry in a node
_LEAST, _MOST = 1e-250, 1e250  # beyond them odds decide nothing


class ContextTree:
    """The mixture of all tree sources of bits, updated and undone bit by bit.

    Args:
        depth: Integer of at least 0, bits of the longest context; before the first bit there are
            zeros.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> tree = ContextTree(depth=3)
        >>> tree.update([0, 1] * 20)
        >>> tree.predict() < 0.1
        True
        >>> tree.revert(1)
        >>> tree.predict() > 0.9
        True

    Attributes:
        log_probability: Float, the natural logarithm of the probability of all bits so far.

    References:
        - Willems, Shtarkov, Tjalkens, 1995, The context-tree weighting method
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 5
    """

    def __init__(self, depth):
        if not isinstance(depth, int) or depth < 0:
            raise ValueError(f"`depth` must be an integer of at least 0. Received: depth={depth!r}")
        self.depth = depth
        self.history = [0] * depth
        self.log_probability = 0.0
        self._root = _fresh()
        self._undo = []

    def _path(self):
        """Return the nodes of the present context, the longest first."""
        node, path = self._root, [self._root]
        for back in range(1, self.depth + 1):
            if node[_SINCE] is not None:
                self._unfold(node, back)
            elif not node[0] and not node[1]:
                break  # seen for the first time: what lies below would say the same
            place = 3 + self.history[-back]
            child = node[place]
            if child is None:
                child = node[place] = _fresh()
            node = child
            path.append(node)
        path.reverse()
        return path

    def _unfold(self, node, back):
        """Make the child of a node that was seen once, in the context of then."""
        since, node[_SINCE] = node[_SINCE], None
        child = node[3 + self.history[since - back]] = _fresh()
        child[self.history[since]] = 1
        if back < self.depth:
            child[_SINCE] = since

    def observe(self, bits):
        """Append bits to the context without learning them, as an agent does with its actions.

        Args:
            bits: Sequence of 0 and 1.
        """
        self.history.extend(bits)
        self._undo.extend([None] * len(bits))

    def sample(self, rng):
        """Draw the next bit, and learn it as if it had come.

        Args:
            rng: NumPy generator.

        Returns:
            0 or 1.
        """
        bit = int(rng.random() < self.predict())
        self._update(bit)
        return bit

    def update(self, bits):
        """Learn a bit or several.

        Args:
            bits: 0, 1 or a sequence of them.

        Raises:
            ValueError: If something else is among them.
        """
        for bit in bits if hasattr(bits, "__iter__") else (bits,):
            if bit not in (0, 1):
                raise ValueError(f"`bits` must be 0 or 1. Received: {bit!r}")
            self._update(int(bit))

    def _update(self, bit):
        path, odds, chance = self._path(), [], None
        for node in path:
            estimate = (node[bit] + 0.5) / (node[0] + node[1] + 1)
            node[bit] += 1
            if chance is None:  # nothing is mixed at the longest context
                odds.append(1.0)
                chance = estimate
                continue
            before = node[2]
            odds.append(before)
            after = before * estimate / chance
            node[2] = _LEAST if after < _LEAST else _MOST if after > _MOST else after
            chance = (before * estimate + chance) / (before + 1)
        if len(path) <= self.depth:
            path[0][_SINCE] = len(self.history)
        self.history.append(bit)
        self._undo.append((path, odds, self.log_probability))
        self.log_probability += math.log(chance)

    def predict(self):
        """Return the probability that the next bit is a one."""
        node, path = self._root, [self._root]
        for back in range(1, self.depth + 1):
            if node[_SINCE] is not None:
                self._unfold(node, back)
            node = node[3 + self.history[-back]]
            if node is None:
                break
            path.append(node)
        chance = 0.5  # of a context that was never seen
        if node is not None:
            node = path.pop()
            chance = (node[1] + 0.5) / (node[0] + node[1] + 1)
        for node in reversed(path):
            estimate = (node[1] + 0.5) / (node[0] + node[1] + 1)
            chance = (node[2] * estimate + chance) / (node[2] + 1)
        return chance

    def revert(self, count=1):
        """Undo the last bits; the tree is then exactly as it was.

        Args:
            count: Integer from 0 to the number of bits so far.

        Raises:
            ValueError: If there were fewer bits.
        """
        check_undone(count, len(self._undo))
        for _ in range(count):
            bit, learnt = self.history.pop(), self._undo.pop()
            if learnt is None:
                continue
            path, odds, self.log_probability = learnt
            for node, before in zip(path, odds, strict=True):
                node[bit] -= 1
                node[2] = before
            _prune(path)


def check_undone(count, most):
    """Raise a `ValueError` unless so many bits can be undone."""
    if not 0 <= count <= most:
        raise ValueError(
            f"`count` must lie between 0 and the {most} bits so far. Received: count={count}"
        )


def _prune(path):
    """Forget the nodes of a path, the longest context first, in which nothing is left.

    A planner imagines many contexts that never come.
    """
    if not path[0][0] and not path[0][1]:
        path[0][3:] = [None, None, None]  # of the root, which stays
    for parent, node in zip(reversed(path), reversed(path[:-1]), strict=False):
        if not node[0] and not node[1]:
            parent[3 if parent[3] is node else 4] = None
            return


def _fresh():
    """Return a node: zeros, ones, odds of its own estimate against its children's, children, since.

    A node that was seen once has no children: they would all say the same. Its last entry is the
    place in the history of the bit that was seen, so that they can be made when it is seen again.
    """
    return [0, 0, 1.0, None, None, None]
