"""If these fail, the containers, the local stack and the settings have drifted apart."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from jgo.env import compute_spec_hash
from jsonschema import Draft202012Validator

from deploy import dotenv
from deploy.local import jars, maven
from deploy.local.environment import environment
from deploy.local.keys import AUDIENCE, ISSUER, KEY_ID, Secrets
from deploy.local.process import PROJECT
from shared import issuer
from shared.names import SERVICES
from tests.services import service_of

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
# The Compose Specification's own schema, from compose-go 2.16.2 (Apache License 2.0).
SCHEMA = json.loads(Path(__file__).with_name("compose-spec.json").read_text("utf-8"))
VARIABLE = re.compile(r"\$\{(\w+)")
PORTS = dict.fromkeys(("postgres", "kafka", *SERVICES), 1)
LOCKS = ("requirements.lock", "deploy/requirements.lock", "deploy/uv-requirements.lock")


def names(service: str, *, owner: bool) -> set[str]:
    """Return the variables of a service, with those only its migrations need or without."""
    kind = service_of(service).settings
    known = {f"{service}_{field}".upper() for field in kind.model_fields}
    left_out = set() if owner else {"OWNER_DATABASE_URL"}
    return known - {f"{service.upper()}_{name}" for name in left_out}


def test_the_compose_file_meets_the_compose_specification() -> None:
    errors = [e.message for e in Draft202012Validator(SCHEMA).iter_errors(COMPOSE)]
    assert errors == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_the_settings_it_has_and_no_other(service: str) -> None:
    local = environment(service, folder=PROJECT, ports=PORTS, secrets=Secrets.fresh())
    assert local.keys() == names(service, owner=True)
    containers = COMPOSE["services"]
    assert containers[f"{service}-migrate"]["environment"].keys() == names(service, owner=True)
    for role in ("api", "worker"):
        assert containers[f"{service}-{role}"]["environment"].keys() == names(service, owner=False)


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_an_api_a_worker_and_a_migration(service: str) -> None:
    for role in ("api", "worker", "migrate"):
        assert COMPOSE["services"][f"{service}-{role}"]["command"] == [f"services.{service}", role]


def test_an_api_waits_for_its_migration_and_the_topics() -> None:
    waits_for = COMPOSE["services"]["payments-api"]["depends_on"]
    done = {"condition": "service_completed_successfully"}
    assert waits_for == {"payments-migrate": done, "topics": done}


def test_no_secret_stands_in_the_compose_file() -> None:
    secret = re.compile("PASSWORD|SIGNING_KEY|TOKEN|DATABASE_URL")
    for container in COMPOSE["services"].values():
        for name, value in container.get("environment", {}).items():
            if secret.search(name):
                assert re.search(r"\$\{\w+:\?\}", value), name


def test_every_variable_of_the_compose_file_is_explained_and_can_be_made() -> None:
    text = (PROJECT / "docker-compose.yml").read_text("utf-8")
    read = set(VARIABLE.findall(text)) | {COMPOSE["configs"]["jwks"]["environment"]}
    example = (PROJECT / ".env.example").read_text("utf-8")
    explained = {line.partition("=")[0] for line in example.splitlines() if line[:1].isalpha()}
    assert explained == read
    assert dotenv.variables(Secrets.fresh()).keys() == read - {"ACQUIT_AUTH_AUDIENCE"}


def test_the_stack_signs_tokens_with_the_key_that_production_refuses() -> None:
    assert (ISSUER, KEY_ID) == (issuer.LOCAL, issuer.LOCAL)


def test_a_token_is_good_for_what_it_says_and_for_whom() -> None:
    secrets = Secrets.fresh()
    token = secrets.mint_token("cashier", {"demo": ["payments:record"]}, hours=1)
    (key,) = jwt.PyJWKSet.from_json(secrets.jwks()).keys
    claims = jwt.decode(token, key.key, algorithms=["EdDSA"], issuer=ISSUER, audience=AUDIENCE)
    assert claims["sub"] == "cashier"
    assert claims["rights"] == {"demo": ["payments:record"]}
    assert claims["exp"] - claims["iat"] == 3_600


def test_secrets_are_made_once(tmp_path: Path) -> None:
    assert Secrets.of(tmp_path) == Secrets.of(tmp_path)


def test_kafka_is_locked_to_the_byte_and_to_no_address() -> None:
    lock = tomllib.loads(jars.LOCK.read_text("utf-8"))
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in jars.locked())
    assert "://" not in jars.LOCK.read_text("utf-8") + maven.SPEC.read_text("utf-8")
    assert lock["metadata"]["spec_hash"] == compute_spec_hash(maven.SPEC), "run `make lock`"


def test_containers_and_local_stack_run_the_same_kafka() -> None:
    version = next(jar.version for jar in jars.locked() if jar.name == "kafka_2.13")
    assert COMPOSE["services"]["kafka"]["image"] == f"apache/kafka:{version}"


def test_the_image_installs_what_the_tests_ran_with() -> None:
    full = set(re.findall(r"^\S+==\S+", (PROJECT / LOCKS[0]).read_text("utf-8"), re.MULTILINE))
    image = set(re.findall(r"^\S+==\S+", (PROJECT / LOCKS[1]).read_text("utf-8"), re.MULTILINE))
    assert image < full


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_its_hashes_and_names_no_address(lock: str) -> None:
    text = (PROJECT / lock).read_text("utf-8")
    assert "://" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"\S+==\S+", entry)
        assert "--hash=sha256:" in entry
