"""The exhibit of scaling laws: points are held out, files read, budgets spent."""

import re

import numpy as np
import pytest

from demos.exhibits import _scaling_laws_budget as budget
from demos.exhibits import _scaling_laws_points as points
from demos.exhibits import scaling_laws as exhibit

once = pytest.mark.once
LINE = points.written([1e3, 1e4, 1e5, 1e6], [3.2, 2.4, 1.8, 1.35], [1e6])
GOOD = {"fit": [LINE], "spend": list(exhibit.START), "write": ["What ", 0.5, 1]}
BAD = {"fit": ["1000,2\n10000,x\n100000,1"], "spend": ["An abacus", 1, 1], "write": ["", 0.5, 1]}


@once
def test_a_law_foretells_the_point_that_is_held_out():
    board, said = exhibit.fit(LINE)
    assert board.count("<circle") == 4 and board.count("held out") == 1
    assert "1,000,000 parameters, 10 times the largest fitted" in said
    assert "expects 1.350; measured 1.350: off by 0.0%" in said
    assert re.search(r"exponent</td><td>0\.125", said)


@once
def test_a_click_holds_the_nearest_point_out_and_lets_it_in_again():
    at = np.log10([1e4, 2.4])
    once = points.toggled(LINE, None, *at)
    assert points.parse(once)[2].tolist() == [True, False, True, False]
    twice = points.toggled(once, None, *at)
    assert points.parse(twice)[2].tolist() == [True, True, True, False]
    _, said = exhibit.fit(once)
    assert "A law needs 3 sizes; 2 are let in" in said


@once
def test_losses_that_do_not_fall_have_no_law():
    board, said = exhibit.fit("1,1\n10,2\n100,3")
    assert "does not fall" in said and board.count("<circle") == 3


@once
def test_files_of_others_are_read():
    text = "N;loss\n1e3; 2.5\n# a remark of mine\n1e4\t2.2\n#1e5 2.0\n\n1e6,1.9\n"
    sizes, losses, kept = points.parse(exhibit.uploaded(text.encode()))
    assert sizes.tolist() == [1e3, 1e4, 1e5, 1e6] and losses.tolist() == [2.5, 2.2, 2.0, 1.9]
    assert kept.tolist() == [True, True, False, True]


@once
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1000,2\n10000,-1\n100000,1", "Line 2 is not a size and a loss"),
        ("1000,2\n10000,nan\n100000,1", "Line 2 is not a size and a loss"),
        ("1000,2,7\n10000,1,7", "there are 0"),
        ("a law, please", "3 to 60 lines"),
        ("", "3 to 60 lines"),
        ("1,2\n" * 61, "3 to 60 lines"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(text, words):
    with pytest.raises(ValueError, match=words):
        exhibit.uploaded(text.encode())


@once
def test_our_decoders_foretell_a_larger_one_and_few_points_fail():
    sizes, losses, kept = points.parse(exhibit.examples()["Our decoders"])
    fit = points.law_of(sizes, losses, kept)
    assert kept.sum() == len(kept) - 1 and sizes[~kept] == sizes.max()
    assert abs(fit.loss(sizes.max()) / losses[-1] - 1) < 0.1
    sizes, losses, kept = points.parse(exhibit.examples()[exhibit.FAILS])
    fit = points.law_of(sizes, losses, kept)
    assert abs(fit.loss(sizes.max()) / losses[-1] - 1) > 0.5
    assert np.ptp(fit.interval) > fit.law.exponent


@once
def test_both_laws_spend_the_whole_budget():
    for flops in (1e18, 1e21, 1e24):
        for best in budget.allocations(flops).values():
            assert 6 * best.params * best.tokens == pytest.approx(flops, rel=0.1)
    old, new = budget.allocations(1e24).values()
    assert old.params > 4 * new.params
    assert budget.CHINCHILLA.loss(new.params, new.tokens) < budget.CHINCHILLA.loss(
        old.params, old.tokens
    )


@once
def test_a_budget_is_drawn_and_said():
    board, said = exhibit.spend(*exhibit.START)
    assert board.count("<circle") == 2 and "tokens a parameter" in said
    flops = budget.flops_of("NVIDIA H100", 64, 30)
    assert budget.days_of("NVIDIA H100", 64, flops) == pytest.approx(30)
    for extreme in (("NVIDIA T4", 1, 0.01), ("NVIDIA H100", 100_000, 3650)):
        assert "parameters by Kaplan" in exhibit.spend(*extreme)[1]


@once
@pytest.mark.parametrize(
    ("count", "days", "words"),
    [(0, 1, "number of devices"), (1, 0, "number of days"), (1, float("nan"), "number of days")],
)
def test_budgets_are_refused_in_words(count, days, words):
    with pytest.raises(ValueError, match=words):
        exhibit.spend("NVIDIA H100", count, days)


@once
def test_large_numbers_in_words():
    assert [budget.said(v) for v in (950, 1.24e6, 9.99e8, 4.5e11, 3e13)] == [
        "950", "1.2 million", "1 billion", "450 billion", "30 trillion",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("prompt", "temperature", "seed", "words"),
    [
        ("Köln", 1, 0, "1 to 40 letters"),
        ("x" * 41, 1, 0, "1 to 40 letters"),
        ("x", 3, 0, "temperature"),
        ("x", 1, -1, "seed"),
    ],
)
@once
def test_beginnings_are_refused_in_words(prompt, temperature, seed, words):
    with pytest.raises(ValueError, match=words):
        exhibit.write(prompt, temperature, seed)


def test_a_decoder_writes_on_from_any_beginning():
    first, again, greedy = (exhibit.write("What ", t, 1) for t in (0.5, 0.5, 0))
    assert first == again != greedy
    texts = re.findall(r"<b>What </b>(.*?)</p>", greedy, re.DOTALL)
    assert len(texts) == 4 and len(set(texts)) == 1
    assert exhibit.write("Whatever ", 0, 1).count("<b>Whatever </b>") == 4
