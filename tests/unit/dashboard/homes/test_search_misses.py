"""A search without hits tells which of its words is to blame."""

from dashboard.homes.search_misses import explain_miss


def test_each_word_is_tried_by_itself() -> None:
    miss = explain_miss("1234 团结", lambda word: word == "团结")
    assert [(part.text, part.found, part.digits) for part in miss.parts] == [
        ("1234", False, True),
        ("团结", True, False),
    ]
    assert not miss.none_together


def test_words_that_only_fail_together_are_called_so() -> None:
    assert explain_miss("1234 团结", lambda word: True).none_together
    assert not explain_miss("1234", lambda word: True).none_together


def test_letters_and_digits_written_together_are_told_apart() -> None:
    assert [part.text for part in explain_miss("团结12-3", lambda word: False).parts] == ["团结", "12-3"]


def test_a_long_text_costs_few_look_ups() -> None:
    asked: list[str] = []

    def finds(word: str) -> bool:
        asked.append(word)
        return False

    explain_miss(" ".join("abcdefgh"), finds)
    assert len(asked) == 4
