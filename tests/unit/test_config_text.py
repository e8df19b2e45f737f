"""Configuration is masked before it touches our disk: no secret is left, equal ones stay equal, the rest stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.masking.config_text import masked
from tests.unit.test_config import compared

SECRET = "s3cr3t-W0rd"

# Each is a file, with {} where the secret stands.
FILES = [
    "[DEFAULT]\ntransport_url = rabbit://openstack:{}@10.0.0.1:5672,openstack:{}@10.0.0.2:5672//\n",
    "[DEFAULT]\ntransport_url = rabbit://openstack:p@s#{}@10.0.0.1:5672//\n",
    "[database]\nconnection = mysql+pymysql://nova:{}@db/nova?charset=utf8\n",
    "[keystone_authtoken]\npassword = {}\nmemcache_secret_key={}\n",
    "[keystone_authtoken]\npassword = two words {}\n",
    "[neutron]\nmetadata_proxy_shared_secret =\n    {}\n",
    "[x]\npassword = one\n    {}\n    {}\n",
    "[ldap]\npassword: {}\n",
    "# password = {}\n",
    "#   transport_url = rabbit://a:{}@b//\n",
    ";admin_token={}\n",
    "[filter:tempauth]\nuser_admin_admin = {} .admin .reseller_admin\n",
    "[swift-hash]\nswift_hash_path_suffix = {}\n",
    "[mysqld]\nwsrep_sst_auth = sst:{}\n",
    '[client]\nuser=root\npassword="{}"\n',
    "listen stats\n    stats auth admin:{}\n    stats enable\n",
    "userlist u\n  user admin insecure-password {}\n",
    '[{rabbit, [{default_user, <<"guest">>}, {default_pass, <<"{}">>}]}].\n',
    "default_pass = {}\n",
    "requirepass {}\nmasterauth {}\n",
    "[client.admin]\n\tkey = {}\n",
    'vnc_password = "{}"\n',
    "database:\n  password: {}\n  items:\n    - secret: {}\n",
    "[DEFAULT]\nssl_key = |\n-----BEGIN RSA PRIVATE KEY-----\n{}\n{}\n-----END RSA PRIVATE KEY-----\ndebug = true\n",
    "Redirect https://user:{}@proxy:3128/\n",
    # values that go on: in oslo.config whatever is indented, in YAML below the name, behind a backslash
    "[DEFAULT]\ntransport_url = rabbit://a:{}@h1:5672,\n   b:{}@h2:5672//\ndebug = true\n",
    "[database]\nconnection =\n   mysql+pymysql://nova:{}@db/nova\n",
    "password =\n# of the database\n\n    {}\n",
    "password = one\n    x = {}\n",
    "password =\n    ab:{}\n    [{}]\n",
    "password = one\\\n{}\nnext = 1\n",
    "password: |\n  {}\n  more {}\nnext: 1\n",
    "passwords:\n- {}\n- other-{}\nnext: 1\n",
    '{default_pass,\n<<"{}">>},\n',
    '[{rabbitmq_management, [{ssl_opts, [{password, "ab\\"{}"}, {verify, verify_peer}]}]}].\n',
    '{passwords, ["{}", "{}"]}\n',
    # a name and its value inside a line
    "env = OS_PASSWORD={}\n",
    "db: {user: nova, token: {}, host: db}\n",
    '{"auth": {"user": "nova", "key": "{}"}}\n',
    '{"x": 1, "key": "ab\\"{}"}\n',
    'mysql_users = ( { username = "root" , password = "{}" , default_hostgroup = 0 } )\n',
    'admin_variables =\n{\n    admin_credentials="admin:{};stats:{}"\n}\n',
    'key "rndc-key" { algorithm hmac-md5; secret "{}"; };\n',
    "include x; key k { secret {}; };\n",
    'wsrep_provider_options="gcache.size=1G;socket.ssl_password={}"\n',
    "auth_url = http://admin:{}@keystone:5000/v3\n",
    "url = http://h/x?user=a&token={}&b=c\n",
    # words
    "backend redis\n    option tcp-check\n    tcp-check send AUTH\\ {}\\r\\n\n    tcp-check expect string +OK\n",
    '    http-request set-header Authorization "Basic {}"\n',
    "userlist u\n  user op password $6$salt${}\n",
    "vrrp_instance v {\n  authentication {\n    auth_type PASS\n    auth_pass {}\n  }\n}\n",
    "sentinel auth-pass mymaster {}\nuser default on >{} ~* +@all\nrename-command CONFIG {}\n",
    "SetEnv OS_PASSWORD {}\nOIDCClientSecret {}\n",
    "rocommunity {} default\n",
    "admin:$apr1$salt${}\n",
    # in comments
    "#auth_pass {}\n#   stats auth admin:{}\n# user op insecure-password {}\n",
    "# -----BEGIN PRIVATE KEY-----\n# {}\n# -----END PRIVATE KEY-----\n",
    # names
    "dbpass = {}\nrootpw={}\npass_phrase = {}\nuserpass {}\n",
    "apiKey: {}\nauthToken: {}\nclientSecret: {}\nprivateKey: {}\n",
    "[filter:tempauth]\nuser64_dGVzdA_dA = {} .admin\n[filter:tempauth2]\nuser_a_b = {} .admin\n",
    "root_token_id = {}\nhmac_keys = {}\ndsn = https://{}@sentry.example.org/3\n",
    "password = {}\r\nnext = 1\r\n",
]


@pytest.mark.parametrize("text", FILES)
def test_no_secret_is_left_and_equal_ones_stay_equal(text: str) -> None:
    one = masked(text.replace("{}", SECRET))
    assert SECRET not in one
    assert one.count("\n") == text.count("\n")
    assert one == masked(text.replace("{}", SECRET))
    assert one != masked(text.replace("{}", "another-one"))
    assert masked(one) == one  # what is masked is masked


PLAIN = """\
[DEFAULT]
debug = true
my_ip = 10.0.0.1
# The address to listen on. See https://docs.example.org/nova/#options
enabled_apis = osapi_compute,metadata
ssl_key_file = /etc/nova/ssl/key.pem
[api]
auth_strategy = keystone
password_length = 12
max_active_keys = 3
paste.filter_factory = nova.api.auth:NovaKeystoneContext.factory
ssl_key: "/etc/proxysql/certs/key.pem"
# The password of the database user is kept elsewhere.
ProxyPass / http://10.0.0.1:8080/
[oslo_messaging_rabbit]
kombu_reconnect_delay = 1.0
"""


def test_what_is_no_secret_stays() -> None:
    assert masked(PLAIN) == PLAIN


def test_a_value_that_goes_on_ends() -> None:
    text = "[database]\nconnection =\n  mysql://nova:x1y2z3@db/n\nretries = 3\n\n[x]\npassword = a\n\ndebug = true\n"
    assert masked(text).count("***") == 2
    for line in ("retries = 3", "[x]", "debug = true"):
        assert f"\n{line}\n" in masked(text)


def test_a_key_that_threads_make_at_once_is_one(tmp_path: Path) -> None:
    """The first fetch of a new user masks in many threads; one secret must not look like several."""
    code = (
        "import sys, threading\nfrom haystack.masking import stars\nsys.setswitchinterval(1e-6)\n"
        "found, barrier = set(), threading.Barrier(32)\n"
        "def work():\n    barrier.wait()\n    found.add(stars('same'))\n"
        "threads = [threading.Thread(target=work) for _ in range(32)]\n"
        "[thread.start() for thread in threads]\n[thread.join() for thread in threads]\nprint(len(found))"
    )
    for number in range(5):
        environment = {**os.environ, "HAYSTACK_CACHE": str(tmp_path / str(number))}
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert run.stdout == "1\n"


@pytest.mark.parametrize(
    "piece", ["password=a token=b ", "{a,{key,", "a key:", "user a@b:c@d,", '"key \\"', "$6$a$ key "]
)
def test_hostile_lines_take_no_longer_than_others(piece: str) -> None:
    text = "\n".join([piece * (200_000 // len(piece)), *[piece * (8000 // len(piece))] * 10])
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < 5


def test_drift_of_passwords_is_still_seen() -> None:
    def text(secret: str) -> str:
        return masked(f"[keystone_authtoken]\npassword = {secret}\n")

    assert compared(text("one"), text("one"), text("one")).drifted is False
    assert compared(text("one"), text("one"), text("two")).drifted is True


@given(st.text(max_size=300))
def test_any_text_is_taken_line_for_line(text: str) -> None:
    assert masked(text).count("\n") == text.count("\n")
