"""The programs tab of the relational memory exhibit: its arithmetic and its refusals."""

import pytest

from demos.exhibits import _relational_rnns_programs as programs


def test_results_are_those_of_python():
    for program in ("'1'", "'123'[::-1]", "'40'*2", "(1+2)", "((10-20)+3)", "99+2"):
        value = eval(program)
        expected = value if isinstance(value, str) else str(value % 100)
        assert programs.result(program) == expected


@pytest.mark.once
@pytest.mark.parametrize(
    "program",
    ["", None, "print(1)", "'12345'", "1+2+3+4", "(1+2", "1**2", "0x1", "01+2", "123+1", "()"],
)
def test_bad_programs(program):
    with pytest.raises(ValueError, match="[a-z]{3,}"):
        list(programs.execute(program))


def test_the_tab_opens_where_the_memory_is_right():
    shown = programs.default()
    assert "relational memory: right" in shown and "LSTM: wrong" in shown


def test_what_is_written_is_judged():
    (page,) = programs.execute("'12'*2")
    assert "= 1212" in page and page.count("data-at") >= 8
