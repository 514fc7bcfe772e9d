"""Lempel and Ziv's complexity of 1976: the number of steps in which a string can be copied up."""

import math

from keras_readinglist.information.algorithmic.context_tree import as_symbols


def lempel_ziv_complexity(x, normalize=False):
    """Return the number of components of the exhaustive history of a string.

    Each component is the shortest piece that cannot be copied from what stands before its last
    symbol; copies may overlap. A suffix automaton that grows with the string finds it in linear
    time.

    Args:
        x: Bytes, a string (as UTF-8), or an array of integers.
        normalize: Boolean, whether to return `c log_k(n) / n` instead, with `k` distinct symbols:
            near 1 for noise.

    Returns:
        Integer, or float if normalized.

    Raises:
        ValueError: If `x` holds no symbols of a kind.

    Example:
        >>> lempel_ziv_complexity("0001101001000101")  # 0·001·10·100·1000·101
        6

    References:
        - Lempel, Ziv, 1976, On the complexity of finite sequences; Kaspar, Schuster, 1987
    """
    symbols = as_symbols(x, 1 << 31).tolist()
    count = sum(1 for _ in _components(symbols))
    if not normalize:
        return count
    n, k = len(symbols), len(set(symbols))
    return count * math.log(n) / math.log(k) / n if k > 1 else 0.0


def _components(symbols):
    """Yield where every component ends."""
    following, link, longest = [{}], [-1], [0]  # the automaton of what stands before
    last = state = matched = 0
    for at, symbol in enumerate(symbols):
        if symbol in following[state]:
            state, matched = following[state][symbol], matched + 1
        else:
            yield at + 1
            state = matched = 0
        last = _extend(following, link, longest, last, symbol)
        while link[state] >= 0 and longest[link[state]] >= matched:
            state = link[state]  # it was split: stay in the part that the match belongs to
    if matched:
        yield len(symbols)


def _extend(following, link, longest, last, symbol):
    """Add a symbol to a suffix automaton; return the state of the whole string."""
    new = len(following)
    following.append({})
    longest.append(longest[last] + 1)
    link.append(0)
    state = last
    while state >= 0 and symbol not in following[state]:
        following[state][symbol] = new
        state = link[state]
    if state < 0:
        return new
    target = following[state][symbol]
    if longest[target] == longest[state] + 1:
        link[new] = target
        return new
    clone = len(following)
    following.append(dict(following[target]))
    longest.append(longest[state] + 1)
    link.append(link[target])
    link[new] = link[target] = clone
    while state >= 0 and following[state].get(symbol) == target:
        following[state][symbol] = clone
        state = link[state]
    return new
