"""What the door and the interpreter have to know of a vendor; each adapter of one that sends webhooks ends with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from closeout_ingest.domain.fact import Fact, FactKind
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import Vendor


class Strength(StrEnum):
    """What a sender's proof proves, strongest first; docs/reference/sources.md has it for each source."""

    SIGNED_WITH_TIME = "a signature over body and time: who sends, what, and that it is not older than 5 minutes"
    SIGNED_WITH_OLD_TIME = "a signature over body and time: who sends, what, and that it is not older than 7 hours"
    SIGNED = "a signature over the body: who sends, and what. No time is signed; the same one again changes nothing"
    SIGNED_OR_CARRIED = "a signature where the sender can make one, else a secret that it carries: who sends"
    CARRIED = "a secret that it carries: who sends. Whoever reads one request can send others: HTTPS only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A vendor that sends webhooks.

    `is_authentic(headers, body, secrets)`: whether the sender knows one of `secrets`; constant time a secret.
    `subject_of(body)`: what must keep its order on the topic; never raises.
    `interpret(delivery)`: the facts that a delivery tells, none where it tells none that Closeout knows (it is then
    kept as it is); raises Poison when it cannot be what the vendor sends. None for a tracker: actions reads those.
    """

    vendor: Vendor
    topic: str
    # docs/howto/<howto>.md
    howto: str
    is_authentic: Callable[[Mapping[str, str], bytes, Sequence[bytes]], bool]
    strength: Strength
    subject_of: Callable[[bytes], str]
    # What a sender lacks who is refused: "The pagerduty …".
    proof: str = "signature is missing, or is not one of ours over these bytes"
    # Whether one that does not sign may carry its secret as the last part of the path.
    takes_path_token: bool = False
    # The headers that are repeated when the same delivery is sent again; where there are none, the body alone tells.
    delivery_id: Sequence[str] = ()
    kept_headers: Sequence[str] = ()
    # Several deliveries that come as one, apart, by headers and body; may raise Refused. None: they never do.
    split: Callable[[Mapping[str, str], bytes], Sequence[bytes]] | None = None
    # What one that is authentic and no delivery wants to hear, by its body; None for a delivery.
    answer: Callable[[bytes], bytes | None] | None = None
    interpret: Callable[[Delivery], Sequence[Fact]] | None = None
    # What the vendor calls it, for people and counters.
    event_type_of: Callable[[Delivery], str] = lambda _: "unknown"
    # Which event, by that name, becomes which facts; and what is known and kept as it came, with the reason. All else
    # is kept too. From these tables docs/reference/sources.md is made.
    events: Mapping[str, Sequence[FactKind]] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    def counted_as(self, event: str) -> str:
        """`event` as a counter may have it: a name of the tables, else other. Anybody can make up names."""
        return event if event in self.events or event in self.kept or event == "unknown" else "other"
