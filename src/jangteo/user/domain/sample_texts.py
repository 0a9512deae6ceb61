"""Sample terms and privacy notice: what a new shop shows until it publishes its own, true of what the software does."""

TERMS_KO = """이 글은 시험 상점의 예시입니다. 실제로 판매하려면 상점의 약관으로 바꾸고 법률 검토를 받으세요.

제1조 (목적) 이 약관은 상점이 운영하는 온라인 쇼핑몰을 이용할 때 상점과 회원의 권리와 의무를 정합니다. 상점의 상호, 대표자, 주소, 연락처는 모든 화면의 아래쪽에 있습니다.

제2조 (약관의 변경) 약관이 바뀌면 새 약관을 보여 드리고 다시 동의를 받습니다. 동의하신 버전과 시각은 수신 동의 화면에서 볼 수 있습니다.

제3조 (가입과 탈퇴) 만 14세 이상이면 가입할 수 있습니다. 회원은 언제든지 탈퇴할 수 있으며, 진행 중인 주문이 있으면 그 주문이 끝난 뒤에 탈퇴할 수 있습니다.

제4조 (주문과 계약) 회원이 주문하고 결제가 승인되면 계약이 성립합니다. 재고가 없거나 결제가 거절되면 주문은 성립하지 않으며 대금을 청구하지 않습니다. 상품 가격에는 부가가치세가 들어 있고, 배송비는 결제 전에 따로 보여 드립니다.

제5조 (배송) 도착 예정일은 주문할 때 안내합니다. 제주와 도서 지역에는 추가 배송비가 있을 수 있습니다. 배송 상태는 주문 내역에서 확인할 수 있습니다.

제6조 (주문 취소와 청약철회) 상품을 보내기 전에는 주문 내역에서 취소할 수 있습니다. 상품을 받은 날부터 7일 안에 청약을 철회할 수 있으며, 단순 변심이면 반품 배송비는 회원이 부담합니다. 상품이 표시·광고와 다르거나 하자가 있으면 받은 날부터 3개월, 그 사실을 안 날부터 30일 안에 철회할 수 있고 비용은 상점이 부담합니다. 법이 정한 예외에 해당하면 철회가 제한될 수 있습니다.

제7조 (환불) 반품된 상품을 받은 날부터 3영업일 안에 결제하신 수단으로 환불합니다.

제8조 (책임) 상점은 고의나 과실로 회원에게 끼친 손해를 배상합니다. 천재지변처럼 상점이 막을 수 없는 사유로 생긴 손해에는 책임을 지지 않습니다. 회원은 비밀번호를 남에게 알려서는 안 됩니다.

제9조 (분쟁) 분쟁은 먼저 고객센터와 협의하며, 한국소비자원이나 전자거래분쟁조정위원회의 조정을 받을 수 있습니다. 대한민국 법을 따르고, 관할은 법이 정한 바에 따릅니다."""

TERMS_EN = """This is a sample for a demo shop. Before you sell, put your shop's own terms in its place and have them checked by a lawyer.

1. Purpose. These terms say what the shop and its members owe each other. The shop's name, representative, address and contact stand at the foot of every page.

2. Changes. When the terms change, we show you the new ones and ask you to agree again. Which version you agreed to, and when, is shown among your consents.

3. Joining and leaving. Anybody aged 14 or over may join. You may leave at any time; while an order is under way, you may leave once it has ended.

4. Orders. The contract is made when your order's payment has been approved. If something is out of stock or the payment is declined, there is no contract and you are not charged. Prices include VAT; the delivery fee is shown before you pay.

5. Delivery. The expected day of arrival is shown when you order. Jeju and remote islands may cost extra. You can follow the parcel in your orders.

6. Cancelling and withdrawing. Until the goods are sent you may cancel in your orders. You may withdraw within 7 days of receiving the goods; if you have merely changed your mind, you pay for their return. If the goods are faulty or not as described, you may withdraw within 3 months of receiving them, and within 30 days of noticing, at our cost. The law knows exceptions.

7. Refunds. We refund to the means of payment within 3 working days of receiving the returned goods.

8. Liability. We answer for harm done to you by intent or negligence, not for what we could not have prevented. Do not share your password.

9. Disputes. Please talk to customer service first; you may also turn to the Korea Consumer Agency or the Electronic Commerce Mediation Committee. Korean law applies; the courts are those the law names."""

PRIVACY_KO = """이 글은 시험 상점의 예시입니다. 실제로 판매하려면 상점의 처리방침으로 바꾸고 법률 검토를 받으세요.

1. 수집하는 항목과 목적
- 가입과 로그인: 이메일, 비밀번호(되돌릴 수 없게 저장), 이름, 휴대전화 번호(선택), 언어
- 주문과 배송: 받는 사람, 전화번호, 주소, 배송 메모, 주문과 결제 내역
- 안전한 이용: 로그인 시각, 기기, 접속 주소
카드 번호는 결제사에 바로 전달되며 상점에는 저장되지 않습니다.

2. 보유 기간
탈퇴하면 아래를 빼고 파기합니다. 법에 따라 남기는 기록은 따로 보관하고 기한이 지나면 파기합니다.
- 계약·청약철회, 대금결제, 재화 공급 기록: 5년 (전자상거래법)
- 소비자 불만과 분쟁처리 기록: 3년 (전자상거래법)
- 표시·광고 기록: 6개월 (전자상거래법)
- 로그인 기록: 3개월 (통신비밀보호법)

3. 제공과 위탁
결제를 위해 결제대행사에, 배송을 위해 택배사에 필요한 정보만 보냅니다. 시험 상점에서는 두 곳 모두 모의 서비스이며 외부로 나가지 않습니다.

4. 회원의 권리
내 정보에서 보고 고칠 수 있고, 개인정보 사본에서 내려받을 수 있으며, 언제든지 탈퇴할 수 있습니다. 광고 수신 동의는 따로 받고 언제든지 철회할 수 있습니다. 동의를 거부할 수 있지만, 이 필수 동의가 없으면 가입할 수 없습니다.

5. 안전 조치
개인정보는 사람마다 다른 열쇠로 암호화하고, 직원의 열람은 기록합니다.

6. 쿠키
로그인과 장바구니, 화면 설정에 필요한 쿠키만 씁니다. 광고나 추적을 위한 쿠키는 쓰지 않습니다.

7. 문의
개인정보보호책임자와 연락처는 모든 화면의 아래쪽에 있습니다. 개인정보침해신고센터(국번 없이 118)에도 상담할 수 있습니다."""

PRIVACY_EN = """This is a sample for a demo shop. Before you sell, put your shop's own notice in its place and have it checked by a lawyer.

1. What we collect, and why
- Joining and logging in: e-mail, password (kept so that it cannot be read), name, mobile number (optional), language
- Orders and delivery: recipient, phone, address, delivery note, orders and payments
- Safety: time, device and network address of log-ins
Card numbers go straight to the payment provider and are never kept by the shop.

2. How long we keep it
When you leave, all is destroyed but the following, which the law wants kept apart and destroyed on its day:
- Contracts and withdrawals, payments, supply: 5 years (E-Commerce Act)
- Complaints and disputes: 3 years (E-Commerce Act)
- Labelling and advertising: 6 months (E-Commerce Act)
- Log-ins: 3 months (Protection of Communications Secrets Act)

3. Who receives it
The payment provider and the carrier receive only what they need. In a demo shop both are simulated, and nothing leaves it.

4. Your rights
You can see and correct your data in your profile, download a copy, and leave at any time. Advertising has consents of its own, which you may withdraw at any time. You may refuse this required consent, but cannot join without it.

5. Safety
Personal data is encrypted under a key for each person, and what staff look at is recorded.

6. Cookies
Only those needed to log in, keep a cart and remember how pages look. None for advertising or tracking.

7. Questions
The privacy officer and the contact stand at the foot of every page. The Privacy Infringement Report Centre (118 in Korea) advises, too."""
