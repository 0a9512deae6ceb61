"""Attempts, refunds, the ledger that only grows, the webhooks that had an effect, and which orders are cancelled."""

from alembic import op

from jangteo.kit.migrations import create_idempotency, create_inbox, create_outbox, protect_tenants

revision = "0001"
down_revision = None

_ORDERS = """
CREATE TABLE orders (
    order_id uuid PRIMARY KEY, tenant text NOT NULL, attempts int NOT NULL,
    cancel_requested_at timestamptz, cancel_reason text NOT NULL DEFAULT '', cancelled_at timestamptz)
"""
_OPEN_CANCELLATIONS = """
CREATE INDEX orders_being_cancelled ON orders (cancel_requested_at)
WHERE cancel_requested_at IS NOT NULL AND cancelled_at IS NULL
"""
_PAYMENTS = """
CREATE TABLE payments (
    id uuid PRIMARY KEY, tenant text NOT NULL, order_id uuid NOT NULL, order_number text NOT NULL,
    member_id uuid NOT NULL, provider text NOT NULL, amount bigint NOT NULL, currency text NOT NULL,
    state text NOT NULL, unwanted boolean NOT NULL, reason text NOT NULL, method_token text, provider_id text,
    action_url text, card_brand text, card_last4 text,
    captured bigint NOT NULL CHECK (captured >= 0),
    refunded bigint NOT NULL CHECK (refunded >= 0), refunding bigint NOT NULL CHECK (refunding >= 0),
    tries int NOT NULL, asked int NOT NULL CHECK (asked >= 0), version int NOT NULL,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, due_at timestamptz, expires_at timestamptz,
    CONSTRAINT never_back_more_than_taken CHECK (refunded + refunding <= captured))
"""
_REFUNDS = """
CREATE TABLE refunds (
    id uuid PRIMARY KEY, tenant text NOT NULL, payment_id uuid NOT NULL REFERENCES payments,
    amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL, reason text NOT NULL,
    compulsory boolean NOT NULL, requested_by uuid, state text NOT NULL, failure text NOT NULL,
    provider_refund_id text, round int NOT NULL, tries int NOT NULL,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, due_at timestamptz)
"""
# One row is one movement between two accounts, so that no set of rows can be out of balance; the entries are a view.
_LEDGER = """
CREATE TABLE ledger_movements (
    tenant text NOT NULL, payment_id uuid NOT NULL, kind text NOT NULL, reference uuid NOT NULL,
    debit text NOT NULL, credit text NOT NULL, amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL,
    at timestamptz NOT NULL, PRIMARY KEY (kind, reference),
    CONSTRAINT known_booking CHECK ((kind, debit, credit) IN (
        ('capture', 'provider_receivable', 'customer_payments'),
        ('refund', 'customer_refunds', 'provider_receivable'))),
    CONSTRAINT a_capture_is_of_its_payment CHECK (kind <> 'capture' OR reference = payment_id))
"""
_ENTRIES = """
CREATE VIEW ledger_entries WITH (security_invoker = true) AS
SELECT tenant, payment_id, kind, reference, side.account, side.amount, currency, at
FROM ledger_movements, LATERAL (VALUES (debit, amount), (credit, -amount)) AS side (account, amount)
"""
_APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger only grows' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_movements
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
# What an attempt says was taken and given back is what its movements say, or nothing is saved.
_AGREE = """
CREATE FUNCTION check_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE payment uuid;
BEGIN
    IF TG_TABLE_NAME = 'payments' THEN payment := NEW.id; ELSE payment := NEW.payment_id; END IF;
    PERFORM FROM payments WHERE id = payment AND (captured, refunded) = (
        SELECT coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0),
               coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0)
        FROM ledger_movements WHERE payment_id = payment);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payment % and its ledger disagree', payment USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER sums_agree AFTER UPDATE OF captured, refunded ON payments
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (OLD.captured <> NEW.captured OR OLD.refunded <> NEW.refunded) EXECUTE FUNCTION check_sums();
CREATE CONSTRAINT TRIGGER movements_agree AFTER INSERT ON ledger_movements
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_sums()
"""
_WEBHOOKS = """
CREATE TABLE webhooks (
    provider text NOT NULL, event_id text NOT NULL, tenant text NOT NULL, payment_id uuid NOT NULL,
    type text NOT NULL, received_at timestamptz NOT NULL, PRIMARY KEY (provider, event_id))
"""


_INDEXES = """
CREATE INDEX payments_of_order ON payments (order_id);
CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX refunds_of_payment ON refunds (payment_id);
CREATE INDEX refunds_due ON refunds (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ledger_of_payment ON ledger_movements (payment_id)
"""


def upgrade() -> None:
    """Make everything."""
    tables = (_ORDERS, _OPEN_CANCELLATIONS, _PAYMENTS, _REFUNDS, _LEDGER, _ENTRIES, _WEBHOOKS)
    for statement in (*tables, _APPEND_ONLY, _AGREE, _INDEXES):
        op.execute(statement)
    protect_tenants("orders", "payments", "refunds", "ledger_movements", "webhooks")
    create_outbox()
    create_inbox()
    create_idempotency()
