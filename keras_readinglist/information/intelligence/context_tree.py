"""Context-tree weighting bit by bit, with exact revert."""

import math


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

    References:
        - Willems, Shtarkov, Tjalkens, 1995, The context-tree weighting method
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 4
    """

    def __init__(self, depth):
        if not isinstance(depth, int) or depth < 0:
            raise ValueError(f"`depth` must be an integer of at least 0. Received: depth={depth!r}")
        self.depth = depth
        self.history = [0] * depth
        # A node is [zeros, ones, log KT, log weighted, child of 0, child of 1].
        self._root = [0, 0, 0.0, 0.0, None, None]
        self._undo = []

    @property
    def log_probability(self):
        """Float, the natural logarithm of the probability of all bits so far."""
        return self._root[3]

    def _path(self):
        node, path, history = self._root, [self._root], self.history
        for back in range(1, self.depth + 1):
            child = 4 + history[-back]
            if node[child] is None:
                node[child] = [0, 0, 0.0, 0.0, None, None]
            node = node[child]
            path.append(node)
        return path

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
        path, before = self._path(), []
        below = None
        for node in reversed(path):
            before.append((node[2], node[3]))
            node[2] += math.log((node[bit] + 0.5) / (node[0] + node[1] + 1))
            node[bit] += 1
            if below is None:
                node[3] = node[2]
            else:
                zero, one = node[4], node[5]
                split = (zero[3] if zero else 0.0) + (one[3] if one else 0.0)
                high, low = (node[2], split) if node[2] > split else (split, node[2])
                node[3] = high + math.log1p(math.exp(low - high)) - _LOG_2
            below = node
        self.history.append(bit)
        self._undo.append((path, before))

    def predict(self):
        """Return the probability that the next bit is a one."""
        before = self.log_probability
        self._update(1)
        after = self.log_probability
        self.revert(1)
        return math.exp(after - before)

    def revert(self, count=1):
        """Undo the last bits; the tree is then exactly as it was.

        Args:
            count: Integer from 0 to the number of bits learnt.

        Raises:
            ValueError: If fewer bits were learnt.
        """
        if not 0 <= count <= len(self._undo):
            raise ValueError(
                f"`count` must lie between 0 and the {len(self._undo)} bits learnt. "
                f"Received: count={count}"
            )
        for _ in range(count):
            path, before = self._undo.pop()
            bit = self.history.pop()
            for node, numbers in zip(reversed(path), before, strict=True):
                node[bit] -= 1
                node[2], node[3] = numbers


_LOG_2 = math.log(2)
