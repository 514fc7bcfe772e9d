"""bAbI: the reader takes the official format, and generated answers follow from their stories."""

import json
import re

import pytest

from keras_readinglist.datasets import babi_stories, read_babi, read_clevr_questions
from keras_readinglist.datasets.babi import (
    NUMBERS,
    TASKS,
    encode_stories,
    story_words,
    vocabulary_of,
    words_of,
)
from keras_readinglist.datasets.clevr import tokenize

pytestmark = pytest.mark.once

OFFICIAL = (
    "1 Mary moved to the bathroom.\n2 John went to the hallway.\n"
    "3 Where is Mary? \tbathroom\t1\n4 Daniel went back to the hallway.\n"
    "5 Where is Daniel? \thallway\t4\n1 Bill is a frog.\n2 What is Bill?\tfrog\t1\n"
)


def deduce(story, question):
    """Answer a question of any kind by following the story sentence by sentence."""
    where, holds, colours, kinds, fits = {}, {}, {}, {}, set()
    for line in story:
        words = line.rstrip(".").split()
        if words[1] in ("went", "moved", "walked"):
            where[words[0]] = words[-1]
        elif words[1] == "took":
            holds[words[-1]] = words[0]
        elif words[1] == "dropped":
            assert holds.pop(words[-1]) == words[0]
        elif "fits" in words:
            fits.add((words[1], words[-1]))
        elif words[2] == "a":
            kinds[words[0]] = words[-1]
        else:
            colours[words[0]] = words[-1]
    words = question.rstrip("?").split()
    if question.startswith("How many"):
        return NUMBERS[sum(person == words[4] for person in holds.values())]
    if question.startswith("What color"):
        (same,) = {colours[n] for n in colours if kinds[n] == kinds[words[-1]]}
        return same
    if question.startswith("Does"):
        for _ in range(3):
            fits |= {(a, d) for a, b in fits for c, d in fits if b == c}
        known = (words[2], words[-1]) in fits, (words[-1], words[2]) in fits
        assert sum(known) == 1
        return "yes" if known[0] else "no"
    if question.startswith("Is"):
        return "yes" if where[words[1]] == words[-1] else "no"
    asked = words[-1]
    return where[holds.get(asked, asked)]


@pytest.mark.parametrize("task", TASKS)
def test_answers_follow_from_the_story_and_from_its_support(task):
    examples = read_babi(babi_stories(task, 300, rng=0))
    assert len(examples) == 300
    for example in examples:
        assert deduce(example.story, example.question) == example.answer
        assert list(example.support) == sorted(set(example.support))
        if task != "counting":  # what was dropped leaves no trace in the support
            supported = [example.story[k] for k in example.support]
            assert deduce(supported, example.question) == example.answer
    answers = [e.answer for e in examples]
    common = max(answers.count(a) for a in set(answers)) / len(answers)
    assert common < 0.62, common


def test_the_words_of_all_stories_are_known():
    written = [e for task in TASKS for e in read_babi(babi_stories(task, 400, rng=2))]
    words, answers = vocabulary_of(written)
    assert story_words()[0] == words
    assert set(answers) <= set(story_words()[1]) and len(story_words()[1]) == 17
    assert max(len(e.story) for e in written) == 9
    encode_stories(written, words, max_sentences=9, max_words=7)


def test_two_supporting_facts_have_two():
    examples = read_babi(babi_stories("two_supporting_facts", 50, rng=1))
    assert {len(e.support) for e in examples} == {2}


def test_reads_the_official_format(tmp_path):
    (tmp_path / "qa1.txt").write_text(OFFICIAL)
    examples = read_babi(tmp_path / "qa1.txt")
    assert examples == read_babi(OFFICIAL) == read_babi(str(tmp_path / "qa1.txt"))
    assert [e.answer for e in examples] == ["bathroom", "hallway", "frog"]
    assert examples[1].support == (2,)  # line 3 is a question, so line 4 is the third sentence
    assert examples[1].story[-1] == "Daniel went back to the hallway."
    assert examples[2].story == ("Bill is a frog.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 A is here.\nno number\n", "Line 2 is not of the bAbI format: 'no number'"),
        ("1 A is here.\n2 Where is A?\there\t7\n", "Line 2 is supported by a line that is not"),
    ],
)
def test_bad_lines_are_named(text, message):
    with pytest.raises(ValueError, match=message):
        read_babi(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("José est allé au café.", ["josé", "est", "allé", "au", "café"]),
        ("Jose\u0301 n’a pas faim", ["josé", "n'a", "pas", "faim"]),  # as macOS writes it
        ("Мария пошла на кухню!", ["мария", "пошла", "на", "кухню"]),
        ("Ο Γιώργος είναι εδώ", ["ο", "γιώργος", "είναι", "εδώ"]),
        ("हिन्दी में लिखा", ["हिन्दी", "में", "लिखा"]),
        ("مريم في المطبخ؟", ["مريم", "في", "المطبخ"]),
        ("Anna has 2 apples, Ben ٣.", ["anna", "has", "2", "apples", "ben", "٣"]),
        ("x_1: ½ of it", ["x", "1", "½", "of", "it"]),
    ],
)
def test_words_of_every_alphabet_are_kept(text, words):
    assert words_of(text) == words


def test_stories_in_another_alphabet():
    text = "1 Мария пошла на кухню.\n2 Где Мария?\tкухня\t1\n"
    words, answers = vocabulary_of(read_babi(text))
    stories, questions = encode_stories(read_babi(text), words)
    assert (stories > 0).sum() == 4 and (questions > 0).sum() == 2 and answers == ("кухня",)
    with pytest.raises(ValueError, match=r"A sentence must have a word. Received: '\?!'"):
        encode_stories(read_babi("1 ?!\n2 Где Мария?\tкухня\t1\n"), words)


def test_files_as_editors_save_them(tmp_path, monkeypatch):
    expected = read_babi(OFFICIAL)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for content in (OFFICIAL.replace("\n", "\r\n").encode(), OFFICIAL.encode()):
        (tmp_path / "qa1.txt").write_bytes(b"\xef\xbb\xbf" + content)
        assert read_babi(tmp_path / "qa1.txt") == expected == read_babi("~/qa1.txt")
    assert read_babi("\ufeff" + OFFICIAL) == expected
    (tmp_path / "qa1.txt").write_bytes("1 José.\n".encode("latin-1"))
    with pytest.raises(ValueError, match="qa1.txt is not UTF-8"):
        read_babi(tmp_path / "qa1.txt")


def test_encoding():
    examples = read_babi(OFFICIAL)
    words, answers = vocabulary_of(examples)
    assert answers == ("bathroom", "frog", "hallway") and words == tuple(sorted(words))
    stories, questions = encode_stories(examples, words, max_sentences=2, max_words=7)
    assert stories.shape == (3, 2, 7) and questions.shape == (3, 7)
    spelt = [words[k - 1] for k in stories[1, 1] if k]
    assert spelt == ["daniel", "went", "back", "to", "the", "hallway"]
    assert not stories[2, 1].any() and (questions > 0).any(axis=1).all()
    with pytest.raises(ValueError, match="The word 'mary' is not in the vocabulary"):
        encode_stories(examples, ("where", "is"))
    with pytest.raises(ValueError, match="A sentence may have 3 words"):
        encode_stories(examples, words, max_words=3)


def test_arguments():
    assert babi_stories("counting", 3, rng=5) == babi_stories("counting", 3, rng=5)
    assert not re.search(r"\d", "".join(read_babi(babi_stories("counting", 3, 5))[0].story))
    with pytest.raises(ValueError, match="`task` must be one of .* Received: task='qa1'"):
        babi_stories("qa1", 3)
    with pytest.raises(ValueError, match="`n_stories` must be a positive integer"):
        babi_stories("counting", 0)


def test_clevr_questions(tmp_path):
    path = tmp_path / "CLEVR_val_questions.json"
    row = {"image_filename": "a.png", "question": "Are there 2 cubes?", "answer": "no"}
    path.write_text(json.dumps({"info": {}, "questions": [row, {**row, "answer": "yes"}]}))
    questions = read_clevr_questions(path)
    assert [q.answer for q in questions] == ["no", "yes"] and questions[0].image == "a.png"
    assert tokenize(questions[0].question) == ["are", "there", "2", "cubes", "?"]
    assert tokenize("Köln; où, là?") == ["köln", ";", "où", ",", "là", "?"]
    path.write_text("[]")
    with pytest.raises(ValueError, match="holds no list `questions`"):
        read_clevr_questions(path)
    for content in (
        '{"questions": [{"ques',
        '{"questions": [{"question": "?"}]}',
        '{"questions": [1]}',
    ):
        path.write_text(content)
        with pytest.raises(ValueError, match="CLEVR_val_questions.json"):
            read_clevr_questions(path)
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"questions": [row]}).encode())
    assert len(read_clevr_questions(path)) == 1
