"""The audit trail: who did what to whom, when, from where and why, in a chain that shows where it was broken.

`keep(database, service, key)` once, then `await record(transaction, Entry(...))` in the transaction of the action.
`docs/decisions/0074-audit-trail.md` says what the chain proves against whom.
"""

from jangteo.kit.audit.chain import Fault, Row, faults_of
from jangteo.kit.audit.entry import Entry, Keys, reason_given
from jangteo.kit.audit.recording import keep, note, record
from jangteo.kit.audit.witness import AuditAdvanced, bear_witness

__all__ = [
    "AuditAdvanced",
    "Entry",
    "Fault",
    "Keys",
    "Row",
    "bear_witness",
    "faults_of",
    "keep",
    "note",
    "reason_given",
    "record",
]
