"""Real data sets and seeded task generators, all as NumPy arrays."""

from keras_readinglist.datasets import (
    camvid,
    cifar10,
    fashion_mnist,
    fashion_mnist_sample,
    loading,
    mnist,
    molecule_net,
    penn_treebank,
    python_documentation,
    python_source,
    qm7,
    qm9,
    shakespeare,
    spoken_digit,
    spoken_digit_sample,
    tatoeba_eng_fra,
    tiny_shakespeare,
    wikitext2,
    xtb_small_molecules,
)
from keras_readinglist.datasets.algorithmic_tasks import (
    associative_recall_task,
    copy_task,
    dynamic_ngrams_task,
    priority_sort_task,
    repeat_copy_task,
)
from keras_readinglist.datasets.babi import babi_stories, read_babi
from keras_readinglist.datasets.clevr import read_clevr_questions
from keras_readinglist.datasets.convex_hull import convex_hull, convex_hull_batch
from keras_readinglist.datasets.copied_symbols import copied_symbols
from keras_readinglist.datasets.delaunay import delaunay, delaunay_batch
from keras_readinglist.datasets.learn_to_execute import learn_to_execute
from keras_readinglist.datasets.loading import DatasetNotFoundError
from keras_readinglist.datasets.long_range import adding_problem, copy_memory, temporal_order
from keras_readinglist.datasets.marker_fill import marker_fill
from keras_readinglist.datasets.ngrams import ngram_batch
from keras_readinglist.datasets.nth_farthest import nth_farthest
from keras_readinglist.datasets.reversed_phrases import reversed_phrases
from keras_readinglist.datasets.sort_of_clevr import sort_of_clevr
from keras_readinglist.datasets.sorting import sorting_batch
from keras_readinglist.datasets.spiral import spiral_data
from keras_readinglist.datasets.star_model import StarModel, star_graphical_model
from keras_readinglist.datasets.streams import StreamBatcher
from keras_readinglist.datasets.textured_digits import textured_digits
from keras_readinglist.datasets.translation_pairs import TranslationPairs
from keras_readinglist.datasets.tsp import shortest_tours, tsp_batch
from keras_readinglist.datasets.written_sums import written_sums

DATASETS = {
    "camvid": camvid.DATASET,
    "cifar10": cifar10.DATASET,
    "cifar10_jpeg": cifar10.JPEG,
    "esol": molecule_net.ESOL,
    "fashion_mnist": fashion_mnist.DATASET,
    "fashion_mnist_sample": fashion_mnist_sample.DATASET,
    "freesolv": molecule_net.FREESOLV,
    "lipophilicity": molecule_net.LIPOPHILICITY,
    "mnist": mnist.DATASET,
    "penn_treebank": penn_treebank.DATASET,
    "python_documentation": python_documentation.DATASET,
    "python_source": python_source.DATASET,
    "qm7": qm7.DATASET,
    "qm9": qm9.DATASET,
    "shakespeare": shakespeare.DATASET,
    "spoken_digit": spoken_digit.DATASET,
    "spoken_digit_sample": spoken_digit_sample.DATASET,
    "tatoeba_eng_fra": tatoeba_eng_fra.DATASET,
    "tiny_shakespeare": tiny_shakespeare.DATASET,
    "wikitext2": wikitext2.DATASET,
    "xtb_small_molecules": xtb_small_molecules.DATASET,
}

__all__ = [
    "DATASETS",
    "DatasetNotFoundError",
    "StarModel",
    "StreamBatcher",
    "TranslationPairs",
    "adding_problem",
    "associative_recall_task",
    "babi_stories",
    "convex_hull",
    "convex_hull_batch",
    "copied_symbols",
    "copy_memory",
    "copy_task",
    "delaunay",
    "delaunay_batch",
    "dynamic_ngrams_task",
    "find",
    "learn_to_execute",
    "load",
    "marker_fill",
    "ngram_batch",
    "nth_farthest",
    "prepare",
    "priority_sort_task",
    "read_babi",
    "read_clevr_questions",
    "repeat_copy_task",
    "reversed_phrases",
    "shortest_tours",
    "sort_of_clevr",
    "sorting_batch",
    "spiral_data",
    "star_graphical_model",
    "temporal_order",
    "textured_digits",
    "tsp_batch",
    "written_sums",
]


def load(name, split="train", *, data_dir=None, download=False):
    """Return one split of a data set.

    It is looked for in `data_dir`, in `$KERAS_READINGLIST_DATA`, in the download folder, and in
    a directory prepared by TensorFlow Datasets.

    Args:
        name: String, a key of `DATASETS`: `"tiny_shakespeare"` (a string),
            `"shakespeare"` (a list of 42 works), `"penn_treebank"` and `"wikitext2"` (a
            string, from a folder `ptb` or `wikitext2` of yours), `"python_source"` (a list of
            modules of the running interpreter's standard library), `"python_documentation"` (a list
            of paragraphs of its reference), `"tatoeba_eng_fra"` (a list of pairs of sentences),
            `"mnist"` (images `(n, 28, 28)` and labels), `"camvid"` (images and label maps),
            `"spoken_digit"` and `"spoken_digit_sample"` (clips, `spoken_digit.SpokenDigits`);
            and, each a pair of `chemistry.Molecules` and a dictionary of target arrays,
            `"xtb_small_molecules"`, `"qm7"`, `"qm9"`, `"esol"`, `"freesolv"` and `"lipophilicity"`.
        split: String, `"train"`, `"validation"` or `"test"`.
        data_dir: Path of a folder that holds the raw files.
        download: Boolean, whether to fetch the set if it is nowhere on this machine.

    Returns:
        The data of the split.

    Raises:
        ValueError: If the name or the split is unknown, or a file is damaged; it is named.
        DatasetNotFoundError: If the set is not here; the message says what to type.
        RuntimeError: If TensorFlow Datasets has prepared the set, and cannot read it.
    """
    return loading.load(name, _dataset(name), split, data_dir, download)


def find(name, data_dir=None):
    """Return the local path of a data set, or `None`; `name` and `data_dir` as in `load`."""
    return loading.find(_dataset(name), data_dir)


def prepare(name, data_dir=None):
    """Return the path of a data set, fetched if need be; `name` and `data_dir` as in `load`."""
    return loading.prepare(name, _dataset(name), data_dir)


def _dataset(name):
    if name not in DATASETS:
        raise loading.unknown(name, DATASETS)
    return DATASETS[name]
