"""Pictures come back bit for bit, at the length of the bound, and from nobody else's file."""

import math

import numpy as np
import pytest

pytest.importorskip("constriction")

from keras_readinglist.applications import VariationalLossyAutoencoder
from keras_readinglist.information import BitsBackCodec, compress, decompress, describe
from keras_readinglist.information.bits_back.codec import BINS, masses_of, middles
from tests.applications.test_variational_lossy_autoencoder import made, random_weights

RNG = np.random.default_rng(0)
X = RNG.integers(0, 2, (5, 4, 4, 1))


def test_masses_are_those_of_the_gaussian_and_bins_are_equally_likely():
    masses = masses_of([0.0, 3.0, -8.0], [1.0, 0.01, 0.5])
    np.testing.assert_allclose(masses[0], 1 / BINS, rtol=1e-6)
    np.testing.assert_allclose(masses.sum(1), 1, atol=1e-8)
    assert middles()[masses[1].argmax()] == pytest.approx(3.0, abs=0.03)
    assert masses[2].argmax() == 0  # far out all lies in the last bin


@pytest.mark.parametrize(
    "options",
    [{"blocks": 1}, {"receptive_field": None}, {"prior": "flow"}, {"levels": 5}],
    ids=["blocks", "independent", "flow", "grey"],
)
def test_pictures_come_back(options):
    model = random_weights(made(**options))
    pictures = RNG.integers(0, model.levels, (5, 4, 4, 1))
    words, _ = BitsBackCodec(model).encode(pictures)
    np.testing.assert_array_equal(BitsBackCodec(model).decode(words, 5), pictures)


def test_the_length_is_the_bound():
    model = random_weights(made((4, 8, 1)), 0.4)
    pictures = RNG.integers(0, 2, (150, 4, 8, 1))
    _, bits = BitsBackCodec(model).encode(pictures)
    expected = np.mean([-model.elbo(pictures, seed)["elbo"] for seed in range(8)]) * 150
    assert bits * math.log(2) == pytest.approx(expected, rel=0.02)


def test_codes_of_many_numbers_have_their_bits_back_too():
    """A code takes 12 times the bits of its picture from the stack, which must have them."""
    model = random_weights(made(latent_dim=16), 0.01)
    pictures = RNG.integers(0, 2, (100, 4, 4, 1))
    words, bits = BitsBackCodec(model).encode(pictures)
    expected = np.mean([-model.elbo(pictures, seed)["elbo"] for seed in range(8)]) * 100
    # Groups are small, and their sizes take 7 bits each. By whole batches it took four times this.
    assert bits * math.log(2) == pytest.approx(expected, rel=0.15)
    np.testing.assert_array_equal(BitsBackCodec(model).decode(words, 100), pictures)


def test_a_file_names_its_model_and_is_read_by_no_other():
    model = random_weights(made())
    data = compress(model, X, "mine")
    assert describe(data)["name"] == "mine" and describe(data)["count"] == 5
    np.testing.assert_array_equal(decompress(model, data), X)
    np.testing.assert_array_equal(model.decompress(model.compress(X)), X)
    other = random_weights(made(), 0.4)
    with pytest.raises(ValueError, match="`model` must be the one that wrote the data, mine"):
        decompress(other, data)


def test_damaged_bytes_are_refused():
    model = random_weights(made())
    data = compress(model, X[:2])
    for place in (0, 6, 13, 16, 17, 21, 22, 30, len(data) - 9, len(data) - 1):
        bad = bytearray(data)
        bad[place] ^= 4
        with pytest.raises(ValueError, match="`(data|model)` must"):
            decompress(model, bytes(bad))
    for end in (3, 20, len(data) - 4, len(data) - 1):
        with pytest.raises(ValueError, match="`data` must"):
            decompress(model, data[:end])
    with pytest.raises(ValueError, match="`data` must"):
        decompress(model, data + data[-4:])


def test_no_picture_is_a_file_too():
    model = made()
    assert decompress(model, compress(model, X[:0])).shape == (0, 4, 4, 1)


def test_codes_of_a_flow_with_reversed_steps_cannot_be_sent():
    model = VariationalLossyAutoencoder((4, 4, 1), 2, prior="flow", flow_steps=2)
    with pytest.raises(ValueError, match="`alternate`"):
        compress(model, X)


def test_a_long_name_is_refused():
    with pytest.raises(ValueError, match="`name`"):
        compress(made(), X, "n" * 256)
