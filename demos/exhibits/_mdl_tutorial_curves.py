"""Polynomials through points: their messages in bits, and the board that they are drawn on."""

import numpy as np

from keras_readinglist.information import regression_score

from ..components import board as boards
from ..components.html import el

MODEL, DATA = "var(--krl-information)", "var(--krl-exact)"
CRITERIA = {
    "Normalized maximum likelihood": "rnml",
    "gMDL (Hansen, Yu)": "gmdl",
    "BIC": "bic",
    "AIC": "aic",
    "Leave one out": "loo",
}
CODES = ("gMDL (Hansen, Yu)", "Normalized maximum likelihood")
PRECISION = 100  # points are written to two decimals


def columns(x, degree, ends):
    """Return the Legendre polynomials up to a degree at places between two ends."""
    low, high = ends
    return np.polynomial.legendre.legvander(2 * (x - low) / (high - low) - 1, degree)


def messages(points, criterion, most):
    """Return the parts of the message of every degree, in bits, and its whole.

    An error below the last decimal is the rounding of the points, so no fit is better than that.
    """
    x, y = points.T
    n, ends, mean = len(x), (x.min(), x.max()), y.mean()
    data, totals = [], []
    for degree in range(most + 1):
        q = np.linalg.qr(columns(x, degree, ends))[0]
        residuals = y - q @ (q.T @ y)
        floor = n / PRECISION**2 / 12
        rss = max(float(residuals @ residuals), floor)
        spread = max(float(((y - mean) ** 2).sum()) - rss, 0.0)
        leverage = np.minimum((q**2).sum(axis=1), 1 - 1e-9)
        press = max(float(((residuals / (1 - leverage)) ** 2).sum()), floor)
        name = CRITERIA[criterion]
        score = float(regression_score(name, n, degree + 1, rss, spread, press, n * mean**2))
        data.append(n / 2 * (np.log(2 * np.pi * rss / n) + 1))
        totals.append(score + shared(name, n))
    decimals = n * np.log(PRECISION)
    data, totals = ((np.array(v) + decimals) / np.log(2) for v in (data, totals))
    if criterion == "Leave one out":
        return {"each point, by the others": (totals, DATA)}, totals
    first = "curve" if criterion in CODES else "penalty"
    return {first: (totals - data, MODEL), "points, once it is known": (data, DATA)}, totals


def shared(name, n):
    """Return the nats that a score leaves out, because they are the same for all degrees.

    The codes leave the size of all numbers together uniform in its logarithm; it lies between that
    of one last decimal and that of `n` ones.
    """
    if name == "rnml":
        return np.log(np.log(n * PRECISION**2))
    constant = n / 2 * (np.log(2 * np.pi) + 1)
    return constant + (np.log(np.log(n * PRECISION**2)) if name == "gmdl" else 0.0)


def board(points, most):
    """Return the points, the polynomial of every degree, and what it leaves of each point."""
    x, y = points.T
    square, ends = boards.Square(), (x.min(), x.max())
    grid = np.linspace(*ends, 120)
    curves, gaps = [], []
    for degree in range(most + 1):
        weights = np.linalg.lstsq(columns(x, degree, ends), y, rcond=None)[0]
        found = np.clip(columns(grid, degree, ends) @ weights, -0.03, 1.03)
        curves.append(
            " ".join("{:.1f},{:.1f}".format(*square(p)) for p in zip(grid, found, strict=True))
        )
        fitted = np.clip(columns(x, degree, ends) @ weights, -0.03, 1.03)
        gaps.append("".join(
            "M{:.1f} {:.1f}V{:.1f}".format(*square((a, b)), square((a, c))[1])
            for a, b, c in zip(x, y, fitted, strict=True)
        ))  # fmt: skip
    drawn = [
        el("path", stroke=DATA, stroke_width=2, fill="none", steps={"d": gaps}),
        el("polyline", stroke=MODEL, stroke_width=3.5, fill="none", steps={"points": curves}),
    ]
    dots = [
        boards.thing(
            i,
            square(point),
            el("circle", r=20, fill="transparent"),
            el("circle", r=8, fill="var(--krl-ink)"),
            label=f"Point {i + 1}: arrow keys move it, Enter takes it away",
        )
        for i, point in enumerate(points)
    ]
    label = f"{len(points)} points and polynomials of degrees up to {most}. Drag the points, click "
    label += "to add one, double-click to take one away"
    return boards.board(drawn, dots, label=label, square=square, adds=True)
