"""A number that remembers what it was computed from."""

import math


class Value:
    """A number, the operation that made it, and the derivative of that with respect to its parents.

    Args:
        data: Float.
        parents: Tuple of `Value`s that it was computed from.
        operation: Name of the operation, empty for what was given.
        local: Tuple of the derivatives with respect to the parents.
        name: Name of what was given.

    Attributes:
        grad: Float, the derivative of the end of a graph with respect to this, after `backward`.

    Example:
        >>> x, y = Value(3.0), Value(-4.0)
        >>> z = x * y + x
        >>> z.backward()
        >>> z.data, x.grad, y.grad
        (-9.0, -3.0, 3.0)

    References:
        - [CS231n, backpropagation](https://cs231n.github.io/optimization-2/)
    """

    def __init__(self, data, parents=(), operation="", local=(), name=""):
        self.data, self.grad = float(data), 0.0
        self.parents, self.operation, self.local, self.name = parents, operation, local, name

    def __add__(self, other):
        other = _value(other)
        return Value(self.data + other.data, (self, other), "+", (1.0, 1.0))

    def __sub__(self, other):
        other = _value(other)
        return Value(self.data - other.data, (self, other), "−", (1.0, -1.0))

    def __mul__(self, other):
        other = _value(other)
        return Value(self.data * other.data, (self, other), "×", (other.data, self.data))

    def __truediv__(self, other):
        other = _value(other)
        quotient = self.data / other.data
        return Value(quotient, (self, other), "÷", (1.0 / other.data, -quotient / other.data))

    def __pow__(self, exponent):
        """Return the power with a number; it is a constant of the operation."""
        power = float(exponent)
        slope = power * self.data ** (power - 1.0) if power else 0.0
        return Value(self.data**power, (self,), f"power {power:g}", (slope,))

    def __neg__(self):
        return Value(-self.data, (self,), "×−1", (-1.0,))

    def __radd__(self, other):
        return _value(other) + self

    def __rsub__(self, other):
        return _value(other) - self

    def __rmul__(self, other):
        return _value(other) * self

    def __rtruediv__(self, other):
        return _value(other) / self

    def exp(self):
        """Return `e` to this power."""
        result = math.exp(self.data)
        return Value(result, (self,), "exp", (result,))

    def log(self):
        """Return the natural logarithm."""
        return Value(math.log(self.data), (self,), "log", (1.0 / self.data,))

    def sqrt(self):
        """Return the square root."""
        result = math.sqrt(self.data)
        return Value(result, (self,), "sqrt", (0.5 / result,))

    def tanh(self):
        """Return the hyperbolic tangent."""
        result = math.tanh(self.data)
        return Value(result, (self,), "tanh", (1.0 - result**2,))

    def sigmoid(self):
        """Return the logistic function."""
        result = 0.5 * (1.0 + math.tanh(0.5 * self.data))
        return Value(result, (self,), "sigmoid", (result * (1.0 - result),))

    def relu(self):
        """Return the positive part; at 0 its derivative counts as 0."""
        return Value(max(self.data, 0.0), (self,), "relu", (float(self.data > 0),))

    def max(self, other):
        """Return the larger of two; of equal ones the first gets the gradient."""
        other = _value(other)
        first = float(self.data >= other.data)
        return Value(max(self.data, other.data), (self, other), "max", (first, 1.0 - first))

    def ancestors(self):
        """Return all values that this was computed from and itself, each after its parents."""
        order, known, waiting = [], set(), [(self, False)]
        while waiting:
            value, expanded = waiting.pop()
            if expanded:
                order.append(value)
            elif id(value) not in known:
                known.add(id(value))
                waiting.append((value, True))
                waiting += [(parent, False) for parent in reversed(value.parents)]
        return order

    def backward(self):
        """Set the gradient of everything that this was computed from."""
        order = self.ancestors()
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.local, strict=True):
                parent.grad += slope * value.grad

    def __repr__(self):
        return f"Value({self.data:g}, grad={self.grad:g})"


def _value(number):
    return number if isinstance(number, Value) else Value(number)
