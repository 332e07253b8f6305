"""Messages as columns say what the same messages say one by one, whatever is cut, joined or messages_at."""

from hypothesis import given
from hypothesis import strategies as st

from collector.intake.mqtt.source import _identifiers
from collector.messages.arrived_message import (
    DUPLICATE_FLAG,
    RETAIN_FLAG,
    ArrivedMessages,
    arrivals_of,
    concatenated,
    has_retained,
    messages_at,
    payloads_of,
    redelivered_places,
    topics_of,
)
from heating.protocols import RawMessage

rows = st.lists(
    st.tuples(
        st.sampled_from(["a/b", "c"]),
        st.binary(max_size=3),
        st.integers(0, 9),
        st.integers(0, 3),
        st.integers(1, 2),
        st.sampled_from([0, 2, 2 | RETAIN_FLAG, 2 | DUPLICATE_FLAG, 2 | RETAIN_FLAG | DUPLICATE_FLAG]),
    ),
    max_size=8,
)


def columns(made: list[tuple[str, bytes, int, int, int, int]]) -> ArrivedMessages:
    return ArrivedMessages(
        topics=[row[0] for row in made],
        payloads=[row[1] for row in made],
        received_ms=[row[2] for row in made],
        packet_ids=[row[3] for row in made],
        epochs=[row[4] for row in made],
        flags=[row[5] for row in made],
    )


@given(rows)
def test_columns_say_what_their_messages_say(made: list[tuple[str, bytes, int, int, int, int]]) -> None:
    whole = columns(made)
    single: list[RawMessage] = [whole[place] for place in range(len(whole))]
    assert list(whole) == single
    assert topics_of(whole) == topics_of(single)
    assert payloads_of(whole) == payloads_of(single)
    assert arrivals_of(whole) == arrivals_of(single)
    assert has_retained(whole) == has_retained(single)
    assert redelivered_places(whole) == redelivered_places(single)
    assert list(_identifiers(whole)) == list(_identifiers(single))


@given(rows, st.integers(0, 9), st.integers(0, 9))
def test_what_is_cut_and_joined_again_is_the_same(
    made: list[tuple[str, bytes, int, int, int, int]], first: int, second: int
) -> None:
    whole = columns(made)
    middle, end = sorted((first, second))
    parts = [whole[:middle], whole[middle:end], whole[end:]]
    assert list(concatenated(parts)) == list(whole)
    assert list(concatenated([list(parts[0]), *parts[1:]])) == list(whole)


@given(rows.filter(bool), st.lists(st.integers(0, 99), max_size=5))
def test_messages_are_picked_by_place(
    made: list[tuple[str, bytes, int, int, int, int]], numbers: list[int]
) -> None:
    whole = columns(made)
    places = [number % len(whole) for number in numbers]
    assert (
        list(messages_at(whole, places))
        == [whole[place] for place in places]
        == messages_at(list(whole), places)
    )


def test_identifiers_of_two_connections_stay_apart_and_qos_0_has_none() -> None:
    made = [("a", b"", 0, 0, 1, 0), ("a", b"", 0, 7, 1, 2), ("a", b"", 0, 7, 2, 2), ("a", b"", 0, 8, 2, 2)]
    assert list(_identifiers(columns(made))) == [(1, [7]), (2, [7, 8])]
