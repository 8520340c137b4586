"""What samples of a feed only suggest, so that a person must decide it."""

from collections.abc import Iterator
from typing import Any

from hub.sdk import Finding
from hub_hl7.facts.profile import CLASSES
from hub_hl7.facts.profile_adt import CLASS_NAMES
from hub_hl7.learning.letters import Letters
from hub_hl7.learning.sampling import MISSING, UNREADABLE
from hub_hl7.learning.survey import Survey

QUESTION = "question"
_NOT_IN_PRODUCTION = ("T", "D")
_Question = tuple[str, int, str]


def questions(
    survey: Survey, letters: Letters, profile: dict[str, Any]
) -> Iterator[Finding]:
    """Yield what an operator must answer, under the key of the setting."""
    for key, count, remark in (
        *_of_charset(letters, profile),
        *_of_zone(survey, profile),
        *_of_authority(survey, profile),
        *_of_classes(survey),
        *_of_tests(survey),
        *_of_midnight(survey, profile),
    ):
        yield Finding(topic=QUESTION, value=key, count=count, remark=remark)


def _of_charset(letters: Letters, profile: dict[str, Any]) -> Iterator[_Question]:
    if letters.guessed and "charset_default" in profile:
        yield (
            "charset_default",
            letters.undeclared + letters.wrong,
            (
                "Are names with accents right? The set of Western Europe is assumed, "
                "for nothing in the samples tells it from other single-byte sets; "
                "look at them with `hub feeds try --fields`"
            ),
        )


def _of_zone(survey: Survey, profile: dict[str, Any]) -> Iterator[_Question]:
    clocks = survey.clocks
    if "time_zone" in profile or not clocks.without_offset:
        return
    why = "The samples do not say it"
    if clocks.country is not None:
        why = "The country in MSH-17 and the offsets that were sent contradict"
    yield (
        "time_zone",
        clocks.without_offset,
        (
            f"In which time zone is the sender? {why}; unset, the offset of MSH-7 "
            "counts where there is one, and UTC elsewhere"
        ),
    )


def _of_authority(survey: Survey, profile: dict[str, Any]) -> Iterator[_Question]:
    count = survey.bare.total()
    if count and "assigning_authority" not in profile:
        yield (
            "assigning_authority",
            count,
            (
                "Who assigned the numbers in PID-3 and PV1-19 that do not say so? "
                "Unset, it is the facility in MSH-4"
            ),
        )


def _of_classes(survey: Survey) -> Iterator[_Question]:
    names = ", ".join(sorted(CLASS_NAMES))
    for code, count in sorted(survey.classes.items()):
        if code not in CLASSES and code not in {UNREADABLE, MISSING}:
            yield (
                f"class_map.{code}",
                count,
                f"Which class is PV1-2 {code}? One of {names}",
            )


def _of_tests(survey: Survey) -> Iterator[_Question]:
    count = sum(survey.processing[code] for code in _NOT_IN_PRODUCTION)
    if count:
        yield (
            "test_messages",
            count,
            (
                "Shall messages for training and debugging (MSH-11 T, D) have effects? "
                'Unset, they are set aside; "apply" is for hubs that are no production'
            ),
        )


def _of_midnight(survey: Survey, profile: dict[str, Any]) -> Iterator[_Question]:
    clocks = survey.clocks
    if clocks.midnight_is_frequent and "midnight_means_day" not in profile:
        yield (
            "midnight_means_day",
            clocks.at_midnight,
            (
                f"Are midnights padded dates? Of {clocks.happened} times at which "
                "something happened most are at midnight, but not all"
            ),
        )
