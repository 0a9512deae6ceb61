"""Which zip codes lie across the sea: versioned data, to be checked against one's own carrier's table.

Ranges of five-digit zip codes, both ends included, as the Korean carriers publish them for their surcharge.
"""

VERSION = "2026-01"

JEJU = ((63000, 63644),)

ISLANDS = (
    (22386, 22388),  # 인천 중구 섬
    (23004, 23010),  # 강화 서도·삼산
    (23100, 23116),  # 옹진 백령·대청·연평
    (23124, 23136),  # 옹진 영흥·자월·덕적
    (31708, 31711),  # 당진 대난지도
    (32133, 32133),  # 태안 가의도
    (33411, 33411),  # 보령 오천면 섬
    (40200, 40240),  # 울릉
    (46768, 46771),  # 부산 강서 섬
    (52570, 52571),  # 사천 섬
    (53031, 53033),  # 통영 한산
    (53089, 53104),  # 통영 욕지·사량
    (54000, 54000),  # 군산 옥도
    (56347, 56349),  # 부안 위도
    (57068, 57069),  # 영광 낙월
    (58760, 58762),  # 목포 섬
    (58800, 58810),  # 신안 북부
    (58816, 58818),  # 신안
    (58826, 58826),  # 신안
    (58832, 58832),  # 신안
    (58839, 58841),  # 신안
    (58843, 58866),  # 신안 남부
    (58953, 58958),  # 진도 조도
    (59102, 59103),  # 완도
    (59127, 59129),  # 완도
    (59137, 59145),  # 완도 청산
    (59149, 59170),  # 완도 노화·보길
    (59421, 59421),  # 보성 섬
    (59531, 59531),  # 고흥 섬
    (59551, 59551),  # 고흥 섬
    (59563, 59563),  # 고흥 섬
    (59568, 59568),  # 고흥 섬
    (59650, 59650),  # 여수 섬
    (59766, 59766),  # 여수 섬
    (59781, 59790),  # 여수 남면·삼산
)


def zone_of(zip_code: str) -> str:
    """Return "jeju", "island" or "mainland" for a five-digit zip code."""
    number = int(zip_code)
    if any(first <= number <= last for first, last in JEJU):
        return "jeju"
    if any(first <= number <= last for first, last in ISLANDS):
        return "island"
    return "mainland"
