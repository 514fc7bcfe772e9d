"""What a story says of a question: read by rules, so that answers can be judged."""

import re

from keras_readinglist.datasets.babi import NUMBERS, words_of

_MOVES, _TAKES, _DROPS = ("went", "moved", "walked"), ("took",), ("dropped",)


def truth(sentences, question):
    """Return the answer that a story determines, or `None`, and a sentence why.

    Args:
        sentences: List of strings.
        question: String.
    """
    rows = [found for found in map(words_of, sentences) if len(found) >= 3]
    asked = " ".join(words_of(question))
    for form, rule in _RULES:
        found = re.fullmatch(form, asked)
        if found:
            return rule(rows, *found.groups())
    return None, "This is none of the questions that the networks learned."


def _place(rows, person):
    """Return where a person is, or `None`."""
    return next((r[-1] for r in reversed(rows) if r[0] == person and r[1] in _MOVES), None)


def _where_person(rows, person):
    place = _place(rows, person)
    return place, "" if place else f"The story never says where {person.title()} goes."


def _where_thing(rows, thing):
    """Return where a thing is: with who took it last, or where it was dropped."""
    last = next((k for k in reversed(range(len(rows))) if rows[k][-1] == thing and
                 rows[k][1] in (*_TAKES, *_DROPS)), None)  # fmt: skip
    if last is None:
        return None, f"The story never says who has the {thing}."
    person, verb = rows[last][:2]
    place = _place(rows[:last] if verb in _DROPS else rows, person)
    if place is None:
        return None, f"{person.title()} has the {thing}, but the story never says where."
    return place, ""


def _is_in(rows, person, place):
    found, why = _where_person(rows, person)
    return (None, why) if found is None else ("yes" if found == place else "no", "")


def _carries(rows, person):
    held = set()
    for row in rows:
        if row[0] == person and row[1] in _TAKES:
            held.add(row[-1])
        elif row[1] in (*_DROPS, *_TAKES):  # dropped, or somebody else has it now
            held.discard(row[-1])
    if len(held) >= len(NUMBERS):
        return None, "More things than the networks can count."
    return NUMBERS[len(held)], ""


def _colour(rows, name):
    kinds = {r[0]: r[3] for r in rows if len(r) == 4 and r[1:3] == ["is", "a"]}
    colours = {r[0]: r[2] for r in rows if len(r) == 3 and r[1] == "is"}
    if name in colours:
        return colours[name], ""
    alike = {colours[n] for n, kind in kinds.items() if kind == kinds.get(name) and n in colours}
    if len(alike) != 1:
        return None, f"The story names no one colour for what {name.title()} is."
    return alike.pop(), ""


def _fits(rows, small, large):
    into = {}
    for row in rows:
        if len(row) == 6 and row[2:4] == ["fits", "into"]:
            into.setdefault(row[1], set()).add(row[5])
    if large in _reachable(into, small):
        return "yes", ""
    if small in _reachable(into, large):
        return "no", ""
    return None, f"The story does not compare the {small} with the {large}."


def _reachable(into, start):
    seen, left = set(), [start]
    while left:
        for larger in into.get(left.pop(), ()):
            if larger not in seen:
                seen.add(larger)
                left.append(larger)
    return seen


_RULES = (
    (r"where is the (\w+)", _where_thing),
    (r"where is (\w+)", _where_person),
    (r"is (\w+) in the (\w+)", _is_in),
    (r"how many things does (\w+) carry", _carries),
    (r"what color is (\w+)", _colour),
    (r"does the (\w+) fit into the (\w+)", _fits),
)
