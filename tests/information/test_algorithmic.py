"""Codes of single strings: they are codes, they equal slow definitions, and they tell noise."""

import itertools
import lzma
import math
import tracemalloc
import zlib

import numpy as np
import pytest

from keras_readinglist import information as info
from keras_readinglist.information.algorithmic.denoising import template_bits
from keras_readinglist.information.algorithmic.structure import majority, markov_type_size
from tests.information.slow_definitions import slow_lempel_ziv

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)
ENGLISH = "the quick brown fox jumps over the lazy dog and runs away from the hunter again " * 6
OTHER = "wenn der hund schnell ueber den zaun springt lacht die katze laut im garten weiter " * 6


def tree_weight(x, context, depth, past):
    """Return the weighted probability of the bits after a context, by the recursive definition."""
    at = [
        i
        for i in range(len(x))
        if all((x[i - k - 1] if i > k else past) == c for k, c in enumerate(context))
    ]
    zeros = ones = 0
    estimate = 1.0
    for i in at:
        estimate *= ((ones if x[i] else zeros) + 0.5) / (zeros + ones + 1)
        zeros, ones = zeros + (not x[i]), ones + bool(x[i])
    if len(context) == depth:
        return estimate
    longer = [tree_weight(x, (*context, c), depth, past) for c in (0, 1)]
    return 0.5 * estimate + 0.5 * longer[0] * longer[1]


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_context_trees_by_their_definition(depth):
    for _ in range(3):
        x = RNG.integers(0, 2, 14).tolist()
        expected = -math.log2(tree_weight(x, (), depth, 0))
        assert info.context_code_length(x, depth, alphabet=2) == pytest.approx(expected)


@pytest.mark.parametrize("depth", [0, 2, 8])
def test_context_trees_are_a_complete_code(depth):
    strings = itertools.product((0, 1), repeat=8)
    bits = [info.context_code_length(list(x), depth, alphabet=2) for x in strings]
    assert info.kraft_sum(bits) == pytest.approx(1, abs=1e-9)


def test_context_trees_learn_sources():
    chain = np.cumsum(RNG.random(4000) < 0.1) % 2
    entropy = -0.1 * math.log2(0.1) - 0.9 * math.log2(0.9)
    assert info.context_code_length(chain, alphabet=2) == pytest.approx(4000 * entropy, rel=0.08)
    noise = RNG.integers(0, 256, 500)
    assert info.context_code_length(noise) > 8 * 490
    assert info.context_code_length("") == 0


def test_lempel_ziv_against_trying_all_copies():
    assert info.lempel_ziv_complexity("0001101001000101") == 6
    for alphabet, length in ((2, 40), (3, 60), (4, 25)):
        for _ in range(30):
            text = "".join(map(str, RNG.integers(0, alphabet, length)))
            assert info.lempel_ziv_complexity(text) == slow_lempel_ziv(text)
    assert info.lempel_ziv_complexity("a" * 100) == 2
    assert info.lempel_ziv_complexity("") == 0
    assert info.lempel_ziv_complexity(RNG.integers(0, 2, 5000), normalize=True) > 0.9
    assert info.lempel_ziv_complexity("ab" * 2500, normalize=True) < 0.02


def test_texts_of_any_alphabet_are_their_bytes():
    for text in ("où est José", "गाय", "\ufeffBOM", "a\r\nb"):
        for compressor in ("zlib", "ppm"):
            expected = info.compressed_length(text.encode(), compressor)
            assert info.compressed_length(text, compressor) == expected
    assert info.compressed_length("half of a pair: \ud83d", "zlib") > 0


def test_lengths_leave_headers_out():
    for compressor in ("zlib", "gzip", "bz2", "lzma", "ppm", "ctw", "lz76"):
        assert info.compressed_length("", compressor) < 3
        assert info.compressed_length(ENGLISH, compressor) < 250
    assert info.compressed_length(b"abc", zlib.compress) == len(zlib.compress(b"abc"))
    for name, other in (("gzip", "zlib"), ("ppm", "ctw")):
        assert info.compressed_length(ENGLISH, name) == info.compressed_length(ENGLISH, other)


@pytest.mark.parametrize("text", [b"", b"a", ENGLISH.encode(), bytes(range(256)) * 20])
def test_lzma_with_a_small_dictionary_writes_as_many_bytes(text):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    expected = len(lzma.compress(text, lzma.FORMAT_RAW, filters=filters))
    assert info.compressed_length(text, "lzma") == expected


@pytest.mark.parametrize("compressor", ["zlib", "bz2", "lzma", "ctw", "lz76"])
def test_distance_knows_its_kind(compressor):
    half = len(ENGLISH) // 2
    distance = info.normalized_compression_distance
    near = distance(ENGLISH[:half], ENGLISH[half:], compressor)
    far = distance(ENGLISH[:half], OTHER[:half], compressor)
    assert near < far <= 1.1
    assert distance(ENGLISH, OTHER, compressor) == distance(OTHER, ENGLISH, compressor)
    assert distance("", "", compressor) == 0 and distance("", "a", compressor) == 1


def test_distance_to_itself_is_small():
    text = bytes(RNG.integers(97, 123, 2000, dtype=np.uint8))
    assert info.normalized_compression_distance(text, text) < 0.1


def test_primed_compressors_give_what_compressing_pairs_gives():
    texts = [ENGLISH[:200], OTHER[:300], "0123" * 40]
    matrix = info.ncd_matrix(texts, compressor="zlib")

    def deflate(data):
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
        return compressor.compress(data) + compressor.flush()

    np.testing.assert_array_equal(matrix, info.ncd_matrix(texts, compressor=deflate))
    np.testing.assert_array_equal(matrix, matrix.T)
    for n_jobs in (-1, 1, 3):
        np.testing.assert_array_equal(
            matrix, info.ncd_matrix(texts, n_jobs=n_jobs, compressor="zlib")
        )
    ordered = info.ncd_matrix(texts, compressor=deflate, symmetric=False)
    sizes = [len(deflate(text.encode())) for text in texts]
    for i, j in itertools.product(range(3), repeat=2):
        joint = len(deflate((texts[i] + texts[j]).encode()))
        expected = (joint - min(sizes[i], sizes[j])) / max(sizes[i], sizes[j])
        assert ordered[i, j] == pytest.approx(expected)
    np.testing.assert_allclose(matrix, np.minimum(ordered, ordered.T))
    rows = info.ncd_matrix(texts[:2], texts, "zlib")
    np.testing.assert_allclose(rows, matrix[:2])
    with pytest.warns(UserWarning, match="forgets"):
        info.ncd_matrix(["a" * 40_000], compressor="zlib")


def test_many_short_texts_need_little_memory_for_a_pair():
    texts = [bytes(text) for text in RNG.integers(97, 110, (150, 40), dtype=np.uint8)]
    for compressor in (lambda data: data[: len(data) // 2], "zlib"):
        tracemalloc.start()
        info.ncd_matrix(texts, compressor=compressor, n_jobs=2)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 200 * len(texts) ** 2 + 4e6


def test_classifier_and_clustering():
    rng = np.random.default_rng(1)
    words = {"e": ENGLISH.split(), "o": OTHER.split()}
    texts = [" ".join(rng.choice(words[kind], 60)) for kind in "eeeeoooo"]
    model = info.NCDClassifier(n_neighbors=3).fit(texts[:3] + texts[4:7], list("eeeooo"))
    assert model.predict([texts[3], texts[7]]).tolist() == ["e", "o"]
    assert model.score([texts[3], texts[7]], ["e", "o"]) == 1
    distances, nearest = model.kneighbors([texts[3]])
    assert distances.shape == nearest.shape == (1, 3) and (np.diff(distances) >= 0).all()
    tree, distances = info.ncd_clustering(texts)
    from scipy.cluster.hierarchy import fcluster

    groups = fcluster(tree, 2, "maxclust")
    assert len(set(groups[:4])) == len(set(groups[4:])) == 1 and groups[0] != groups[4]
    assert info.quartet_score(tree, distances) > 0.9


def test_quartets_of_a_perfect_tree():
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    distances = np.array([[0, 1, 4, 4], [1, 0, 4, 4], [4, 4, 0, 1], [4, 4, 1, 0]], float)
    assert info.quartet_score(linkage(squareform(distances), "average"), distances) == 1
    wrong = np.array([[0, 4, 1, 4], [4, 0, 4, 1], [1, 4, 0, 4], [4, 1, 4, 0]], float)
    assert info.quartet_score(linkage(squareform(distances), "average"), wrong) == 0


@pytest.mark.parametrize(
    ("symbols", "order", "length"), [(2, 0, 9), (2, 1, 10), (3, 1, 6), (2, 2, 9)]
)
def test_sizes_of_markov_types_by_counting(symbols, order, length):
    def kind(x):
        windows = [x[i : i + order + 1] for i in range(length - order)]
        return x[:order], tuple(sorted(windows))

    everything = [kind(x) for x in itertools.product(range(symbols), repeat=length)]
    for _ in range(12):
        x = tuple(RNG.integers(0, symbols, length).tolist())
        expected = math.log2(everything.count(kind(x)))
        assert markov_type_size(np.array(x), order) == pytest.approx(expected, abs=1e-6)


def test_structure_functions_of_chains_coins_and_parities():
    chain = np.cumsum(RNG.random(3000) < 0.1) % 2
    found = info.structure_function(chain)
    assert found.minimal_sufficient_statistic == "order 1"
    assert (np.diff(found.profile()[:, 1]) < 0).all() and found.deficiency().min() == 0
    assert (
        info.structure_function(RNG.integers(0, 2, 3000)).minimal_sufficient_statistic == "order 0"
    )
    parity = [k.bit_count() % 2 for k in range(2048)]
    assert info.structure_function(parity, max_order=8).total.min() > 500
    drawn = []

    class Axes:
        def __getattr__(self, name):
            return lambda *args, **kwargs: drawn.append(name)

    found.plot(Axes())
    assert "step" in drawn and "annotate" in drawn


def test_other_families():
    clean = np.repeat(RNG.integers(0, 2, 20), 50)
    noisy = clean ^ (RNG.random(1000) < 0.05)
    found = info.structure_function(noisy, "hamming")
    assert found.minimal_sufficient_statistic.startswith("window")
    image = np.zeros((16, 16), int)
    image[:, 8:] = RNG.integers(0, 2, (16, 8))
    assert len(info.structure_function(image, "partition").alpha) >= 2
    t = np.linspace(-1, 1, 200)
    curve = t**2 + 0.05 * RNG.standard_normal(200)
    assert info.structure_function(curve, "polynomial").minimal_sufficient_statistic == "degree 2"
    given = info.structure_function([0, 1], [(3, 5, "b"), (1, 9, "a")], slack=0)
    assert given.models == ["a", "b"] and given.minimal_sufficient_statistic == "b"


def test_balls_and_deficiencies():
    for radius in (0, 2, 4):
        size = sum(math.comb(11, k) for k in range(radius + 1))
        ball = info.HammingBall(np.zeros(11, int), radius)
        assert ball.log2_size == pytest.approx(math.log2(size))
    assert info.HammingBall(np.zeros(4, int), 3).log2_size == 4
    center = np.zeros(2000, int)
    typical = (RNG.random(2000) < 0.1).astype(int)
    ball = info.HammingBall.around(center, typical)
    assert abs(info.randomness_deficiency(typical, ball)) < 40
    early = np.zeros(2000, int)
    early[: typical.sum()] = 1  # as many ones, all at the beginning
    assert info.randomness_deficiency(early, ball) > 800
    chain = np.cumsum(RNG.random(2000) < 0.1) % 2
    assert info.randomness_deficiency(chain, info.MarkovType(chain, 0)) > 800
    assert info.randomness_deficiency(chain, info.MarkovType(chain, 1)) < 30


def test_few_strings_are_much_shorter():
    strings = RNG.integers(0, 2, (3000, 24))
    saved = np.array([24 - info.context_code_length(x, 3, alphabet=2) for x in strings])
    for bits in range(1, 8):
        assert np.mean(saved >= bits) <= 2.0**-bits


def test_majority_by_counting():
    x = RNG.integers(0, 2, 30)
    for window in (1, 3, 5):
        for i in range(30):
            part = x[max(i - window // 2, 0) : i + window // 2 + 1]
            assert majority(x, window)[i] == (2 * part.sum() > len(part))


def test_template_code_is_a_code():
    images = (np.array(x).reshape(2, 4) for x in itertools.product((0, 1), repeat=8))
    assert info.kraft_sum([template_bits(image) for image in images]) == pytest.approx(1)


def disc(side=48):
    at = np.arange(side) - side / 2 + 0.5
    return (np.hypot(at[None], at[:, None]) < side / 3).astype(int)


@pytest.mark.parametrize("codec", ["majority", "k-d"])
def test_black_and_white_is_denoised(codec):
    clean = disc(64)
    noisy = clean ^ (RNG.random(clean.shape) < 0.1)
    found = info.lossy_denoise(noisy, codec=codec)
    assert np.mean(found.image != clean) < 0.05
    assert found.total_bits[found.best] <= found.total_bits.min() + 64
    assert len(found.images) == len(found.qualities) == len(found.distortion)


def test_noise_and_order_are_left_as_they_are():
    noise = RNG.integers(0, 2, (32, 32))
    flat = info.lossy_denoise(noise).code_bits.min()
    assert flat > 0
    clean = disc()
    assert np.mean(info.lossy_denoise(clean).image != clean) < 0.02


@pytest.mark.parametrize("codec", ["dct", "haar"])
def test_gray_is_denoised(codec):
    at = np.linspace(0, 3, 96)
    clean = 120 + 60 * np.sin(at)[:, None] + 50 * np.cos(2 * at)
    clean[20:50, 30:70] += 40
    noisy = np.clip(clean + 20 * RNG.standard_normal(clean.shape), 0, 255)
    found = info.lossy_denoise(noisy, codec=codec)
    before, after = (np.mean((image - clean) ** 2) for image in (noisy, found.image))
    assert after < 0.4 * before
    known = info.lossy_denoise(noisy, codec=codec, sigma=20)
    assert np.mean((known.image - clean) ** 2) < 0.4 * before
    odd = info.lossy_denoise(noisy[:61, :45])
    assert odd.image.shape == (61, 45)


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32", "float64"])
def test_gray_pictures_of_any_type_give_one_result(kind):
    picture = np.rint(128 + 60 * np.sin(np.arange(24) / 4)[:, None] * np.cos(np.arange(24) / 3))
    found, expected = (info.lossy_denoise(picture.astype(t)).image for t in (kind, "float64"))
    np.testing.assert_array_equal(found, expected)
    assert np.std(found) > 0.9 * np.std(picture)


GRAY = 128 + 60 * np.sin(np.arange(16) / 4)[:, None] * np.cos(np.arange(16) / 3)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: info.context_code_length([0, 2], alphabet=2), "x"),
        (lambda: info.context_code_length([0.5]), "x"),
        (lambda: info.context_code_length("a", depth=-1), "depth"),
        (lambda: info.context_code_length("a", alphabet=4), "alphabet"),
        (lambda: info.lempel_ziv_complexity([0.5]), "x"),
        (lambda: info.compressed_length("a", "rar"), "compressor"),
        (lambda: info.ncd_matrix(["a"], compressor="rar"), "compressor"),
        (lambda: info.ncd_matrix("abc"), "items"),
        (lambda: info.ncd_matrix(["a"], b"abc"), "others"),
        (lambda: info.ncd_matrix([None]), "items"),
        (lambda: info.ncd_matrix(3), "items"),
        (lambda: info.ncd_matrix(["a"], n_jobs=0), "n_jobs"),
        (lambda: info.ncd_matrix(["a"], n_jobs=1.5), "n_jobs"),
        (lambda: info.compressed_length("a", 3), "compressor"),
        (lambda: info.ncd_clustering("abc"), "items"),
        (lambda: info.NCDClassifier(1).fit("ab", ["a", "b"]), "x"),
        (lambda: info.NCDClassifier(1).fit(["a", "b"], ["a", "b"]).predict("ab"), "x"),
        (lambda: info.NCDClassifier(5).fit(["a"], ["b"]), "n_neighbors"),
        (lambda: info.NCDClassifier(1).fit(["a"], []), "x"),
        (lambda: info.NCDClassifier(1).predict(["a"]), "NCDClassifier"),
        (lambda: info.ncd_clustering(["a"]), "items"),
        (lambda: info.quartet_score(np.zeros((2, 4)), np.zeros((3, 3))), "tree"),
        (lambda: info.structure_function([0, 1], "fourier"), "family"),
        (lambda: info.structure_function([0, 1], []), "family"),
        (lambda: info.structure_function([0]), "x"),
        (lambda: info.structure_function([0, 2], "hamming"), "x"),
        (lambda: info.structure_function([0.0, np.nan, 1.0], "polynomial"), "x"),
        (lambda: info.lossy_denoise(np.zeros(4)), "image"),
        (lambda: info.lossy_denoise(np.full((4, 4), np.nan)), "image"),
        (lambda: info.lossy_denoise(GRAY / 255), "image"),
        (lambda: info.lossy_denoise((257 * GRAY).astype(np.uint16)), "image"),
        (lambda: info.lossy_denoise(GRAY - 128), "image"),
        (lambda: info.lossy_denoise(np.stack([GRAY] * 4, -1)), "image"),
        (lambda: info.lossy_denoise(GRAY.astype(str)), "image"),
        (lambda: info.lossy_denoise(np.zeros((4, 4)), codec="dct"), "codec"),
        (lambda: info.lossy_denoise(np.full((8, 8), 9.0), codec="k-d"), "codec"),
        (lambda: info.lossy_denoise(np.full((8, 8), 9.0), quality_grid=[0]), "quality_grid"),
        (lambda: info.lossy_denoise(np.full((8, 8), 9.0), sigma=-1), "sigma"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()
