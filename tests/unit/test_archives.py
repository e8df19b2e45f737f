"""Archives as log sources: read without unpacking by hand, and without trusting their names, links and sizes."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haystack.pipeline import trace
from haystack.search import Coverage, Query
from haystack.search.archives import Limits
from haystack.search.files import FilesEngine
from tests.making import FIXTURES, NEEDLE, SERVICES, oslo, write, zstd

LOG = (oslo(0, "here", NEEDLE) + "\n").encode()
REQUEST = "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"
TAR_SUFFIXES: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".tgz": gzip.compress,
    ".tar.xz": lzma.compress,
    ".tar.bz2": bz2.compress,
    ".tar.zst": zstd,
}
Entry = tuple[str, bytes] | tarfile.TarInfo


def tar_of(*entries: Entry) -> bytes:
    """A tar of (name, content) pairs and ready-made headers, names as they are."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size, info.mtime = len(entry[1]), 1_700_000_000
                tar.addfile(info, io.BytesIO(entry[1]))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A header of a link, device or pipe."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(*entries: tuple[str, bytes], mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def save(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def searched(*roots: Path, limits: Limits | None = None) -> tuple[list[tuple[str, str, str]], Coverage]:
    """(node, path, message) of the records that hold the needle, and the coverage."""
    engine = FilesEngine(roots, SERVICES, jobs=1, limits=limits)
    records = engine.numbered(engine.search(Query(ids=(NEEDLE,))))
    return [(r.origin.node, r.origin.path, r.message) for r in records], engine.coverage()


def complaints(coverage: Coverage) -> dict[str, str]:
    """Reasons by what comes last in the path."""
    return {trouble.path.rpartition(":")[2].rpartition("/")[2]: trouble.reason for trouble in coverage.unreadable}


# --- what is read


@pytest.mark.parametrize("suffix", TAR_SUFFIXES)
@pytest.mark.parametrize("named", [True, False])
def test_every_kind_of_tar(tmp_path: Path, suffix: str, named: bool) -> None:
    data = TAR_SUFFIXES[suffix](tar_of(("c1/var/log/nova/nova-api.log", LOG)))
    path = save(tmp_path / f"logs{suffix}", data)
    found, coverage = searched(path if named else tmp_path)
    assert found == [("c1", "/var/log/nova/nova-api.log", "here")]
    assert not coverage.unreadable


def test_zip(tmp_path: Path) -> None:
    path = save(tmp_path / "ticket.zip", zip_of(("c1/var/log/nova/nova-api.log", LOG), ("nova-compute.log", LOG)))
    found, coverage = searched(path)
    assert found == [("c1", "/var/log/nova/nova-api.log", "here"), ("ticket", "/nova-compute.log", "here")]
    assert not coverage.unreadable


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    path = save(tmp_path / "stdin.log", lzma.compress(tar_of(("c1/var/log/nova/nova-api.log", LOG))))
    assert searched(path)[0] == [("c1", "/var/log/nova/nova-api.log", "here")]


def test_compressed_members_and_rotations(tmp_path: Path) -> None:
    path = save(
        tmp_path / "x.tar",
        tar_of(
            ("c1/var/log/nova/nova-api.log.2.gz", gzip.compress(LOG)),
            ("c1/var/log/nova/nova-api.log.1.xz", lzma.compress(LOG)),
            ("c1/var/log/nova/nova-api.log", LOG),
        ),
    )
    found, _ = searched(path)
    assert [Path(name).name for _, name, _ in found] == ["nova-api.log.2.gz", "nova-api.log.1.xz", "nova-api.log"]


NODES = [
    # archive, members before the log, member, node
    ("sosreport-ctl1-0123456-2026-03-11-abcdefg.tar", [], "sosreport-ctl1-0123456-2026-03-11-abcdefg/", "ctl1"),
    ("sosreport-ctl1-2026-03-11-abcdefg.tar", [], "sosreport-ctl1-2026-03-11-abcdefg/", "ctl1"),
    ("sosreport-juju-04-1-lxd-5-2026-03-11-abcdefg.tar", [], "", "juju-04-1-lxd-5"),
    ("a.tar", [("top/hostname", b"ctl7.example.org\n")], "top/", "ctl7.example.org"),
    ("a.tar", [("top/sos_commands/host/hostname", b"ctl7\n")], "top/", "ctl7"),
    ("a.tar", [("top/hostname", b"localhost.localdomain\n")], "top/", "top"),
    ("a.tar", [("top/hostname", b"\x1b[31m evil\n")], "top/", "top"),
    ("ctl3.tar", [], "", "ctl3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "top", "node"), NODES)
def test_node(tmp_path: Path, name: str, before: list[Entry], top: str, node: str) -> None:
    path = save(tmp_path / name, tar_of(*before, (f"{top}var/log/nova/nova-api.log", LOG)))
    assert searched(path)[0] == [(node, "/var/log/nova/nova-api.log", "here")]


def test_several_archives_are_several_nodes(tmp_path: Path) -> None:
    for node in ("c1", "c2"):
        save(tmp_path / f"sosreport-{node}-2026-03-11-abcdefg.tar", tar_of(("var/log/nova/nova-api.log", LOG)))
    assert [node for node, _, _ in searched(tmp_path)[0]] == ["c1", "c2"]


def test_archives_in_an_archive_and_no_deeper(tmp_path: Path) -> None:
    deepest = tar_of(("var/log/nova/nova-api.log", LOG))
    inner = tar_of(("sosreport-c2-2026-03-11-abcdefg/var/log/nova/nova-api.log", LOG), ("deep.tar", deepest))
    bundle = gzip.compress(tar_of(("nova-compute.log", LOG)))
    outer = zip_of(("sos/sosreport-c2-2026-03-11-abcdefg.tar.xz", lzma.compress(inner)), ("c1/var/log/old.tgz", bundle))
    found, coverage = searched(save(tmp_path / "ticket.zip", outer))
    assert found == [("c1", "/nova-compute.log", "here"), ("c2", "/var/log/nova/nova-api.log", "here")]
    assert list(complaints(coverage)) == ["deep.tar"]


def test_of_a_sos_report_only_logs_are_read(tmp_path: Path) -> None:
    top = "sosreport-c1-2026-03-11-abcdefg"
    members = [
        f"{top}/var/log/nova/nova-api.log",
        f"{top}/sos_commands/logs/journalctl_--no-pager",
        f"{top}/sos_commands/kernel/dmesg",
    ]
    others = ["etc/nova/policy", "sos_commands/process/ps", "version.txt", "var/lib/x/y.txt", "proc/1/status"]
    path = save(tmp_path / f"{top}.tar", tar_of(*[(name, LOG) for name in members + [f"{top}/{o}" for o in others]]))
    found, coverage = searched(path)
    assert len(found) == 3
    assert not coverage.unreadable
    assert "5 members are no logs" in coverage.skipped[0].reason


def test_the_tail_that_sos_keeps_elsewhere_is_known_by_the_link(tmp_path: Path) -> None:
    tail = "sos_strings/openstack_nova/var.log.nova.nova-api.log.tailed"
    link = special("var/log/nova/nova-api.log", tarfile.SYMTYPE, f"../../../{tail}")
    for name, entries in (("a.tar", (link, (tail, LOG))), ("b.tar", ((tail, LOG), link)), ("c.tar", ((tail, LOG),))):
        found, coverage = searched(save(tmp_path / name, tar_of(*entries)))
        assert found == [(name[0], "/var/log/nova/nova-api.log", "here")]
        assert not coverage.unreadable


def test_an_unpacked_sos_report_reads_the_same(tmp_path: Path) -> None:
    top = tmp_path / "sosreport-c1-2026-03-11-abcdefg"
    write(top / "sos_strings/openstack_nova/var.log.nova.nova-api.log.tailed", [LOG.decode().strip()])
    write(top / "sos_commands/process/ps", [LOG.decode().strip()])
    write(top / "version.txt", [LOG.decode().strip()])
    (top / "etc").mkdir()
    (top / "etc/localtime").symlink_to("../usr/share/zoneinfo/Europe/Berlin")
    (top / "var/log/nova").mkdir(parents=True)
    (top / "var/log/nova/nova-api.log").symlink_to(
        "../../../sos_strings/openstack_nova/var.log.nova.nova-api.log.tailed"
    )
    found, coverage = searched(tmp_path)
    assert found == [("c1", "/var/log/nova/nova-api.log", "here")]
    assert not coverage.unreadable


def test_must_gather(tmp_path: Path) -> None:
    log = "must-gather/quay-io/namespaces/openstack/pods/nova-api-0/nova-api-api/nova-api-api/logs/current.log"
    engine = FilesEngine([save(tmp_path / "must-gather.tar.gz", gzip.compress(tar_of((log, LOG))))], SERVICES)
    assert [(file.node, file.service) for file in engine.files] == [("nova-api-0", "nova-api")]


def test_the_time_of_a_member_is_kept(tmp_path: Path) -> None:
    engine = FilesEngine([save(tmp_path / "a.tar", tar_of(("c1/var/log/syslog", LOG)))], SERVICES)
    assert Path(engine.files[0].source).stat().st_mtime == 1_700_000_000


def test_later_members_of_a_name_win(tmp_path: Path) -> None:
    later = LOG.replace(b"here", b"there")
    path = save(tmp_path / "a.tar", tar_of(("c1/var/log/x.log", LOG), ("c1/var/log/x.log", later)))
    assert [text for _, _, text in searched(path)[0]] == ["there"]


def test_sos_reports_of_an_incident_give_the_same_first_candidate(tmp_path: Path) -> None:
    for node in sorted(path for path in (FIXTURES / "neutron_down").iterdir() if path.is_dir()):
        top = f"sosreport-{node.name}-0123456-2026-11-22-abcdefg"
        with tarfile.open(tmp_path / f"{top}.tar.xz", "w:xz", preset=0) as tar:
            tar.add(node, top)
            for name, data in (("hostname", node.name), ("etc/timezone", "Etc/UTC"), ("etc/nova/nova.conf", "[api]")):
                info = tarfile.TarInfo(f"{top}/{name}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data.encode()))
    expected, got = trace([REQUEST], [FIXTURES / "neutron_down"]), trace([REQUEST], [tmp_path])
    assert got.candidates[0].pattern.id == expected.candidates[0].pattern.id == "neutron-server-stopped"
    assert not got.coverage.unreadable
    for mine, theirs in zip(got.candidates[0].evidence, expected.candidates[0].evidence, strict=True):
        assert mine.record.origin[:4] == theirs.record.origin[:4]
        assert mine.record.time == theirs.record.time


# --- what is refused


REFUSED: list[tuple[str, tarfile.TarInfo | tuple[str, bytes], str]] = [
    ("up", ("../../evil.log", LOG), "out of the archive"),
    ("inside up", ("var/log/../../../evil.log", LOG), "out of the archive"),
    ("absolute", ("/tmp/evil.log", LOG), "out of the archive"),
    ("link up", special("var/log/evil.log", tarfile.SYMTYPE, "../../../etc/passwd"), "out of the archive"),
    ("link to itself", special("var/log/evil.log", tarfile.SYMTYPE, "evil.log"), "leads to itself"),
    ("hard link up", special("var/log/evil.log", tarfile.LNKTYPE, "../etc/passwd"), "out of the archive"),
    ("character device", special("var/log/evil.log", tarfile.CHRTYPE), "a device or pipe"),
    ("block device", special("var/log/evil.log", tarfile.BLKTYPE), "a device or pipe"),
    ("pipe", special("var/log/evil.log", tarfile.FIFOTYPE), "a device or pipe"),
]


@pytest.mark.parametrize(("entry", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_hostile_members_of_a_tar(tmp_path: Path, entry: Entry, reason: str) -> None:
    path = save(tmp_path / "in/a.tar", tar_of(("c1/var/log/good.log", LOG), entry))
    before = sorted(tmp_path.rglob("*"))
    found, coverage = searched(path)
    assert [name for _, name, _ in found] == ["/var/log/good.log"]
    assert reason in complaints(coverage)["evil.log"]
    assert sorted(tmp_path.rglob("*")) == before


def test_links_to_what_is_outside_read_nothing(tmp_path: Path) -> None:
    secret = save(tmp_path / "secret.log", LOG)
    entries = [
        special("c1/var/log/a.log", tarfile.SYMTYPE, str(secret)),
        special("c1/var/log/b.log", tarfile.LNKTYPE, str(secret)),
        special("c1/var/log/dir", tarfile.SYMTYPE, str(tmp_path)),
        ("c1/var/log/dir/secret.log", b"nothing\n"),
    ]
    assert searched(save(tmp_path / "a.tar", tar_of(*entries)))[0] == []
    assert secret.read_bytes() == LOG


@pytest.mark.parametrize("name", ["../evil.log", "/tmp/evil.log", "..\\evil.log"])
def test_zip_slip(tmp_path: Path, name: str) -> None:
    found, coverage = searched(save(tmp_path / "in/a.zip", zip_of((name, LOG), ("good.log", LOG))))
    assert [path for _, path, _ in found] == ["/good.log"]
    assert "out of the archive" in coverage.unreadable[0].reason
    assert not (tmp_path / "evil.log").exists()


def test_links_and_devices_in_a_zip(tmp_path: Path) -> None:
    link = zip_of(("var/log/evil.log", b"../../../etc/passwd"), mode=stat.S_IFLNK | 0o777)
    assert "out of the archive" in complaints(searched(save(tmp_path / "a.zip", link))[1])["evil.log"]
    device = zip_of(("var/log/evil.log", b""), mode=stat.S_IFCHR | 0o666)
    assert "a device or pipe" in complaints(searched(save(tmp_path / "b.zip", device))[1])["evil.log"]


def test_an_encrypted_zip_is_told(tmp_path: Path) -> None:
    data = bytearray(zip_of(("a.log", LOG)))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + flags] |= 1
    assert "encrypted" in complaints(searched(save(tmp_path / "a.zip", bytes(data)))[1])["a.log"]


ZEROS = b"\0" * (16 << 20)


def test_a_bomb_by_size(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tar.gz", gzip.compress(tar_of(("c1/good.log", LOG), ("c1/bomb.log", ZEROS)), 1))
    found, coverage = searched(path, limits=Limits(size=8 << 20))
    assert [name for _, name, _ in found] == ["/good.log"]
    assert coverage.unreadable[0].path == str(path)
    assert "more than 8 MiB" in coverage.unreadable[0].reason
    assert "--max-archive-size" in coverage.unreadable[0].reason


def test_a_bomb_by_what_is_passed_over(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tar.gz", gzip.compress(tar_of(("etc/bomb", ZEROS), ("c1/late.log", LOG)), 1))
    assert "--max-archive-size" in searched(path, limits=Limits(size=8 << 20))[1].unreadable[0].reason


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_bomb_by_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("haystack.search.archives.limits._RATIO_FREE", 1 << 20)
    data = zip_of(("a/bomb.log", ZEROS)) if kind == "zip" else gzip.compress(tar_of(("a/bomb.log", ZEROS)))
    path = save(tmp_path / f"a.{kind}", data)
    assert "250 times its size" in searched(path)[1].unreadable[0].reason
    assert not searched(path, limits=Limits(ratio=0))[1].unreadable


def test_a_bomb_by_nesting(tmp_path: Path) -> None:
    inner = gzip.compress(tar_of(("a/bomb.log", ZEROS)))
    path = save(tmp_path / "a.tar", tar_of(*[(f"{n}.tgz", inner) for n in range(4)]))
    _, coverage = searched(path, limits=Limits(size=50 << 20))
    assert "more than 50 MiB" in coverage.unreadable[0].reason


def test_a_bomb_by_members(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tar", tar_of(*[(f"c1/{n}.log", LOG) for n in range(20)]))
    found, coverage = searched(path, limits=Limits(members=5))
    assert len(found) == 5
    assert "--max-archive-members" in coverage.unreadable[0].reason


def test_a_sparse_member_of_a_petabyte(tmp_path: Path) -> None:
    info = tarfile.TarInfo("c1/sparse.log")
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:398], header[398:410] = b"0" * 11 + b"\0", b"0" * 11 + b"\0"  # one piece, of no bytes
    header[483:495] = tarfile.itn(1 << 50, 12, tarfile.GNU_FORMAT)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = save(tmp_path / "a.tar", tar_of(("c1/good.log", LOG))[: 2 * 512] + bytes(header) + bytes(1024))
    found, coverage = searched(path, limits=Limits(size=8 << 20))
    assert len(found) == 1
    assert coverage.unreadable


def test_a_name_of_a_gigabyte_is_not_read_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    path = save(tmp_path / "a.tar", tar_of(("c1/good.log", LOG))[: 2 * 512] + info.tobuf() + bytes(4096))
    found, coverage = searched(path)
    assert len(found) == 1
    assert "a header of 1073741824 bytes" in coverage.unreadable[0].reason


# --- what is damaged


@pytest.mark.parametrize("suffix", TAR_SUFFIXES)
def test_truncated_archives_are_read_up_to_the_damage(tmp_path: Path, suffix: str) -> None:
    noise = random.Random(1).randbytes(200_000).hex().encode()
    data = TAR_SUFFIXES[suffix](tar_of(("c1/a.log", LOG + noise), ("c1/b.log", noise + b"\n" + LOG)))
    path = save(tmp_path / f"a{suffix}", data[: len(data) * 2 // 3])
    found, coverage = searched(path)
    # bz2 gives nothing of a block of 900 kB that is not whole
    assert [name for _, name, _ in found] == ([] if suffix == ".tar.bz2" else ["/a.log"])
    assert coverage.unreadable
    assert all("Traceback" not in trouble.reason for trouble in coverage.unreadable)


def test_a_tar_cut_between_two_members(tmp_path: Path) -> None:
    data = tar_of(("c1/a.log", LOG), ("c1/b.log", LOG))
    found, coverage = searched(save(tmp_path / "a.tar", data[: 2 * 512]))
    assert len(found) == 1
    assert coverage.unreadable


def test_a_damaged_header_in_the_middle(tmp_path: Path) -> None:
    data = bytearray(tar_of(("c1/a.log", LOG), ("c1/b.log", LOG)))
    data[2 * 512 + 150] ^= 0xFF
    found, coverage = searched(save(tmp_path / "a.tar", bytes(data)))
    assert len(found) == 1
    assert "damaged" in coverage.unreadable[0].reason


def test_a_truncated_zip(tmp_path: Path) -> None:
    data = zip_of(("a.log", LOG), ("b.log", LOG))
    found, coverage = searched(save(tmp_path / "a.zip", data[:-40]))
    assert found == []
    assert "damaged" in coverage.unreadable[0].reason


def test_a_damaged_member_of_a_zip_leaves_the_others(tmp_path: Path) -> None:
    data = bytearray(zip_of(("a.log", random.Random(1).randbytes(4000).hex().encode()), ("b.log", LOG)))
    data[200] ^= 0xFF
    found, coverage = searched(save(tmp_path / "a.zip", bytes(data)))
    assert [name for _, name, _ in found] == ["/b.log"]
    assert "a.log" in complaints(coverage)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar.xz", "a.zip", "a.tgz"])
def test_no_archive_whatever_its_name_says(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, b"not at all\n")
    write(tmp_path / "b.log", [LOG.decode().strip()])
    found, coverage = searched(tmp_path)
    assert len(found) == 1
    assert list(complaints(coverage)) == [name]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_is_told_or_harmless(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                tar_of(("c1/a.log", LOG), special("c1/l.log", tarfile.SYMTYPE, "a.log"), ("c1/" + "x" * 200, LOG)),
                gzip.compress(tar_of(("c1/a.log", LOG), ("c1/b.log", LOG))),
                lzma.compress(tar_of(("c1/a.log", LOG), ("c1/b.log", LOG))),
                zip_of(("c1/a.log", LOG), ("c1/b.log", LOG)),
            ]
        )
    )
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(broken)))
    directory = tmp_path_factory.mktemp("damage")
    searched(save(directory / "a.tar", bytes(broken[:cut])), limits=Limits(size=64 << 20))


# --- the private directory


def spools(directory: Path) -> list[Path]:
    return sorted(directory.glob("haystack-spool-*"))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[Path]:
    """A directory of one's own for temporary files."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    return directory


def test_spooled_files_are_private_and_go_with_the_engine(tmp_path: Path, temporary: Path) -> None:
    path = save(tmp_path / "a.tar", tar_of(("c1/a.log", LOG)))
    engine = FilesEngine([path], SERVICES)
    (spool,) = spools(temporary)
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    assert engine.coverage().unreadable == ()
    del engine
    assert spools(temporary) == []


def test_without_archives_nothing_is_spooled(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path / "logs/a.log", [LOG.decode().strip()])
    engine = FilesEngine([tmp_path / "logs"], SERVICES)
    assert engine.files
    assert spools(temporary) == []


def test_a_full_disk_is_told(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.tar", tar_of(("c1/a.log", LOG), ("c1/b.log", LOG * 100), ("c1/c.log", LOG)))
    really = Path.open

    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def opened(self: Path, mode: str = "r", *args: object) -> object:
        if mode == "xb" and self.name.endswith("2"):
            self.touch()
            return Full()
        return really(self, mode)

    monkeypatch.setattr(Path, "open", opened)
    found, coverage = searched(path)
    assert [name for _, name, _ in found] == ["/a.log"]
    (trouble,) = coverage.unreadable
    assert "No space left on device" in trouble.reason
    assert "TMPDIR" in trouble.reason


def test_a_trouble_names_the_member_not_the_spooled_file(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tar", tar_of(("c1/var/log/a.log.gz", gzip.compress(LOG * 500)[:-20])))
    _, coverage = searched(path)
    assert [trouble.path for trouble in coverage.unreadable] == [f"{path}:c1/var/log/a.log.gz"]


def test_what_stands_before_a_limit_is_read(tmp_path: Path) -> None:
    """A log storm is compressed as well as a bomb: its beginning tells more than nothing."""
    storm = LOG + b"the same again\n" * 200_000
    path = save(tmp_path / "storm.tar.xz", lzma.compress(tar_of(("c1/var/log/nova/nova-api.log", storm))))
    found, coverage = searched(path, limits=Limits(size=2 << 20))
    assert found == [("c1", "/var/log/nova/nova-api.log", "here")]
    assert "--max-archive-size" in complaints(coverage)["storm.tar.xz"]


def test_an_archive_beside_what_was_unpacked_of_it(tmp_path: Path) -> None:
    data = tar_of(("c1/var/log/nova/nova-api.log", LOG), ("c1/var/log/nova/nova-compute.log", LOG))
    save(tmp_path / "c1.tar.gz", gzip.compress(data))
    save(tmp_path / "c1/var/log/nova/nova-api.log", LOG)
    save(tmp_path / "c1/var/log/nova/nova-compute.log", LOG.replace(b"here", b"more"))  # same size, another content
    found, coverage = searched(tmp_path)
    assert sorted(found) == [
        ("c1", "/var/log/nova/nova-api.log", "here"),
        ("c1", "/var/log/nova/nova-compute.log", "here"),
        ("c1", "/var/log/nova/nova-compute.log", "more"),
    ]
    assert [trouble.reason.partition(" as ")[0] for trouble in coverage.skipped] == ["the same"]
    assert not coverage.unreadable
