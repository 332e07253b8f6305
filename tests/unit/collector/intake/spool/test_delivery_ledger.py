"""Deliveries that came before a broker began to number anew."""

from collections import Counter
from collections.abc import ItemsView

from collector.intake.spool.delivery_ledger import DeliveryLedger
from collector.messages.arrived_message import ArrivedMessage, content_of


class NeverWalked(Counter[bytes]):
    """Says when somebody goes through all of it."""

    def items(self) -> ItemsView[bytes, int]:
        raise AssertionError("went through all contents for one message")


def test_each_delivery_from_before_counts_once_and_costs_one_look() -> None:
    ledger = DeliveryLedger()
    deliveries = [
        ArrivedMessage("heat/xl/room/S1/telemetry", b"{}", 0, number, redelivered=True)
        for number in (7, 8, 9)
    ]
    content = content_of(deliveries[0])
    ledger.former = NeverWalked((content, content, b"another"))
    assert [ledger.came_before(item, content) for item in deliveries] == [True, True, False]
    assert list(ledger.former) == [b"another"]
