"""Every small fault is one change of the text; what nobody may depend on is left alone."""

import ast

import pytest

from tests.mutation.mutants import mutants_of, tree_with


def texts(source: str) -> list[str]:
    """Return the module with each mutant inside, one text a mutant."""
    return [ast.unparse(tree_with(source, mutant)) for mutant in mutants_of(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a <= b < c", {"a < b < c", "a > b < c", "a <= b <= c", "a <= b >= c"}),
        ("a == b", {"a != b"}),
        ("a is None", {"a is not None"}),
        ("a in b", {"a not in b"}),
        ("a and b", {"a or b"}),
        ("a or b", {"a and b"}),
        ("not a", {"a"}),
        ("a + b", {"a - b"}),
        ("a & b", {"a | b"}),
        ("x = True", {"x = False"}),
        ("x = 2", {"x = 3"}),
        ("min(a)", {"max(a)", "pass"}),
        ("a.b = c", {"pass"}),
        ("a[b] += c", {"pass"}),
        ("if a: b", {"if not a:\n    b"}),
        ("x = a if b else c", {"x = c if b else a"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("raise A", {"pass"}),
    ],
)
def test_what_becomes_of_a_piece_of_code(source: str, expected: set[str]) -> None:
    assert set(texts(source)) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""Two 2 words."""',
        "x: Literal[1]",
        "@dataclass(frozen=True)\nclass A: ...",
        "_log.info('a', b=1)",
        "__all__ = ['a', 1]",
        "x = f'{a + 1}'",
        "x = 'a' + b",
        "x = zip(a, b, strict=True)",
        "from a import b",
        "def f():\n    return None",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    assert mutants_of(source) == []


def test_a_mutant_says_where_it_is_and_a_tree_has_only_that_one() -> None:
    source = "x = 1\n\ny = (1 <\n     2)\n"
    lines = [(mutant.line, mutant.last_line, mutant.change) for mutant in mutants_of(source)]
    assert lines[:2] == [(1, 1, "1 becomes 2"), (3, 4, "< becomes <=")]
    assert all(text.count("\n") == 1 for text in texts(source))
    assert len(set(texts(source))) == len(lines)


def test_a_mutant_of_another_module_is_refused() -> None:
    with pytest.raises(LookupError):
        tree_with("x = 'a'", mutants_of("x = 1")[0])
