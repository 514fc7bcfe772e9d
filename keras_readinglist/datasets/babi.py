"""Stories with questions in the format of bAbI: a reader, and a generator of six kinds."""

import pathlib
import re
from functools import cache
from typing import NamedTuple

import numpy as np

from keras_readinglist.datasets.text import read_text, words_of

PEOPLE = ("Anna", "Ben", "Carla", "David", "Emil", "Fiona")
PLACES = ("kitchen", "garden", "office", "hall", "cellar", "attic")
THINGS = ("apple", "book", "lamp", "letter")
BOXES = ("ring", "cup", "basket", "crate", "barrel", "wagon")
ANIMALS = ("cat", "frog", "swan", "mouse")
COLOURS = ("white", "grey", "green", "yellow")
NUMBERS = ("none", "one", "two", "three", "four")
_OTHER_WORDS = (
    "a carry color does dropped fit fits how in into is many moved the things to took walked went "
    "what where"
)


class Example(NamedTuple):
    """A question about the sentences before it."""

    story: tuple[str, ...]
    question: str
    answer: str
    support: tuple[int, ...]
    """Indices, from 0, of the sentences that the answer follows from."""


def read_babi(source):
    r"""Read stories in the official text format.

    Every line is `number sentence` or `number question<tab>answer<tab>numbers of supporting
    lines`; the number 1 begins a new story.

    Args:
        source: Path of a file of the bAbI tasks, or a string that holds the lines.

    Returns:
        List of `Example`, one for every question.

    Raises:
        ValueError: If a line does not have the format; the message names it.

    Example:
        >>> (example,) = read_babi("1 Anna is in the hall.\n2 Where is Anna?\thall\t1")
        >>> example.question, example.answer, example.support
        ('Where is Anna?', 'hall', (0,))

    References:
        - [Weston et al., 2015](https://arxiv.org/abs/1502.05698)
    """
    is_path = isinstance(source, pathlib.Path) or "\n" not in str(source)
    text = read_text(source) if is_path else source.removeprefix("\ufeff")
    examples, sentences = [], {}
    for row, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = re.fullmatch(r"(\d+) ([^\t]+)(?:\t([^\t]+)(?:\t([\d ]*))?)?", line.rstrip())
        if not found:
            raise ValueError(f"Line {row} is not of the bAbI format: {line[:80]!r}")
        number, words, answer, support = found.groups()
        if number == "1":
            sentences = {}
        if answer is None:
            sentences[int(number)] = words.strip()
            continue
        order = {name: index for index, name in enumerate(sentences)}
        named = [int(name) for name in (support or "").split()]
        if not set(named) <= set(order):
            raise ValueError(f"Line {row} is supported by a line that is not of its story.")
        examples.append(
            Example(
                tuple(sentences.values()),
                words.strip(),
                answer.strip(),
                tuple(order[name] for name in named),
            )
        )
    return examples


def babi_stories(task, n_stories, rng=None):
    """Write stories of one kind in the official format; sentences and words are our own.

    Args:
        task: String, one of `TASKS`: `"single_supporting_fact"`, `"two_supporting_facts"`,
            `"yes_no"`, `"counting"`, `"basic_induction"` or `"size_reasoning"`.
        n_stories: Positive integer, the number of stories, with one question each.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        String of numbered lines, which `read_babi` reads.

    Raises:
        ValueError: If the task is unknown or the number is not positive.

    Example:
        >>> text = babi_stories("single_supporting_fact", 2, rng=0)
        >>> [example.question for example in read_babi(text)]
        ['Where is Anna?', 'Where is Anna?']

    References:
        - [Weston et al., 2015](https://arxiv.org/abs/1502.05698), tasks 1, 2, 6, 7, 16 and 18
    """
    if task not in TASKS:
        raise ValueError(f"`task` must be one of {tuple(TASKS)}. Received: task={task!r}")
    if not isinstance(n_stories, int) or n_stories < 1:
        raise ValueError(f"`n_stories` must be a positive integer. Received: {n_stories}")
    rng = np.random.default_rng(rng)
    lines = []
    for _ in range(n_stories):
        story, question, answer, support = TASKS[task](rng)
        lines += [f"{k} {sentence}" for k, sentence in enumerate(story, 1)]
        numbers = " ".join(str(index + 1) for index in support)
        lines.append(f"{len(story) + 1} {question}\t{answer}\t{numbers}")
    return "\n".join(lines) + "\n"


def _pick(rng, words, count=None):
    chosen = rng.choice(len(words), count, replace=False) if count else rng.integers(len(words))
    return [words[k] for k in chosen] if count else words[chosen]


def _walk(rng, steps):
    """Return sentences of people who move, and where everybody was last: place and sentence."""
    story, last = [], {}
    for k in range(steps):
        person, place = _pick(rng, PEOPLE[:4]), _pick(rng, PLACES)
        verb = _pick(rng, ("went", "moved", "walked"))
        story.append(f"{person} {verb} to the {place}.")
        last[person] = (place, k)
    return story, last


def _single_supporting_fact(rng):
    story, last = _walk(rng, int(rng.integers(2, 9)))
    person = _pick(rng, list(last))
    place, k = last[person]
    return story, f"Where is {person}?", place, (k,)


def _yes_no(rng):
    story, last = _walk(rng, int(rng.integers(2, 9)))
    person = _pick(rng, list(last))
    place, k = last[person]
    asked = place if rng.random() < 0.5 else _pick(rng, [p for p in PLACES if p != place])
    return story, f"Is {person} in the {asked}?", "yes" if asked == place else "no", (k,)


def _two_supporting_facts(rng):
    """A thing is where the person who took it went last."""
    thing, person = _pick(rng, THINGS), _pick(rng, PEOPLE[:4])
    before, _ = _walk(rng, int(rng.integers(1, 4)))
    after, last = _walk(rng, int(rng.integers(1, 5)))
    taken = len(before)
    place, k = last.get(person, (None, None))
    if place is None:  # the person has to go somewhere with it
        place, k = _pick(rng, PLACES), len(after)
        after.append(f"{person} went to the {place}.")
    story = [*before, f"{person} took the {thing}.", *after]
    return story, f"Where is the {thing}?", place, (taken, taken + 1 + k)


def _counting(rng):
    story, holders = [], {}
    for k in range(int(rng.integers(2, 8))):
        person, thing = _pick(rng, PEOPLE[:3]), _pick(rng, THINGS)
        if thing in holders:
            holder = holders.pop(thing)[0]
            story.append(f"{holder} dropped the {thing}.")
        else:
            holders[thing] = (person, k)
            story.append(f"{person} took the {thing}.")
    person = _pick(rng, PEOPLE[:3])
    held = [k for holder, k in holders.values() if holder == person]
    return story, f"How many things does {person} carry?", NUMBERS[len(held)], tuple(held)


def _basic_induction(rng):
    """Animals of one kind have one colour."""
    names, kinds = _pick(rng, PEOPLE, 4), _pick(rng, ANIMALS, 3)
    colours = _pick(rng, COLOURS, 3)
    asked = int(rng.integers(3))  # the last animal is of the kind of this one
    facts = [(f"{names[k]} is a {kinds[k]}.", k) for k in range(3)]
    facts += [(f"{names[k]} is {colours[k]}.", k) for k in range(3)]
    facts.append((f"{names[3]} is a {kinds[asked]}.", 3))
    facts = [facts[k] for k in rng.permutation(len(facts))]
    support = tuple(k for k, (_, animal) in enumerate(facts) if animal in (asked, 3))
    story = [sentence for sentence, _ in facts]
    return story, f"What color is {names[3]}?", colours[asked], support


def _size_reasoning(rng):
    """Things fit into larger ones, in another order in every story."""
    chain = _pick(rng, BOXES, 4)  # from small to large
    facts = [int(k) for k in rng.permutation(3)]  # k stands for: k fits into k + 1
    story = [f"The {chain[k]} fits into the {chain[k + 1]}." for k in facts]
    low, high = sorted(int(k) for k in rng.choice(4, 2, replace=False))
    support = tuple(row for row, k in enumerate(facts) if low <= k < high)
    fits = rng.random() < 0.5
    small, large = (low, high) if fits else (high, low)
    question = f"Does the {chain[small]} fit into the {chain[large]}?"
    return story, question, "yes" if fits else "no", support


TASKS = {
    "single_supporting_fact": _single_supporting_fact,
    "two_supporting_facts": _two_supporting_facts,
    "yes_no": _yes_no,
    "counting": _counting,
    "basic_induction": _basic_induction,
    "size_reasoning": _size_reasoning,
}


def vocabulary_of(examples):
    """Return the sorted words of stories and questions, and the sorted answers."""
    words = {w for e in examples for s in (*e.story, e.question) for w in words_of(s)}
    return tuple(sorted(words)), tuple(sorted({e.answer for e in examples}))


def story_words():
    """Return the sorted words and the sorted answers of all stories that are generated.

    Returns:
        Pair of tuples of strings.

    Example:
        >>> words, answers = story_words()
        >>> len(words), len(answers)
        (51, 17)
    """
    names = (*PEOPLE, *PLACES, *THINGS, *BOXES, *ANIMALS, *COLOURS)
    words = {*words_of(" ".join(names)), *_OTHER_WORDS.split()}
    return tuple(sorted(words)), tuple(sorted({*PLACES, "yes", "no", *NUMBERS, *COLOURS}))


def encode_stories(examples, vocabulary, max_sentences=20, max_words=12):
    """Turn stories into arrays; of longer stories the last sentences are kept.

    Args:
        examples: List of `Example`.
        vocabulary: Sequence of words; the word `k` becomes `k + 1`, and 0 pads.
        max_sentences: Positive integer.
        max_words: Positive integer, the width of sentences and questions.

    Returns:
        Int32 arrays of stories `(n, max_sentences, max_words)` and questions `(n, max_words)`.

    Raises:
        ValueError: If a word is unknown, or a sentence is too long or has no word.
    """
    ids = {word: k for k, word in enumerate(vocabulary, 1)}
    stories = np.zeros((len(examples), max_sentences, max_words), "int32")
    questions = np.zeros((len(examples), max_words), "int32")

    @cache  # sentences recur
    def encoded(text):
        words = words_of(text)
        if not words:
            raise ValueError(f"A sentence must have a word. Received: {text!r}")
        unknown = [w for w in words if w not in ids]
        if unknown:
            raise ValueError(f"The word {unknown[0]!r} is not in the vocabulary.")
        if len(words) > max_words:
            raise ValueError(f"A sentence may have {max_words} words. Received: {text!r}")
        return [ids[w] for w in words] + [0] * (max_words - len(words))

    for n, example in enumerate(examples):
        for k, sentence in enumerate(example.story[-max_sentences:]):
            stories[n, k] = encoded(sentence)
        questions[n] = encoded(example.question)
    return stories, questions
