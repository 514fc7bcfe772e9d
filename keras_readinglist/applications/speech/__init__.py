"""Speech recognition from waveform to text, at once or while it is spoken."""

from keras_readinglist.applications.speech.alphabet import Alphabet, bigram_alphabet
from keras_readinglist.applications.speech.batch_dispatcher import BatchDispatcher
from keras_readinglist.applications.speech.deep_speech_2 import DeepSpeech2
from keras_readinglist.applications.speech.sorta_grad import SortaGrad
from keras_readinglist.applications.speech.stream import Stream

__all__ = ["Alphabet", "BatchDispatcher", "DeepSpeech2", "SortaGrad", "Stream", "bigram_alphabet"]
