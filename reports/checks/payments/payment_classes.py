"""The ways in which a payment can be wrong, each with its wording; the gravest first."""

from __future__ import annotations

from typing import Final

from reports.checks.base import ViolationClass


def _payment(name: str, label: str, what: str, *, proven: bool = True) -> ViolationClass:
    one, many = f"payment was {what}", f"payments were {what}"
    return ViolationClass(name=name, label=label, one=one, many=many, proven=proven)


DOUBLED: Final = _payment("doubled", "charged or booked twice", "charged or booked twice")
LOST: Final = _payment("lost", "acknowledged but lost", "acknowledged but not booked everywhere")
GHOST: Final = _payment("ghost", "refused but booked", "refused or never sent, but booked")
UNKNOWN_KEY: Final = ViolationClass(
    name="unknown_key",
    label="keys that nobody sent",
    one="key in the system's records was never sent",
    many="keys in the system's records were never sent",
)
WRONG_PARTY: Final = _payment(
    "wrong_party", "wrong payer or payee", "booked with another payer or payee than asked"
)
AMOUNTS_DIFFER: Final = _payment(
    "amounts_differ",
    "wrong amount or currency",
    "booked with another amount than asked",
)
ENDED_TWICE: Final = _payment("ended_twice", "posted and voided", "both posted and voided")
LEFT_ON_HOLD: Final = _payment(
    "left_on_hold", "ended with money on hold", "ended without its hold coming to zero"
)
ENDS_DIFFER: Final = _payment(
    "ends_differ",
    "ends that contradict each other",
    "captured in one record and not in another",
)
REFUSED_WITHOUT_CAUSE: Final = _payment(
    "refused_without_cause",
    "refused without a cause",
    "declined although its payer could pay and the bank did not decline",
)
UNKNOWN_STATUS: Final = _payment(
    "unknown_status", "unknown status", "recorded with an undefined status or kind of transfer"
)
IDS_DIFFER: Final = _payment(
    "ids_differ", "another payment's id", "charged or booked under another id than it is stored"
)
CHARGE_SHARED: Final = _payment(
    "charge_shared", "a charge of two payments", "charged by a charge that is another payment's too"
)
ENDED_EARLY: Final = _payment(
    "ended_early", "ended before its hold", "posted or voided before its hold"
)
HOLD_ACCOUNT_OPEN: Final = ViolationClass(
    name="hold_account_open",
    label="hold accounts that are not zero",
    one="hold account is not zero although its payments have ended",
    many="hold accounts are not zero although their payments have ended",
)
STUCK: Final = _payment("stuck", "never resolved", "never resolved", proven=False)

PAYMENT_CLASSES: Final = (
    *(DOUBLED, LOST, GHOST, UNKNOWN_KEY, WRONG_PARTY, AMOUNTS_DIFFER, ENDED_TWICE),
    *(LEFT_ON_HOLD, ENDS_DIFFER, REFUSED_WITHOUT_CAUSE, UNKNOWN_STATUS, IDS_DIFFER),
    *(CHARGE_SHARED, ENDED_EARLY),
    *(HOLD_ACCOUNT_OPEN, STUCK),
)
