"""The addresses that show people, encounters, stays and records."""

from hub.admin import entity_handlers as handlers
from hub.admin.parameters import (
    EncounterParameters,
    KnownParameters,
    Paging,
    PersonSearch,
    RecordParameters,
    StayParameters,
    TimelineParameters,
    TransitionParameters,
)
from hub.admin.route import Route
from hub.store.entity_views import (
    EncounterDetail,
    EncounterView,
    PersonDetail,
    PersonView,
    RecordDetail,
    RecordView,
    StayDetail,
    StayView,
    Timeline,
    TransitionDetail,
    TransitionView,
)
from hub.store.views import Page

ENTITY_ROUTES = (
    Route(
        "GET",
        "/api/v1/persons",
        handlers.persons,
        "The people that the hub knows, each once, in the order of their keys.",
        Page[PersonView],
        Paging,
    ),
    Route(
        "POST",
        "/api/v1/persons/search",
        handlers.find_persons,
        "Whoever has an identifier: several may, where somebody else gave it.",
        Page[PersonView],
        statuses=(413,),
        body=PersonSearch,
    ),
    Route(
        "GET",
        "/api/v1/persons/{id}",
        handlers.person,
        "The person that an identity belongs to, with numbers and links, encounters, "
        "stays and records, and who said what when.",
        PersonDetail,
        KnownParameters,
        statuses=(404,),
    ),
    Route(
        "GET",
        "/api/v1/persons/{id}/timeline",
        handlers.timeline,
        "What happened to a person, in that order, with the messages behind it.",
        Timeline,
        TimelineParameters,
        statuses=(404,),
    ),
    Route(
        "GET",
        "/api/v1/encounters",
        handlers.encounters,
        "The encounters of people, in the order of their keys.",
        Page[EncounterView],
        EncounterParameters,
    ),
    Route(
        "GET",
        "/api/v1/encounters/{id}",
        handlers.encounter,
        "One encounter with the facts, messages and events behind it.",
        EncounterDetail,
        KnownParameters,
        statuses=(404,),
    ),
    Route(
        "GET",
        "/api/v1/stays",
        handlers.stays,
        "The stays of people over sources and hospitals, in the order of their keys.",
        Page[StayView],
        StayParameters,
    ),
    Route(
        "GET",
        "/api/v1/stays/{id}",
        handlers.stay,
        "One stay with its path, and the messages and events behind it.",
        StayDetail,
        statuses=(404,),
    ),
    Route(
        "GET",
        "/api/v1/transitions",
        handlers.transitions,
        "The ways out of stays and their clocks, in the order of their keys.",
        Page[TransitionView],
        TransitionParameters,
    ),
    Route(
        "GET",
        "/api/v1/transitions/{id}",
        handlers.transition,
        "One transition with its clocks and the events about it.",
        TransitionDetail,
        statuses=(404,),
    ),
    Route(
        "GET",
        "/api/v1/records",
        handlers.records,
        "Referrals, appointments, documents, assessments and results, "
        "in the order of their keys.",
        Page[RecordView],
        RecordParameters,
    ),
    Route(
        "GET",
        "/api/v1/records/{id}",
        handlers.record,
        "One record with the facts, messages and events behind it.",
        RecordDetail,
        KnownParameters,
        statuses=(404,),
    ),
)
