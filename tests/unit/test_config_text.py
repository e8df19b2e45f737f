"""Configuration is masked before it touches our disk: no secret is left, equal ones stay equal, the rest stays."""

from __future__ import annotations

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
[oslo_messaging_rabbit]
kombu_reconnect_delay = 1.0
"""


def test_what_is_no_secret_stays() -> None:
    assert masked(PLAIN) == PLAIN


def test_drift_of_passwords_is_still_seen() -> None:
    def text(secret: str) -> str:
        return masked(f"[keystone_authtoken]\npassword = {secret}\n")

    assert compared(text("one"), text("one"), text("one")).drifted is False
    assert compared(text("one"), text("one"), text("two")).drifted is True


@given(st.text(max_size=300))
def test_any_text_is_taken_line_for_line(text: str) -> None:
    assert masked(text).count("\n") == text.count("\n")
