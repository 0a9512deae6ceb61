"""What people read instead of codes, in Korean and English."""

from typing import NamedTuple

from jangteo.order.domain.ending import Reason
from jangteo.order.states import State


class Words(NamedTuple):
    """The same in both languages."""

    ko: str
    en: str

    def get(self, language: str) -> str:
        """Return the words in `language`; anything but "ko" is English."""
        return self.ko if language == "ko" else self.en


STATUSES: dict[str, Words] = {
    State.PLACED: Words("주문접수", "Order received"),
    State.RESERVED: Words("결제대기", "Awaiting payment"),
    State.AUTHORISED: Words("결제승인", "Payment approved"),
    State.PAID: Words("결제완료", "Paid"),
    State.SHIPPED: Words("배송중", "On its way"),
    State.DELIVERED: Words("배송완료", "Delivered"),
    State.REJECTED: Words("주문불가", "Could not be accepted"),
    State.CANCELLING: Words("취소처리중", "Being cancelled"),
    State.CANCELLED: Words("취소완료", "Cancelled"),
}

# By the name of the event, without its version.
HAPPENINGS: dict[str, Words] = {
    "placed": Words("주문이 접수되었습니다", "The order was received"),
    "payment_chosen": Words("결제를 요청했습니다", "A payment was asked for"),
    "stock_held": Words("재고가 확보되었습니다", "The stock was set aside"),
    "rejected": Words("재고가 부족해 주문을 받을 수 없습니다", "There is not enough stock for the order"),
    "stray_stock_returned": Words("확보된 재고를 되돌렸습니다", "Stock set aside was given back"),
    "confirmation_asked": Words("본인 확인이 필요합니다", "The payment has to be confirmed"),
    "payment_declined": Words("결제가 거절되었습니다", "The payment was declined"),
    "payment_authorised": Words("결제가 승인되었습니다", "The payment was approved"),
    "payment_captured": Words("결제가 완료되었습니다", "The order is paid"),
    "stock_sold": Words("상품을 준비하고 있습니다", "The goods are being prepared"),
    "shipment_prepared": Words("발송을 준비하고 있습니다", "The parcel is being made ready"),
    "shipped": Words("배송이 시작되었습니다", "The parcel is on its way"),
    "delivery_reported": Words("배송 완료가 통보되었습니다", "The hand-over was reported"),
    "delivered": Words("배송이 완료되었습니다", "The parcel was delivered"),
    "cancellation_started": Words("취소를 처리하고 있습니다", "The order is being cancelled"),
    "cancellation_refused": Words("이미 발송되어 취소할 수 없습니다", "Too late to cancel: the parcel is on its way"),
    "shipment_stopped": Words("발송이 취소되었습니다", "The shipment was stopped"),
    "money_returned": Words("결제가 취소·환불되었습니다", "The payment was given back"),
    "stock_returned": Words("재고가 반환되었습니다", "The stock was given back"),
    "cancelled": Words("주문이 취소되었습니다", "The order was cancelled"),
    "refund_requested": Words("환불을 요청했습니다", "A refund was asked for"),
    "refunded": Words("일부 금액이 환불되었습니다", "Money was given back"),
    "refund_failed": Words("환불하지 못했습니다", "The refund failed"),
    "goods_restocked": Words("반품 상품이 입고되었습니다", "The returned goods were taken in"),
}

REFUND_STATES: dict[str, Words] = {
    "requested": Words("환불 처리중", "Being refunded"),
    "succeeded": Words("환불 완료", "Refunded"),
    "failed": Words("환불 실패", "Refund failed"),
    "superseded": Words("주문 취소로 함께 환불", "Refunded with the whole order"),
}

REASONS: dict[str, Words] = {
    Reason.BUYER: Words("구매자 요청", "At the buyer's request"),
    Reason.STAFF: Words("판매자 취소", "Cancelled by the shop"),
    Reason.PAYMENT_EXPIRED: Words("결제 시간 초과", "Not paid in time"),
    Reason.AMOUNT_MISMATCH: Words("결제 금액 불일치", "Another amount than the order's was paid"),
    Reason.CAPTURE_FAILED: Words("결제 승인 실패", "The payment could not be taken"),
    Reason.FULLY_REFUNDED: Words("전액 환불", "Refunded in full"),
    Reason.STOCK_INSUFFICIENT: Words("재고 부족", "Not enough stock"),
    Reason.STOCK_REFUSED: Words("재고 확보 불가", "The stock could not be set aside"),
    Reason.RESERVATION_EXPIRED: Words("재고 확보 시간 초과", "The stock was no longer set aside"),
    Reason.SHIPMENT_CANCELLED: Words("발송 취소", "The shipment was stopped"),
}

_DECLINED = Words("카드사에서 결제를 승인하지 않았습니다", "The card issuer declined the payment")
# By the payment service's codes; one that is not here is told as a plain refusal.
DECLINES: dict[str, Words] = {
    "insufficient_funds": Words("카드 한도 또는 잔액이 부족합니다", "There are not enough funds on the card"),
    "confirmation_expired": Words("본인 확인 시간이 지났습니다", "The payment was not confirmed in time"),
    "provider_timeout": Words("결제사가 응답하지 않았습니다", "The payment provider did not answer"),
    "provider_unavailable": Words("결제사에 연결할 수 없습니다", "The payment provider cannot be reached"),
}


def reason_label(reason: str, language: str) -> str:
    """Return why an order was cancelled or rejected; empty for no reason."""
    return REASONS[reason].get(language) if reason else ""


def decline_label(reason: str, language: str) -> str:
    """Return why a payment was declined; empty for no reason."""
    return DECLINES.get(reason, _DECLINED).get(language) if reason else ""
