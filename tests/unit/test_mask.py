"""Secrets: none is shown, equal ones stay equal, and what is harmless stays as it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.masking import mask
from tests.making import fixture_files, fixture_lines

FERNET = "gAAAAABlabcdefghijklmnopqrstuvwxyz0123456789_-ABCDEFGHIJ=="
SECRET = "s3cr3t-W0rd"

# (text, what must not be left of it)
SECRETS = [
    ("transport_url = rabbit://openstack:{}@10.0.0.1:5672/", SECRET),
    ("transport_url=rabbit://openstack:{}@c1:5672,openstack:{}@c2:5672//", SECRET),
    ("transport_url=rabbit://a:first@c1:5672,openstack:{}@c2:5672,openstack:{}@c3:5672/vhost", SECRET),
    ("connection = mysql+pymysql://nova:{}@db/nova?charset=utf8", SECRET),
    ("'connection': 'mysql+pymysql://nova:{}@db/nova'", SECRET),
    ("backend_url = redis://:{}@10.0.0.1:6379", SECRET),
    ("mongodb://admin:{}@m1,m2/ceilometer", SECRET),
    ("http://user:{}@proxy:3128/", SECRET),
    ("connection = postgresql://keystone:{}@[fd00::1]:5432/keystone", SECRET),
    ("mysql://nova:{}@db/nova", "pa:ss/wo%40rd"),
    ("X-Auth-Token: {}", FERNET),
    ("X-Auth-Token: {}", "0123456789abcdef0123456789abcdef"),
    ('-H "X-Auth-Token: {}" -H "Accept: json"', FERNET),
    ("'X-Auth-Token': '{}'", FERNET),
    ("x-subject-token: {}", FERNET),
    ("{'X-Service-Token': '{}', 'a': 1}", FERNET),
    ("Authorization: Bearer {}", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def-ghi"),
    ("Authorization: Basic {}", "b3BlbnN0YWNrOnMzY3JldA=="),
    ("token {} is expired", FERNET),
    ("password={}", SECRET),
    ("password = {}", SECRET),
    ("admin_password: {}", SECRET),
    ("OS_PASSWORD={}", SECRET),
    ("MYSQL_ROOT_PASSWORD={}", SECRET),
    ("{'password': '{}', 'name': 'x'}", SECRET),
    ("{'password': u'{}'}", SECRET),
    ('{"auth": {"password": "{}"}}', SECRET),
    (r"{\"password\": \"{}\"}", SECRET),
    ("'adminPass': '{}'", SECRET),
    ('"adminPass": "{}"', SECRET),
    ("memcache_secret_key = {}", SECRET),
    ("metadata_proxy_shared_secret={}", SECRET),
    ("rbd_secret: {}", SECRET),
    ("auth_token={}", SECRET),
    ("api_key: '{}'", SECRET),
    ('password="{}"', "two words"),
    ("passwd={};", SECRET),
    ("admin_token = {}", SECRET),
    ("AWS_SECRET_ACCESS_KEY={}", SECRET),
    ("X-Vault-Token: {}", SECRET),
    ("GET /vnc_auto.html?token={}", "0123456789abcdef"),
    ('{"token": "{}"}', "0123456789abcdef"),
    ("openstack --os-password {} server list", SECRET),
    ("passphrase={}", SECRET),
    ("CREATE USER nova IDENTIFIED BY '{}'", SECRET),
    ("key = {}", "AQBq7pJbAAAAABAAcDe0fGhIjKlMnOpQrStUvA=="),
    ("Cookie: sessionid={}", SECRET),
]


def fill(text: str, secret: str) -> str:
    return text.replace("{}", secret)


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_is_not_shown(text: str, secret: str) -> None:
    masked = mask(fill(text, secret))
    for piece in re.split(r"[\s/]", secret):
        assert piece not in masked, masked
    assert "***" in masked


@pytest.mark.parametrize(("text", "secret"), [row for row in SECRETS if "two words" not in row[1]])
def test_equal_stays_equal_and_different_different(text: str, secret: str) -> None:
    assert mask(fill(text, secret)) == mask(fill(text, secret))
    assert mask(fill(text, secret)) != mask(fill(text, secret[:-4] + "Zq97"))


# Two coats of one secret.
COATS = [
    ("password={}", "mysql://nova:{}@db/nova", SECRET),
    ("'adminPass': '{}'", "password={}", SECRET),
    ("X-Auth-Token: {}", "token {} is expired", FERNET),
    ("X-Auth-Token: {}", "'X-Subject-Token': '{}'", FERNET),
    ("Authorization: Bearer {}", "X-Auth-Token: {}", FERNET),
    ("auth_token={}", "token {} is expired", FERNET),
]


@pytest.mark.parametrize(("one", "other", "secret"), COATS)
def test_one_secret_in_two_coats_has_one_mask(one: str, other: str, secret: str) -> None:
    found = [re.findall(r"\*\*\*[0-9a-f]+", mask(fill(coat, secret))) for coat in (one, other)]
    assert found[0] == found[1]
    assert len(found[0]) == 1


HARMLESS = [
    "",
    "Unable to establish connection to http://controller1:9696/v2.0/networks?id=3bb33058-1379-4f96-a4fb-09412fb99843",
    "http://controller1:5000/v3/users?name=bob@example.com",
    "GET http://controller1:9696/v2.0/agents?host=rabbit@controller1 used request id req-1",
    "rabbit@controller1.log: node rabbit@controller1 down",
    "AMQP server on controller1:5672 is unreachable",
    "The password you provided is too short",
    "password: ***",
    "'password': '***'",
    "secret=None",
    "'adminPass': '<SANITIZED>'",
    "token expired",
    "Basic authentication is off",
    "Invalid token",
    "bearer of bad news",
    "compute pass 3 of 7",
    "req-8d06afd5-b7e8-4b4c-a6a5-6ed4d2b2ee6e secret service",
    "2026-11-22 06:07:39.087 28816 ERROR nova.api.openstack.wsgi [None req-1] text",
    "ssh://git@review.opendev.org:29418/openstack/nova",
    "Access denied for user 'nova'@'controller1' (using password: YES)",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_untouched(text: str) -> None:
    assert mask(text) == text


@given(st.text())
def test_any_text_is_masked_without_an_error(text: str) -> None:
    assert isinstance(mask(text), str)


def test_long_text_takes_no_long_time() -> None:
    import time

    began = time.monotonic()
    for piece in ("a://", "password", "x" * 50, "gAAAA", "a:", "token=" * 3, "http://c:1/", "'\" "):
        mask((piece * 60_000)[:65_536] + "@")
    assert time.monotonic() - began < 3


def test_the_fixtures_hold_few_words_that_are_masked() -> None:
    """Captured logs are scrubbed: what is masked in them is a token or a password by its name, not half of the text."""
    lines = [line for path in fixture_files() for line in fixture_lines(path)]
    changed = [line for line in lines if mask(line) != line]
    assert len(changed) < len(lines) / 20
