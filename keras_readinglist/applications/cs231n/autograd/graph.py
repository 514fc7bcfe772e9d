"""An expression as a graph whose values flow forward, and whose gradients flow back."""

import ast
import math

from keras_readinglist.applications.cs231n.autograd.value import Value

FUNCTIONS = ("exp", "log", "max", "relu", "sigmoid", "sqrt", "tanh")
MOST_NODES, LONGEST = 60, 300
_OPERATORS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


class Graph:
    """The graph of an expression, read without ever running it as code.

    Known are `+ - * / **`, brackets, numbers, names, and the functions `exp`, `log`, `max`, `relu`,
    `sigmoid`, `sqrt` and `tanh`. A name that occurs more than once is one node, to which gradients
    flow back along all its edges and add up.

    Args:
        expression: String.
        **values: The numbers that the names stand for.

    Attributes:
        nodes: List of `Value`s, each after its parents; the last is the result.
        edges: List of `(parent, child, slope)`: places in `nodes` and the derivative of the child
            with respect to the parent.

    Raises:
        ValueError: If the expression cannot be read or computed; the message says why.

    Example:
        >>> graph = Graph("(x + y) * z", x=-2, y=5, z=-4)
        >>> graph.backward()
        >>> {node.name: node.grad for node in graph.nodes if node.name}
        {'x': -4.0, 'y': -4.0, 'z': 3.0}

    References:
        - [CS231n, backpropagation](https://cs231n.github.io/optimization-2/)
    """

    def __init__(self, expression, **values):
        tree = _parsed(expression)
        self.expression, self._inputs = expression, {}
        missing = [name for name in names(expression) if name not in values]
        if missing:
            raise ValueError(f"`{missing[0]}` has no value: give a number for every name.")
        self._values = {name: _finite(name, value) for name, value in values.items()}
        result = self._build(tree)
        self.nodes = result.ancestors()
        place = {id(node): k for k, node in enumerate(self.nodes)}
        self.edges = [
            (place[id(parent)], k, slope)
            for k, node in enumerate(self.nodes)
            for parent, slope in zip(node.parents, node.local, strict=True)
        ]

    def backward(self):
        """Set the gradient of the result with respect to every node."""
        self.nodes[-1].backward()

    def layout(self):
        """Return the column and the row of every node, from what is given to the result.

        Columns count from the left, rows from the top, in steps of one; rows may be fractions.
        """
        columns, rows, leaves = [], [], 0
        for node in self.nodes:
            above = [self._place(parent) for parent in node.parents]
            columns.append(1 + max((columns[k] for k in above), default=-1))
            rows.append(sum(rows[k] for k in above) / len(above) if above else leaves)
            leaves += not above
        for column in set(columns):
            stack = sorted((rows[k], k) for k in range(len(rows)) if columns[k] == column)
            for (_, before), (_, k) in zip(stack, stack[1:], strict=False):
                rows[k] = max(rows[k], rows[before] + 1)
        return list(zip(columns, rows, strict=True))

    def _place(self, node):
        return next(k for k, known in enumerate(self.nodes) if known is node)

    def _build(self, tree):
        try:
            value = self._node(tree)
        except (OverflowError, ZeroDivisionError) as error:
            what = "division by zero" if isinstance(error, ZeroDivisionError) else "too large"
            raise ValueError(f"`{ast.unparse(tree)}` cannot be computed: {what}.") from error
        except TypeError as error:  # a complex power
            raise ValueError(f"`{ast.unparse(tree)}` is no real number.") from error
        if not all(map(math.isfinite, (value.data, *value.local))):
            raise ValueError(f"`{ast.unparse(tree)}` is not finite.")
        return value

    def _node(self, tree):
        if isinstance(tree, ast.Name):
            if tree.id not in self._inputs:
                self._inputs[tree.id] = Value(self._values[tree.id], name=tree.id)
            return self._inputs[tree.id]
        if isinstance(tree, ast.Constant):
            return Value(_finite("number", tree.value))
        if isinstance(tree, ast.UnaryOp):
            if isinstance(tree.operand, ast.Constant):
                return Value(-_finite("number", tree.operand.value))
            return -self._build(tree.operand)
        if isinstance(tree, ast.Call):
            first, *rest = map(self._build, tree.args)
            if tree.func.id in ("log", "sqrt") and first.data <= 0:
                raise ValueError(
                    f"`{tree.func.id}` needs a positive number. It gets {first.data:g}."
                )
            return getattr(first, tree.func.id)(*rest)
        if isinstance(tree.op, ast.Pow):
            return self._build(tree.left) ** _constant(tree.right)
        return _OPERATORS[type(tree.op)](self._build(tree.left), self._build(tree.right))


def names(expression):
    """Return the names in an expression, in the order in which they first occur.

    Args:
        expression: String, as for `Graph`.

    Raises:
        ValueError: If it cannot be read.

    Example:
        >>> names("max(b, a) * b")
        ['b', 'a']
    """
    tree = _parsed(expression)
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in functions]
    found.sort(key=lambda node: node.col_offset)
    return list(dict.fromkeys(node.id for node in found))


def _parsed(expression):
    """Return the checked syntax tree of an expression."""
    if not isinstance(expression, str) or not expression.strip():
        raise ValueError("Type an expression, such as (x + y) * z.")
    if len(expression) > LONGEST:
        raise ValueError(f"An expression has at most {LONGEST} characters.")
    try:
        tree = ast.parse(expression.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(
            f"`{expression.strip()}` is not an expression: check brackets and signs."
        ) from error
    _check(tree)
    nodes = sum(isinstance(n, (ast.BinOp, ast.UnaryOp, ast.Call)) for n in ast.walk(tree))
    if nodes > MOST_NODES:
        raise ValueError(f"An expression has at most {MOST_NODES} operations. These are {nodes}.")
    return tree


def _check(tree):
    """Raise `ValueError` for whatever is not arithmetic."""
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (*_OPERATORS, ast.Pow)):
        _check(tree.left)
        if isinstance(tree.op, ast.Pow):
            _constant(tree.right)
        else:
            _check(tree.right)
    elif isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        _check(tree.operand)
    elif isinstance(tree, ast.Call):
        name = getattr(tree.func, "id", "")
        count = 2 if name == "max" else 1
        if name not in FUNCTIONS or len(tree.args) != count or tree.keywords:
            raise ValueError(
                f"`{ast.unparse(tree)[:40]}` is unknown. Functions are {', '.join(FUNCTIONS)}, of "
                "one number each, and max of two."
            )
        for argument in tree.args:
            _check(argument)
    elif isinstance(tree, ast.Name):
        if tree.id in FUNCTIONS:
            raise ValueError(f"`{tree.id}` is a function: write {tree.id}(x).")
    elif not (isinstance(tree, ast.Constant) and type(tree.value) in (int, float)):
        raise ValueError(f"`{ast.unparse(tree)[:40]}` is not arithmetic.")


def _constant(tree):
    """Return the number that an exponent is."""
    sign = 1
    while isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        tree, sign = tree.operand, -sign
    if not (isinstance(tree, ast.Constant) and type(tree.value) in (int, float)):
        raise ValueError(f"An exponent must be a number. It is `{ast.unparse(tree)[:40]}`.")
    return sign * _finite("exponent", tree.value)


def _finite(name, value):
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"`{name}` must be a number.") from error
    if not math.isfinite(number) or abs(number) > 1e12:
        raise ValueError(f"`{name}` must be a number of at most 12 digits.")
    return number
