"""``hub tokens``, beside a running hub and without one."""

import json

import pytest

from hub.admin.access import parse_token
from hub.store.lock import FolderLock
from hub.store.queries import Reader
from tests.cli.test_replay import running_hub

pytestmark = pytest.mark.usefixtures("migrated")


def tokens(seeded):
    return Reader(seeded.path).access.tokens()


def create(hub, config, *arguments):
    result = hub("tokens", "create", *arguments, "--config", config)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_token_is_printed_once_and_kept_as_a_hash(hub, config, seeded):
    text = create(hub, config, "--role", "admin", "--name", "anna", "--expires", "90d")

    [kept] = tokens(seeded)
    secret = parse_token(text)
    assert (kept.id, kept.name, kept.role) == (secret.id, "anna", "admin")
    assert (kept.expires_at - kept.created_at).days == 90
    assert kept.hash.startswith("$argon2id$")
    assert secret.secret.encode() not in seeded.path.read_bytes()


def test_a_list_shows_who_may_and_no_secret(hub, config):
    secret = parse_token(create(hub, config, "--role", "viewer"))
    listed = hub("tokens", "list", "--config", config)
    as_json = json.loads(hub("tokens", "list", "--json", "--config", config).stdout)

    assert secret.id in listed.stdout
    assert secret.secret not in listed.stdout
    [item] = as_json["items"]
    assert (item["id"], item["role"]) == (secret.id, "viewer")
    assert "hash" not in item


def test_who_makes_no_administrator_is_told(hub, config):
    told = "Nobody has the role admin"
    before = hub("tokens", "create", "--role", "viewer", "--config", config)
    after = hub("tokens", "create", "--role", "admin", "--config", config)

    assert told in before.stderr
    assert told not in after.stderr


def test_a_token_is_revoked(hub, config, seeded):
    secret = parse_token(create(hub, config, "--role", "viewer"))
    result = hub("tokens", "revoke", secret.id, "--config", config)

    assert result.exit_code == 0
    assert tokens(seeded)[0].revoked_at is not None
    assert hub("tokens", "revoke", "none", "--config", config).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--role", "king"], 2),
        (["--role", "viewer", "--expires", "soon"], 2),
        (["--role", "feed"], 1),
        (["--role", "feed", "--scope", "nowhere"], 1),
        (["--role", "admin", "--scope", "klinik-nord"], 1),
        (["--role", "admin", "--name", "a b"], 1),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    hub, config, seeded, arguments, status
):
    result = hub("tokens", "create", *arguments, "--config", config)

    assert result.exit_code == status
    assert tokens(seeded) == []


@pytest.fixture
def replay(hub, seeded, config):
    """Ask a running hub to replay a message; return the exit status."""

    def replay(*options):
        with running_hub(seeded, config) as asked:
            words = [*options, "replay", seeded.message(2), "--config", config]
            result = hub(*words)
        return result, asked

    return replay


def test_a_command_without_a_token_is_refused_by_a_running_hub(hub, config, replay):
    create(hub, config, "--role", "admin")
    result, asked = replay()

    assert result.stderr.startswith("[CLI-004]")
    assert "ACCESS-001" in result.stderr
    assert asked == []


def test_a_command_shows_the_token_of_the_variable(hub, config, replay, monkeypatch):
    monkeypatch.setenv("CAREHUB_TOKEN", create(hub, config, "--role", "operator"))
    result, asked = replay()

    assert result.exit_code == 0, result.output
    assert len(asked) == 1


def test_a_command_shows_the_token_of_a_file(
    hub, config, replay, monkeypatch, tmp_path
):
    monkeypatch.setenv("CAREHUB_TOKEN", "the variable does not count then")
    file = tmp_path / "token"
    file.write_text(create(hub, config, "--role", "operator") + "\n")
    result, asked = replay("--token-file", file)

    assert result.exit_code == 0, result.output
    assert len(asked) == 1


def test_a_running_hub_that_answers_nobody_is_an_error(hub, config, seeded):
    with FolderLock(seeded.folder):
        result = hub("tokens", "create", "--role", "admin", "--config", config)

    assert result.stderr.startswith("[CLI-003]")


def test_a_file_of_a_token_that_cannot_be_read_is_a_wrong_use(replay, tmp_path):
    result, asked = replay("--token-file", tmp_path / "none")

    assert result.exit_code == 2
    assert asked == []
