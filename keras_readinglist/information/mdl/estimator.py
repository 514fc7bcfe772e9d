"""The protocol of scikit-learn's estimators, without needing scikit-learn."""

import numpy as np


class Estimator:
    """Parameters are what `__init__` takes; what `fit` finds ends with an underscore."""

    kind = None  # what scikit-learn calls it: "classifier", "regressor", "density_estimator"
    inputs = ("two_d_array",)  # the kinds of input that it takes, by scikit-learn's names of tags

    def get_params(self, deep=True):
        """Return the constructor's arguments."""
        return {name: value for name, value in vars(self).items() if not name.endswith("_")}

    def set_params(self, **params):
        """Set constructor arguments; return the estimator."""
        unknown = set(params) - set(self.get_params())
        if unknown:
            raise ValueError(f"`{unknown.pop()}` is not a parameter of {type(self).__name__}.")
        vars(self).update(params)
        return self

    def __sklearn_tags__(self):
        """Return what scikit-learn asks before it cross-validates or tests an estimator."""
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        supervised = self.kind in ("classifier", "regressor")
        return Tags(
            estimator_type=self.kind,
            target_tags=TargetTags(required=supervised),
            classifier_tags=ClassifierTags() if self.kind == "classifier" else None,
            regressor_tags=RegressorTags() if self.kind == "regressor" else None,
            input_tags=InputTags(**{"two_d_array": False, **dict.fromkeys(self.inputs, True)}),
        )

    def _fitted(self, name):
        if not hasattr(self, name):
            raise _not_fitted()(f"`{type(self).__name__}` must be fitted first: call `fit`.")


def _not_fitted():
    """Return scikit-learn's exception, which is a `ValueError`, where there is scikit-learn."""
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return ValueError
    return NotFittedError


def check_table(x, columns=None, least=1, estimator="the estimator"):
    """Return a table of finite numbers as a float array `(n, columns)`.

    Args:
        x: What is to be checked.
        columns: Integer, how many columns there must be; `None` for at least one.
        least: Integer, how many rows there must be.
        estimator: Name, for the message about columns.

    Raises:
        ValueError: If it is none; the words are those that scikit-learn looks for.
    """
    x = check_real(x, "x")
    if x.ndim != 2:
        raise ValueError(
            "`x` must be finite, of shape (n, columns). Reshape your data: `x.reshape(-1, 1)` "
            f"makes one column of it. Received shape: {x.shape}"
        )
    if len(x) < least:
        raise ValueError(
            f"`x` must have at least {least} rows. Found array with {len(x)} sample(s) "
            f"(shape={x.shape}) while a minimum of {least} is required."
        )
    if x.shape[1] < 1:
        raise ValueError(
            f"`x` must have columns. Found array with 0 feature(s) (shape={x.shape}) while a "
            "minimum of 1 is required."
        )
    if columns is not None and x.shape[1] != columns:
        raise ValueError(
            f"`x` must have the columns of `fit`. X has {x.shape[1]} features, but {estimator} is "
            f"expecting {columns} features as input."
        )
    return x


def check_real(x, name):
    """Return numbers as a float array; `ValueError` if they are complex, sparse or not finite."""
    if hasattr(x, "toarray"):
        raise ValueError(f"`{name}` must be a dense array: sparse ones are not supported.")
    array = np.asarray(x)
    if array.dtype.kind == "c":
        raise ValueError(f"`{name}` must be real. Complex data not supported")
    try:
        array = array.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must hold numbers. Received: {error}") from error
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite: it holds NaN or infinity (inf).")
    return array


def check_target(y, count):
    """Return as many finite numbers as there are rows; one column counts as numbers."""
    if y is None:
        raise ValueError("`y` is missing: fit requires y to be passed, but the target y is None.")
    y = check_real(y, "y")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.shape != (count,):
        raise ValueError(f"`x` and `y` must be as many. Received: {count} rows and y {y.shape}")
    return y


def check_labels(y):
    """Return labels as an array `(n,)`; one column counts as labels, one-hot rows do not."""
    if y is None:
        raise ValueError("`y` is missing: fit requires y to be passed, but the target y is None.")
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise ValueError(f"`y` must be labels of shape (n,). Received shape: {y.shape}")
    try:
        missing = y.dtype.kind == "f" and np.isnan(y).any()
        np.unique(y)
    except TypeError:  # None, NaN or numbers among strings cannot be sorted
        missing = True
    if missing:
        raise ValueError("`y` must hold labels of one kind, none of them missing.")
    return y
