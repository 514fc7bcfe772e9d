"""The protocol of scikit-learn's estimators, without needing scikit-learn."""


class Estimator:
    """Parameters are what `__init__` takes; what `fit` finds ends with an underscore."""

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

    def _fitted(self, name):
        if not hasattr(self, name):
            raise ValueError(f"`{type(self).__name__}` must be fitted first: call `fit`.")
