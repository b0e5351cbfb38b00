"""What the trials are measured with."""

import pytest
from relays import OrderBook, ReplyTail

ORDER = "ab" * 32
ANSWER = f'HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{{"id":"{ORDER}","position":17}}\n'.encode()


@pytest.mark.parametrize("length", [1, 7, 100, 10_000])
def test_acknowledgements_are_read_from_pieces(length):
    book = OrderBook()
    tail = ReplyTail(book)
    sent = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(9000) + ANSWER + ANSWER.replace(b"201", b"200").replace(b"ab", b"cd")
    for start in range(0, len(sent), length):
        tail.take(sent[start : start + length])
    assert book.positions == {ORDER: 17, "cd" * 32: 17} and not book.contradictions


@pytest.mark.parametrize("status", [b"400", b"409", b"429", b"503"])
def test_refusals_acknowledge_nothing(status):
    book = OrderBook()
    ReplyTail(book).take(ANSWER.replace(b"201", status))
    assert not book.positions


def test_an_order_at_two_places_is_a_contradiction():
    book = OrderBook()
    for answer in (ANSWER, ANSWER.replace(b"17", b"18")):
        ReplyTail(book).take(answer)
    assert book.contradictions == [ORDER]
