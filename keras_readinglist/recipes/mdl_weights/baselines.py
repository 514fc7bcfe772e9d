"""What a network with a price for its weights must beat: shrinkage chosen by held-out cases."""

import numpy as np

DECAYS = np.logspace(-1, 3, 12)


def relative_error(predicted, y):
    """Return the mean squared error, relative to the variance of the targets."""
    return float(np.square(predicted - y).mean() / np.square(y - y.mean()).mean())


def linear_errors(train, test):
    """Return the errors of Lasso by cross-validation, and of ridge by leaving one out."""
    from sklearn.linear_model import LassoCV, RidgeCV

    lasso = LassoCV(cv=5, max_iter=20_000).fit(*train)
    ridge = RidgeCV(np.logspace(-1, 4, 30)).fit(*train)
    return {
        "lasso_error": relative_error(lasso.predict(test[0]), test[1]),
        "ridge_error": relative_error(ridge.predict(test[0]), test[1]),
    }


def decayed_error(train, test, config, rng):
    """Return the error of the same network with weight decay, chosen on a third of the cases."""
    limits = {"restarts": config["restarts"], "iterations": min(300, config["steps"])}
    x, y = train
    held_out = np.arange(len(y)) % 3 == 0
    errors = []
    for decay in DECAYS:
        fitted = _best(x[~held_out], y[~held_out], decay, rng, **limits)
        errors.append(relative_error(_forward(fitted, x[held_out])[0], y[held_out]))
    fitted = _best(x, y, DECAYS[int(np.argmin(errors))], rng, **limits)
    return relative_error(_forward(fitted, test[0])[0], test[1])


def _best(x, y, decay, rng, restarts, iterations, units=4):
    """Return the parameters of the lowest penalised error among several starts."""
    from scipy.optimize import minimize

    count = (x.shape[1] + 2) * units + 1

    def loss(parameters):
        predicted, hidden = _forward(parameters, x)
        error = predicted - y
        out = parameters[-units - 1 : -1]
        back = error[:, None] * out * (1 - hidden**2)
        gradient = np.concatenate(
            [(x.T @ back).ravel(), back.sum(axis=0), hidden.T @ error, [error.sum()]]
        )
        value = 0.5 * (error @ error + decay * parameters @ parameters)
        return value, gradient + decay * parameters

    starts = [0.15 * rng.standard_normal(count) for _ in range(restarts)]
    options = {"jac": True, "method": "L-BFGS-B", "options": {"maxiter": iterations}}
    fits = [minimize(loss, start, **options) for start in starts]
    return min(fits, key=lambda fit: fit.fun).x


def _forward(parameters, x, units=4):
    split = x.shape[1] * units
    kernel, rest = parameters[:split].reshape(-1, units), parameters[split:]
    hidden = np.tanh(x @ kernel + rest[:units])
    return hidden @ rest[units : 2 * units] + rest[-1], hidden
