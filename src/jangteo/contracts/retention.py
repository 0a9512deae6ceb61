"""What Korean law makes a shop keep, for how long and from which day; all that a service keeps of an erased person.

전자상거래법 시행령 §6 for trade, 통신비밀보호법 시행령 §41 for log-ins. A change of law is a change of these lines.
"""

from typing import Final

from jangteo.kit.retention import Rule, Rules

CONTRACT_PAYMENT: Final = "contract_payment"
DISPUTE: Final = "dispute"
LABELLING: Final = "labelling"
ACCESS_LOG: Final = "access_log"

LAW: Final = (
    Rule(
        purpose=CONTRACT_PAYMENT,
        months=60,
        counted_from="the day on which the order was delivered or called off, the money moved last",
        law="전자상거래법 §6, 시행령 §6: 계약 또는 청약철회, 대금결제 및 재화등의 공급에 관한 기록 5년",
    ),
    Rule(
        purpose=DISPUTE,
        months=36,
        counted_from="the day on which the complaint was settled",
        law="전자상거래법 §6, 시행령 §6: 소비자의 불만 또는 분쟁처리에 관한 기록 3년",
    ),
    Rule(
        purpose=LABELLING,
        months=6,
        counted_from="the day on which the advertisement was shown last",
        law="전자상거래법 §6, 시행령 §6: 표시·광고에 관한 기록 6개월",
    ),
    Rule(
        purpose=ACCESS_LOG,
        months=3,
        counted_from="the day of the log-in",
        law="통신비밀보호법 §15의2, 시행령 §41: 컴퓨터통신·인터넷 로그기록 3개월",
    ),
)
RULES: Final = Rules(LAW)
