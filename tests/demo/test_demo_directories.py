import csv
import io
import json

from hub.demo.directories import FOOD_BANK, INBOXES, SECRET_PLACE, write_directories


def test_writes_both_exports_to_where_the_hub_looks(tmp_path):
    write_directories(tmp_path)

    found = {
        each.relative_to(tmp_path).as_posix()
        for each in tmp_path.rglob("*")
        if each.is_file()
    }
    assert found == {
        f"{INBOXES['city']}/directory.json",
        f"{INBOXES['county']}/directory.csv",
    }


def test_the_city_has_a_food_bank_by_its_own_number(tmp_path):
    write_directories(tmp_path)
    services = json.loads((tmp_path / INBOXES["city"] / "directory.json").read_bytes())

    numbers = [each["organization"]["id"] for each in services]
    assert numbers.count(FOOD_BANK) == 1
    assert len({each["id"] for each in services}) == len(services)


def test_only_the_county_says_where_the_shelter_is_and_that_it_is_secret(tmp_path):
    write_directories(tmp_path)
    county = (tmp_path / INBOXES["county"] / "directory.csv").read_text("utf-8")
    city = (tmp_path / INBOXES["city"] / "directory.json").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(county, newline="")))

    secret = [row for row in rows if row["confidential"] == "yes"]
    assert [row["physical_address1"] for row in secret] == [SECRET_PLACE]
    assert SECRET_PLACE not in city
