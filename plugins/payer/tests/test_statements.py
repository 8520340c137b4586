"""Rows of services as the hub's normaliser gets them. Everybody is made up."""

import msgspec
import pytest

from hub.testing import NormaliserContract
from hub_payer.x12.reading import normalise
from hub_payer.x12.spec import X12
from hub_payer.x12_services.codes import ROW_CODES
from plugins.payer.tests import (
    test_claims,
    test_eligibility,
    test_remittances,
    test_reviews,
)
from plugins.payer.tests.transactions import PROFILE, interchange, message, rows_of

FILES = (
    interchange("278", test_reviews.REQUEST),
    interchange("278", test_reviews.RESPONSE),
    interchange("271", test_eligibility.ANSWER),
    test_claims.file(test_claims.CLAIM),
    test_claims.file(test_claims.CLAIM.replace("11:A:1", "11:A:8")),
    interchange("835", test_remittances.PAYMENT),
)


class TestServices(NormaliserContract):
    @pytest.fixture
    def spec(self):
        return X12

    @pytest.fixture
    def profile(self):
        return PROFILE

    @pytest.fixture
    def samples(self):
        encode = msgspec.json.encode
        return [encode(message(row)) for body in FILES for row in rows_of(body)]


def test_a_row_of_a_form_that_is_not_known_is_a_problem():
    (row, *_rest) = rows_of(FILES[0])
    broken = msgspec.structs.replace(row, body=b'{"kind": "claim", "claim": 4}')

    found = normalise(msgspec.json.encode(message(broken)), PROFILE)
    assert found.problem is not None


def test_every_code_of_a_row_has_words_and_a_remedy():
    for meaning, remedy in ROW_CODES.values():
        assert meaning.strip().rstrip(".") == meaning
        assert remedy.strip().rstrip(".") == remedy
    assert set(ROW_CODES) <= set(X12.row_codes)
