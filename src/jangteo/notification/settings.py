"""What the notification service is told at its start."""

from jangteo.kit.settings import AuditKey, ServiceSettings


class NotificationSettings(ServiceSettings, frozen=True, kw_only=True):
    """`smtp_url` is smtp://[user:password@]host:port, or smtps://… for TLS from the first byte.

    `send_seconds` is what one mail may take; after three times that, a mail is sent again whose process died.
    """

    audit_key: AuditKey
    database_url: str
    smtp_url: str
    mail_from: str = "Jangteo <no-reply@jangteo.test>"
    send_seconds: float = 20.0
