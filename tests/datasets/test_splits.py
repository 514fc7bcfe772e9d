"""Splits by hash: stable, and of the shares that are asked for."""

import hashlib

import pytest

from keras_readinglist.datasets.splits import by_hash

pytestmark = pytest.mark.once


def test_shares():
    parts = [by_hash(str(key), test=10, validation=20) for key in range(5_000)]
    assert parts.count("test") / 5_000 == pytest.approx(0.1, abs=0.02)
    assert parts.count("validation") / 5_000 == pytest.approx(0.2, abs=0.02)
    assert "test" not in {by_hash(str(key), test=0) for key in range(1_000)}
    assert {by_hash(str(key), test=100) for key in range(100)} == {"test"}


def test_the_hash_is_the_first_four_bytes_of_sha_256():
    for key in ("", "é", "What?"):
        share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 100
        assert by_hash(key, test=share + 1) == "test" and by_hash(key, test=share) == "train"
        assert by_hash(key, test=share, validation=1) == "validation"
