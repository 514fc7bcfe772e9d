"""Reading a set by repeated attention (Vinyals, Bengio, Kudlur, 2015, section 4.1).

An LSTM without inputs asks the memory what it wants to know, gets an answer, and asks again. No
step knows an order of the elements, so the answer does not depend on one.
"""

from keras_readinglist.layers.set2set.cell import NoInputLSTMCell
from keras_readinglist.layers.set2set.layer import Set2Set
from keras_readinglist.layers.set2set.process import ProcessBlock

__all__ = ["NoInputLSTMCell", "ProcessBlock", "Set2Set"]
