"""Dropout between the layers of an LSTM, against none and against dropout in the recurrence.

Words of Shakespeare: two LSTMs of 96 units with tied weights, of a size that can be shipped, and
the first 25,000 words and marks of the training works, of the 700 most frequent kinds, so few that
they can be learned by heart. Whole other works are held out. All models are trained alike, whatever
is dropped, and of each the epoch that is best on the validation works is measured. A second corpus
are the test articles of WikiText-2, whose validation articles are held out. And copies of symbols
that were seen some steps before, which show why the recurrence is to be left alone.

At the full scale it is the paper's Penn Treebank, which lies in a folder `ptb` of the user's own,
with its small model for the unregularised and its medium one for the others.
"""

from keras_readinglist.recipes.recipe import Recipe
from keras_readinglist.recipes.rnn_regularization import memory, words

RECIPE = Recipe.of_parts("rnn-regularization", words, memory)
