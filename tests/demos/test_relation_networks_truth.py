"""What a story determines, against the generators of stories, and what it leaves open."""

import pytest

from demos.exhibits._relation_networks_truth import truth
from keras_readinglist.datasets.babi import TASKS, babi_stories, read_babi

pytestmark = pytest.mark.once


@pytest.mark.parametrize("task", TASKS)
def test_the_truth_is_that_of_the_generators(task):
    for example in read_babi(babi_stories(task, 60, 0)):
        assert truth(example.story, example.question) == (example.answer, "")


@pytest.mark.parametrize(
    ("story", "question", "why"),
    [
        (["Anna took the lamp."], "Where is the lamp?", "Anna has the lamp, but"),
        (["Anna went to the hall."], "Where is the lamp?", "never says who has the lamp"),
        (["Anna went to the hall."], "Where is Ben?", "never says where Ben goes"),
        (["Anna went to the hall."], "Is Ben in the hall?", "never says where Ben goes"),
        (["Anna is a swan.", "Ben is a frog.", "Ben is grey."], "What color is Anna?", "no one"),
        (["The cup fits into the ring."], "Does the cup fit into the barrel?", "not compare"),
        (["Anna."], "Anna went to the hall?", "none of the questions"),
        (["the the the"], "Where is the the?", "never says"),
    ],
)
def test_what_a_story_leaves_open_is_said(story, question, why):
    answer, said = truth(story, question)
    assert answer is None and why in said


def test_things_change_hands():
    story = ["Anna took the lamp.", "Anna went to the hall.", "Anna dropped the lamp.",
             "Anna went to the attic."]  # fmt: skip
    assert truth(story, "Where is the lamp?")[0] == "hall"
    assert truth(story, "How many things does Anna carry?")[0] == "none"
    story += ["Ben took the lamp.", "Ben went to the office."]
    assert truth(story, "Where is the lamp?")[0] == "office"
