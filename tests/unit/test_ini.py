"""Configuration files as their own programs read them. The files are composed here."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.insight import blocks, ini
from haystack.insight.ini import Parsed

PARSERS = [ini.oslo, ini.mysql, ini.ceph, ini.flat, blocks.haproxy, blocks.memcached, blocks.erlang]

# (parser, text, settings as (section, option, value, line))
CASES: list[tuple[Callable[[str], Parsed], str, list[tuple[str, str, str, int]]]] = [
    (ini.oslo, "[DEFAULT]\nmy_ip = 10.0.0.1", [("DEFAULT", "my_ip", "10.0.0.1", 2)]),
    (ini.oslo, "[DEFAULT]\nmy_ip=10.0.0.1\r\n", [("DEFAULT", "my_ip", "10.0.0.1", 2)]),
    (ini.oslo, "[AGENT]\nReport_Interval: 30", [("agent", "Report_Interval", "30", 2)]),
    (ini.oslo, "[a]\nurl = http://x:1/?a=b", [("a", "url", "http://x:1/?a=b", 2)]),
    (ini.oslo, "[a]\nk = v # no comment", [("a", "k", "v # no comment", 2)]),
    (ini.oslo, "[a]\nk = \"quoted, 'both'\"", [("a", "k", "quoted, 'both'", 2)]),
    (ini.oslo, "[a]\nk = 'half", [("a", "k", "'half", 2)]),
    (ini.oslo, "[a]\nk = '", [("a", "k", "", 2)]),
    (ini.oslo, "[a]\nk = one\n  # no comment", [("a", "k", "one\n# no comment", 2)]),
    (ini.oslo, "[a]\nk = one\n  two\n\tthree\nl = x", [("a", "k", "one\ntwo\nthree", 2), ("a", "l", "x", 5)]),
    (ini.oslo, "[a]\nk =\n  one", [("a", "k", "one", 2)]),
    (ini.oslo, "[a]\nk = 1\nk = 2", [("a", "k", "1", 2), ("a", "k", "2", 3)]),
    (ini.oslo, "[a]\npath = $state_path/lock", [("a", "path", "$state_path/lock", 2)]),
    (ini.oslo, "# c\n; c\n[a]\n#k = 1\nk = 2", [("a", "k", "2", 5)]),
    (ini.oslo, "[pipeline:main]\npipeline = a b", [("pipeline:main", "pipeline", "a b", 2)]),
    (ini.mysql, "[mysqld]\nmax-connections = 500 # many", [("mysqld", "max_connections", "500", 2)]),
    (ini.mysql, "[mysqld]\nskip-name-resolve", [("mysqld", "skip_name_resolve", "", 2)]),
    (ini.mysql, "[mysqld]\n  init = 'a # b'", [("mysqld", "init", "a # b", 2)]),
    (ini.mysql, "!includedir /etc/mysql/conf.d/", [("", "!includedir", "/etc/mysql/conf.d/", 1)]),
    (ini.ceph, "[global]\n\tmon host = a,b", [("global", "mon_host", "a,b", 2)]),
    (ini.ceph, "[global]\nmon_host = a,b", [("global", "mon_host", "a,b", 2)]),
    (ini.flat, "heartbeat = 60\n# c\ntcp_listen_options.backlog=128 # c", [("", "heartbeat", "60", 1), ("", "tcp_listen_options.backlog", "128", 3)]),
    (ini.flat, 'listen_addr = "192.0.2.7"', [("", "listen_addr", "192.0.2.7", 1)]),
    (blocks.haproxy, "defaults\n  timeout server 1m\n  mode http # c", [("defaults", "timeout server", "1m", 2), ("defaults", "mode", "http", 3)]),
    (blocks.haproxy, "listen nova\n    server c1 10.0.0.1:8774 check\n    server c2 10.0.0.2:8774", [("listen nova", "server c1", "10.0.0.1:8774 check", 2), ("listen nova", "server c2", "10.0.0.2:8774", 3)]),
    (blocks.memcached, "-m 64\n-l 10.0.0.1\n--max-item-size=8m\n-k", [("", "-m", "64", 1), ("", "-l", "10.0.0.1", 2), ("", "--max-item-size", "8m", 3), ("", "-k", "", 4)]),
    (blocks.memcached, 'CACHESIZE="64"', [("", "CACHESIZE", "64", 1)]),
    (blocks.erlang, "[{rabbit, [{heartbeat, 60}, {default_pass,\n  <<\"x\">>}]}].", [("", "rabbit", "", 1), ("", "heartbeat", "60", 1), ("", "default_pass", "", 1), ("", "default_pass", '<<"x">>', 2)]),
    (blocks.erlang, "60\n{a, 1}", [("", "(no term)", "60", 1), ("", "a", "1", 2)]),
    (blocks.erlang, "[{rabbit, [\n  {heartbeat, 60}, %% c\n  {default_pass, <<\"x\">>}\n]}].", [("", "rabbit", "", 1), ("", "heartbeat", "60", 2), ("", "default_pass", '<<"x">>', 3)]),
]  # fmt: skip


@pytest.mark.parametrize(("parse", "text", "expected"), CASES, ids=[repr(row[1])[:50] for row in CASES])
def test_settings(parse: Callable[[str], Parsed], text: str, expected: list[tuple[str, str, str, int]]) -> None:
    found = parse(text)
    assert [tuple(setting) for setting in found.settings] == expected
    assert found.problems == ()


# (parser, text, line of the problem, settings that are read all the same)
PROBLEMS = [
    (ini.oslo, "k = 1\n[a]\nl = 1", 1, 2),
    (ini.oslo, "[a]\nnonsense\nk = 1", 2, 1),
    (ini.oslo, "[x]\n[a\nk = 1", 2, 1),
    (ini.oslo, "[x]\n[]\nk = 1", 2, 1),
    (ini.oslo, "[a]\n  k = 1\nl = 2", 2, 1),
    (ini.oslo, "[a]\nk = one\n\n  two", 4, 1),
    (ini.oslo, "[a]\n  # indented\nk = 1", 2, 1),
    (ini.oslo, "[a]\n= 1\nl = 2", 2, 1),
    (ini.mysql, "[mysqld]\nwhat is this\nk = 1", 2, 1),
    (ini.flat, "nonsense\nk = 1", 1, 1),
]


@pytest.mark.parametrize(("parse", "text", "line", "count"), PROBLEMS, ids=[repr(row[1]) for row in PROBLEMS])
def test_a_line_that_says_nothing_is_told(parse: Callable[[str], Parsed], text: str, line: int, count: int) -> None:
    found = parse(text)
    assert [number for number, _ in found.problems] == [line]
    assert len(found.settings) == count


LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["[a]", "[DEFAULT]", "k = v", "  more", "# c", "listen x", "-m 64", "{a, 1},", "'", '"', "[", "="]
        ),
    )
)


@pytest.mark.parametrize("parse", PARSERS)
@given(lines=LINES)
def test_any_text_is_read(parse: Callable[[str], Parsed], lines: list[str]) -> None:
    text = "\n".join(lines)
    found = parse(text)
    count = text.count("\n") + 1
    assert all(1 <= setting.line <= count and setting.option for setting in found.settings)
    assert [setting.line for setting in found.settings] == sorted(setting.line for setting in found.settings)
    assert all(1 <= line <= count for line, _ in found.problems)


# Files of 1 MiB, the longest that is read, that were made to take long.
_SIZE = 1 << 20
SLOW = [
    "[a]\nk =\n" + " x\n" * (_SIZE // 3),
    "[a]\n" + "k=1\n" * (_SIZE // 4),
    "{a," + "}" * _SIZE + "x",
    "{a" + " " * _SIZE + "x",
    "{a" * (_SIZE // 2),
    "a" * _SIZE,
    "k " + "#" * _SIZE,
    "k = a" + " " * _SIZE + "#",
]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_no_file_takes_long(parse: Callable[[str], Parsed], text: str) -> None:
    began = time.process_time()
    parse(text)
    assert time.process_time() - began < 5  # far less; what is quadratic takes minutes
