"""When an answer may be waited for, how long, and what is told of it."""

import pytest

from jangteo.kit.eventstore import Recorded
from jangteo.order.domain.ending import Reason
from jangteo.order.live import is_settled, preferred_wait
from jangteo.order.story import read, stored, told, view
from jangteo.order.wording import REASONS, decline_label, reason_label


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("wait=5", 5),
        ("respond-async, wait=3", 3),
        ('wait="7"', 7),
        ("WAIT = 2", 2),
        ("wait=999", 10),
        ("wait=-1", 0),
        ("wait=x", 0),
        ("await=3", 0),
        ("wait=٣", 0),
    ],
)
def test_a_client_may_prefer_to_wait_ten_seconds_at_most(header, seconds):
    assert preferred_wait(header) == seconds


UNDER_WAY = {"placed", "asked", "authorised"}


def test_an_order_is_settled_when_nobody_but_a_person_or_a_parcel_can_move_it(stories):
    settled = {name for name, story in stories.items() if is_settled(view(story))}
    cancelling = {name for name in stories if name.startswith("cancelling")}
    assert settled == set(stories) - UNDER_WAY - cancelling


def test_a_view_comes_back_from_the_database_as_it_was_stored(stories):
    for story in stories.values():
        assert read(stored(view(story))) == view(story)


def test_a_story_told_in_parts_is_the_story_told_at_once(stories, recorded):
    for name, story in stories.items():
        part = None
        for record in recorded[name]:
            part = told(story.order.id, [record], part)
        assert part == story


def test_every_reason_has_its_words_in_both_languages():
    assert set(REASONS) == set(Reason)
    assert reason_label("", "ko") == decline_label("", "ko") == ""
    assert decline_label("never_heard_of", "en") == "The card issuer declined the payment"


@pytest.fixture(scope="module")
def recorded(situation_events):
    return {
        name: [Recorded(version, event, at, "buyer:1", None) for version, (event, at) in enumerate(events, start=1)]
        for name, events in situation_events.items()
    }


@pytest.fixture(scope="module")
def stories(recorded, situations):
    return {name: told(situations[name].id, records) for name, records in recorded.items()}
