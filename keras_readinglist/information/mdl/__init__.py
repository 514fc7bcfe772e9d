"""Minimum description length: universal codes, model selection, and codes from Keras models."""

from keras_readinglist.information.mdl.bounded import Gaussian, Geometric, Poisson
from keras_readinglist.information.mdl.codes import (
    integer_code_length,
    kraft_sum,
    log_multinomial,
)
from keras_readinglist.information.mdl.discrete import Bernoulli, Markov, Multinomial
from keras_readinglist.information.mdl.families import code_length
from keras_readinglist.information.mdl.histogram import Histogram, MDLHistogram
from keras_readinglist.information.mdl.multinomial import (
    conditional_stochastic_complexity,
    multinomial_complexity,
    stochastic_complexity,
)
from keras_readinglist.information.mdl.online import (
    OnlineCode,
    mdl_probe,
    prequential_code_length,
    uniform_code_length,
)
from keras_readinglist.information.mdl.regression import (
    LinearRegression,
    Polynomial,
    regression_score,
)
from keras_readinglist.information.mdl.regressors import MDLPolynomial, MDLSubsetRegressor
from keras_readinglist.information.mdl.selection import MDLMarkovOrder, Selection, select_model
from keras_readinglist.information.mdl.variational import (
    VariationalCode,
    variational_code_length,
)

__all__ = [
    "Bernoulli",
    "Gaussian",
    "Geometric",
    "Histogram",
    "LinearRegression",
    "MDLHistogram",
    "MDLMarkovOrder",
    "MDLPolynomial",
    "MDLSubsetRegressor",
    "Markov",
    "Multinomial",
    "OnlineCode",
    "Poisson",
    "Polynomial",
    "Selection",
    "VariationalCode",
    "code_length",
    "conditional_stochastic_complexity",
    "integer_code_length",
    "kraft_sum",
    "log_multinomial",
    "mdl_probe",
    "multinomial_complexity",
    "prequential_code_length",
    "regression_score",
    "select_model",
    "stochastic_complexity",
    "uniform_code_length",
    "variational_code_length",
]
