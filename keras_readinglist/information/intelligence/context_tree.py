"""Context-tree weighting bit by bit, with exact revert."""

import math

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
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 4
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
        for bit in reversed(self.history[len(self.history) - self.depth :]):
            child = node[3 + bit]
            if child is None:
                child = node[3 + bit] = _fresh()
            node = child
            path.append(node)
        path.reverse()
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
        self.history.append(bit)
        self._undo.append((path, odds, self.log_probability))
        self.log_probability += math.log(chance)

    def predict(self):
        """Return the probability that the next bit is a one."""
        chance = None
        for node in self._path():
            estimate = (node[1] + 0.5) / (node[0] + node[1] + 1)
            chance = estimate if chance is None else (node[2] * estimate + chance) / (node[2] + 1)
        return chance

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
            path, odds, self.log_probability = self._undo.pop()
            bit = self.history.pop()
            for node, before in zip(path, odds, strict=True):
                node[bit] -= 1
                node[2] = before


def _fresh():
    """Return a node: zeros, ones, odds of its own estimate against its children's, children."""
    return [0, 0, 1.0, None, None]
