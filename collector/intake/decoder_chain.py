"""`DecoderChain`: from raw messages to rows that may be stored: route, decode, validate.

What does not live here: durability (`collector.intake.spool.spool`) and repeats (`collector.intake.spool.repeats`).
"""

import traceback
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import structlog

from collector.decoders.families import FamilySources, build_decoder
from collector.decoders.memory import DecoderMemory
from collector.devices.device_map_watch import WatchedDeviceMap
from collector.messages.arrived_message import CutPayload, messages_at, payloads_of, topics_of
from collector.messages.decoded import (
    CommandingDecoder,
    Decoded,
    Decoder,
    DeviceCommand,
    NamedDevice,
    Reason,
    Rejection,
    SampleRows,
    numbers_of,
    untimed_of,
)
from collector.messages.known_objects import KnownObjects
from collector.messages.routes import RouteTable
from collector.messages.validation import TimeLimits, merge_rejections, validate
from config.settings.tree import CollectorSettings, MqttSettings
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.samples import ObjectRef, SampleBatch

__all__ = ["DecoderChain"]

PORTION = 4_000
"""Messages decoded at a time: a whole commit, so that its parts need not be joined again."""

log = structlog.get_logger()


class DecoderChain:
    """Routes messages to their decoders and validates what comes out.

    Parameters
    ----------
    routes
        (topic filter, decoder) in order; the first match wins.
    known
        Objects of the registry.
    limits
        Accepted distance between measured and arrival time.
    """

    def __init__(
        self, *, routes: Sequence[tuple[str, Decoder]], known: KnownObjects, limits: TimeLimits | None = None
    ) -> None:
        self._routes = RouteTable(routes)
        self._commanding = [decoder for _filter, decoder in routes if isinstance(decoder, CommandingDecoder)]
        self._known = known
        self._limits = limits or TimeLimits()
        self.decoder_failures = 0
        """Messages on which a decoder broke its promise and raised; each is in the rejections as well."""

    @classmethod
    def from_settings(
        cls,
        *,
        mqtt: MqttSettings,
        collector: CollectorSettings,
        known: KnownObjects,
        zone: str = "Asia/Shanghai",
        memory: DecoderMemory | None = None,
    ) -> "DecoderChain":
        """Build the chain of a configuration.

        Parameters
        ----------
        zone
            Time zone of the site: that of device clocks that name none.
        memory
            Keeps what decoders learn over restarts; None: nothing does.

        Raises
        ------
        collector.decoders.families.UnknownFamilyError, collector.messages.routes.FilterError
            When the routes are wrong.
        """
        # A device in no map speaks for itself only when the registry records it as a device of this family.
        sources = FamilySources.from_settings(collector, zone=zone, recorded=known)
        if memory is not None:
            sources = replace(sources, memory=memory)
        build = partial(
            build_decoder, max_payload_bytes=mqtt.max_payload_bytes, unmapped_pass=False, sources=sources
        )
        return cls(
            routes=[
                (
                    route.filter,
                    build(
                        route.decoder,
                        devices=None if route.device_map is None else WatchedDeviceMap(route.device_map),
                        own_json=route.own_json,
                    ),
                )
                for route in mqtt.routes
            ],
            known=known,
            limits=TimeLimits(
                future_ms=int(collector.future_tolerance_s * 1000), late_ms=int(collector.late_limit_s * 1000)
            ),
        )

    def read(self, messages: Sequence[RawMessage]) -> Decoded:
        """Turn messages into rows that may be stored; never raises on bad input."""
        if len(messages) <= PORTION:
            return self._read_portion(messages)
        portions = [
            _moved(self._read_portion(messages[start : start + PORTION]), start)
            for start in range(0, len(messages), PORTION)
        ]
        return _joined(portions)

    def take_commands(self) -> list[DeviceCommand]:
        """Return what decoders want sent to devices since the last call."""
        return [command for decoder in self._commanding for command in decoder.take_commands()]

    def _read_portion(self, messages: Sequence[RawMessage]) -> Decoded:
        targets = self._routes.targets(topics_of(messages))
        payloads = payloads_of(messages)
        if CutPayload in set(map(type, payloads)):
            return self._read_beside_cut(messages, payloads)
        first = targets[0] if targets else None
        if first is not None and targets.count(first) == len(targets):
            return self._decode(first, messages)
        groups: dict[int, tuple[Decoder, list[int]]] = {}
        unrouted: list[Rejection] = []
        for place, decoder in enumerate(targets):
            if decoder is None:
                unrouted.append(
                    Rejection(place, Reason.BAD_TOPIC, f"no route covers {messages[place].topic[:200]}")
                )
            else:
                groups.setdefault(id(decoder), (decoder, []))[1].append(place)
        parts = [self._read_group(decoder, messages, places) for decoder, places in groups.values()]
        whole = _joined(parts)
        return replace(whole, rejections=merge_rejections([*whole.rejections, *unrouted]))

    def _read_beside_cut(self, messages: Sequence[RawMessage], payloads: Sequence[bytes]) -> Decoded:
        """Reject messages that were too long to be held, and read the others."""
        rejections, places = [], []
        for place, payload in enumerate(payloads):
            if isinstance(payload, CutPayload):
                detail = f"{payload.whole_bytes} bytes, of which {len(payload)} were held"
                rejections.append(Rejection(place, Reason.TOO_BIG, detail))
            else:
                places.append(place)
        rest = self._read_portion(messages_at(messages, places))
        moved = [replace(item, message=places[item.message]) for item in rest.rejections]
        extras = [replace(item, message=places[item.message]) for item in rest.extras]
        return replace(
            rest,
            message=np.array(places, np.int32)[rest.message],
            rejections=merge_rejections([*moved, *rejections]),
            extras=extras,
        )

    def _read_group(self, decoder: Decoder, messages: Sequence[RawMessage], places: list[int]) -> Decoded:
        part = self._decode(decoder, messages_at(messages, places))
        moved = [replace(item, message=places[item.message]) for item in part.rejections]
        extras = [replace(item, message=places[item.message]) for item in part.extras]
        return replace(
            part, message=np.array(places, np.int32)[part.message], rejections=moved, extras=extras
        )

    def _decode(self, decoder: Decoder, messages: Sequence[RawMessage]) -> Decoded:
        try:
            decoded = validate(decoder.decode(messages), known=self._known, limits=self._limits)
            return _without_silence(decoded, self._known) if decoded.extras else decoded
        except Exception as error:  # noqa: BLE001
            # No full traceback: with its batch it is long, and whoever finds such a payload can send it for ever.
            fault = f"{type(error).__name__}: {error}"[:200]
            where = traceback.format_tb(error.__traceback__)[-1].strip()
        if len(messages) == 1:
            log.error("collector.decoder_failed", decoder=type(decoder).__name__, error=fault, where=where)
            self.decoder_failures += 1
            rows = SampleRows()
            rows.reject(0, Reason.WRONG_TYPE, f"the decoder {type(decoder).__name__} failed on it")
            return rows.finish()
        half = len(messages) // 2
        first = self._decode(decoder, messages[:half])
        second = self._decode(decoder, messages[half:])
        return _joined([first, _moved(second, half)])


def _moved(part: Decoded, places: int) -> Decoded:
    """Return a part whose messages stand further back in the whole."""
    moved = [replace(item, message=item.message + places) for item in part.rejections]
    extras = [replace(item, message=item.message + places) for item in part.extras]
    return replace(part, message=part.message + np.int32(places), rejections=moved, extras=extras)


def _without_silence(decoded: Decoded, known: KnownObjects) -> Decoded:
    """Reject the messages whose fields no point covers: a message that leaves no row leaves a reason."""
    accounted = {*decoded.message.tolist(), *(item.message for item in decoded.rejections)}
    names: dict[int, list[str]] = {}
    added: list[Rejection] = []
    for item in decoded.extras:
        if item.message in accounted:
            continue
        if any(ObjectRef(measurement, item.device) in known.areas for measurement in Measurement):
            names.setdefault(item.message, []).append(item.name)
        else:
            accounted.add(item.message)
            added.append(
                Rejection(item.message, Reason.UNKNOWN_DEVICE, item.device, (NamedDevice("", item.device),))
            )
    for message, fields in names.items():
        if message not in accounted:
            detail = f"no point covers {', '.join(fields[:20])}"
            added.append(Rejection(message, Reason.UNKNOWN_POINT, detail[:500]))
    return replace(decoded, rejections=merge_rejections([*decoded.rejections, *added])) if added else decoded


def _joined(parts: Sequence[Decoded]) -> Decoded:
    """Put validated parts together (objects are distinct in each); readings get new numbers."""
    if not parts:
        return SampleRows().finish()
    first, readings = 0, []
    for part in parts:
        readings.append(part.reading + np.int32(first))
        first += int(part.reading[-1]) + 1 if len(part.reading) else 0
    samples = SampleBatch.concatenate([part.samples for part in parts])
    return Decoded(
        samples=samples,
        message=np.concatenate([part.message for part in parts]),
        reading=np.concatenate(readings),
        areas=(None,) * len(samples.objects),
        rejections=[item for part in parts for item in part.rejections],
        notes=[note for part in parts for note in part.notes],
        extras=[item for part in parts for item in part.extras],
        untimed=untimed_of(parts),
        numbers=numbers_of(parts),
    )
