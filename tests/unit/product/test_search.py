"""What people type finds what they mean, and nothing else."""

from uuid import UUID

import pytest

from jangteo.product.search.finder import Request, find
from jangteo.product.search.reading import How

NAMES = [
    ("무선 이어폰 케이스 실리콘", "Silicone case"),
    ("노이즈캔슬링 무선 이어폰", "Wireless earphones"),
    ("블루투스 무선이어폰 프로", ""),
    ("유선 이어폰 3.5mm", "Wired earphones"),
    ("무선 마우스", "Wireless mouse"),
    ("휴대폰 케이스 투명", "Clear phone case"),
    ("스테인리스 텀블러 500ml", "Steel tumbler 500ml"),
    ("여름 반팔티셔츠 오버핏", "Oversized tee"),
    ("강아지 져키 간식", "Dog jerky"),
    ("에어프라이어 4L", "Air fryer"),
    ("고양이 캔 사료", "Canned cat food"),
    ("소이 캔들", "Soy candle"),
    ("커피 원두 1kg", "Coffee beans"),
    ("물기제거 수건", "Drying towel"),
    ("고속 충전기", "Fast charger"),
    ("화장품 파우치", "Pouch"),
]


@pytest.fixture
def index(shop, thing):
    return shop(*(thing(number, ko, en, brand="nurion") for number, (ko, en) in enumerate(NAMES, 1)))


def names_found(index, text, **more):
    found = find(index, Request(text=text, size=60, **more))
    return {NAMES[UUID(id).int - 1][0] for id in found.ids}, found


EARPHONES = {"노이즈캔슬링 무선 이어폰", "블루투스 무선이어폰 프로", "유선 이어폰 3.5mm", "무선 이어폰 케이스 실리콘"}
WIRELESS_EARPHONES = EARPHONES - {"유선 이어폰 3.5mm"}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("무선 이어폰", WIRELESS_EARPHONES),
        ("무선이어폰", WIRELESS_EARPHONES),
        ("이어폰 무선", WIRELESS_EARPHONES),
        ("wireless earphones", WIRELESS_EARPHONES),
        ("Wireless Earphone", WIRELESS_EARPHONES),
        ("이어폰", EARPHONES),
        ("이어폰을", EARPHONES),
        ("노이즈 캔슬링", {"노이즈캔슬링 무선 이어폰"}),
        ("노이즈캔슬링", {"노이즈캔슬링 무선 이어폰"}),
        ("노캔", {"노이즈캔슬링 무선 이어폰"}),
        ("텀블러 500 ml", {"스테인리스 텀블러 500ml"}),
        ("텀블러500ml", {"스테인리스 텀블러 500ml"}),
        ("tumblers", {"스테인리스 텀블러 500ml"}),
        ("반팔 티셔츠", {"여름 반팔티셔츠 오버핏"}),
        ("여름반팔티셔츠오버핏", {"여름 반팔티셔츠 오버핏"}),
        ("강아지간식", {"강아지 져키 간식"}),
        ("air fryer", {"에어프라이어 4L"}),
        ("에어 프라이어", {"에어프라이어 4L"}),
        ("캔", {"고양이 캔 사료"}),
        ("coffee", {"커피 원두 1kg"}),
        ("휴대폰케이스", {"휴대폰 케이스 투명"}),
    ],
)
def test_words_find_exactly_the_things_they_name(index, typed, wanted):
    names, found = names_found(index, typed)
    assert (names, found.how) == (wanted, How.EXACT)


@pytest.mark.parametrize(
    ("typed", "wanted", "read_as"),
    [
        ("이어퐁", EARPHONES, "이어폰"),
        ("블루트스", {"블루투스 무선이어폰 프로"}, "블루투스"),
        ("케이쓰", {"무선 이어폰 케이스 실리콘", "휴대폰 케이스 투명"}, "케이스"),
        ("충전키", {"고속 충전기"}, "충전기"),
        ("파우취", {"화장품 파우치"}, "파우치"),
        ("에어프라이기", {"에어프라이어 4L"}, "에어프라이어"),
        ("tumblr", {"스테인리스 텀블러 500ml"}, "tumbler"),
        ("zjvl", {"커피 원두 1kg"}, "커피"),
        ("xjaqmffj", {"스테인리스 텀블러 500ml"}, "텀블러"),
        ("채ㄹㄹㄷㄷ", {"커피 원두 1kg"}, "coffee"),
        ("무선 이어퐁", WIRELESS_EARPHONES, "무선 이어폰"),
    ],
)
def test_what_was_mistyped_is_read_as_what_was_meant(index, typed, wanted, read_as):
    names, found = names_found(index, typed)
    assert (names, found.how, found.text) == (wanted, How.CORRECTED, read_as)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("ㅁㅅㅇㅇㅍ", WIRELESS_EARPHONES),
        ("ㅇㅇㅍ", EARPHONES | {"에어프라이어 4L"}),
        ("ㅌㅂㄹ", {"스테인리스 텀블러 500ml"}),
        ("ㄱㅅ ㅊㅈㄱ", {"고속 충전기"}),
    ],
)
def test_initial_consonants_find_words_from_their_beginning(index, typed, wanted):
    assert names_found(index, typed)[0] == wanted


def test_a_real_word_is_not_taken_for_a_mistyped_one(shop, thing):
    index = shop(thing(1, "무선 마우스"), thing(2, "무섬마을 쌀과자"))
    assert find(index, Request(text="무섬")).ids == [str(UUID(int=2))]


def test_some_of_the_words_are_better_than_nothing(index):
    names, found = names_found(index, "노이즈캔슬링 유모차")
    assert found.how is How.RELAXED
    assert "노이즈캔슬링 무선 이어폰" in names


def test_nothing_is_nothing(index):
    names, found = names_found(index, "양자컴퓨터")
    assert (names, found.how, found.total, found.next_cursor) == (set(), How.NOTHING, 0, None)


@pytest.mark.parametrize("typed", ['"', "(", "*", "name:x", "\\", "ㅏ", "🙂", "a" * 100, "' OR 1=1 --", "무" * 100])
def test_no_typing_breaks_the_search(index, typed):
    find(index, Request(text=typed, facets=True))


def test_a_name_ranks_above_a_tag_and_a_tag_above_a_description(shop, thing):
    index = shop(
        thing(1, "접이식 의자", description="캠핑 갈 때 좋습니다"),
        thing(2, "접이식 테이블", tags=["캠핑"]),
        thing(3, "캠핑 랜턴"),
    )
    assert [UUID(id).int for id in find(index, Request(text="캠핑")).ids] == [3, 2]
    assert [UUID(id).int for id in find(index, Request(text="캠핑 갈")).ids] == [1]


def test_what_sells_better_ranks_first_among_equals(shop, thing):
    index = shop(thing(1, "세라믹 머그컵", popularity=1), thing(2, "세라믹 머그컵", popularity=5_000))
    assert [UUID(id).int for id in find(index, Request(text="머그컵")).ids] == [2, 1]


def test_a_changed_name_is_found_and_the_old_one_is_not(shop, thing, listing):
    index = shop(thing(1, "파란 우산"), thing(2, "접이식 양산"))
    index.change([listing(thing(1, "투명 비옷"))], [UUID(int=2)])
    assert find(index, Request(text="우산")).total == 0
    assert find(index, Request(text="양산")).total == 0
    assert find(index, Request(text="비옷")).ids == [str(UUID(int=1))]
    assert index.vocabulary.complete("비", 5)[:1] == ["비옷"]
    assert index.vocabulary.complete("우산", 5) == index.vocabulary.complete("양산", 5) == []


@pytest.mark.parametrize(
    ("typed", "first"), [("무선", "무선"), ("무ㅅ", "무선"), ("ㅁㅅ", "무선"), ("antj", "무선"), ("tumb", "tumbler")]
)
def test_what_is_being_typed_is_completed(index, typed, first):
    assert index.vocabulary.complete(typed, 5)[0] == first
