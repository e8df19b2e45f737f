"""A host of the rig: its file system, clock, users and sshd, in namespaces of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from . import needs
from .net import plug, unplug
from .space import Process, Space

_DIRECTORIES = ("/run", "/home", "/root", "/var/tmp", "/dev/shm", "/tmp")  # empty and its own on each host


class Plan(NamedTuple):
    """What a host is to be.

    ``ahead`` are the seconds its clock is ahead, ``logs`` the tree at its /var/log, ``sudo`` what the user ``ops`` may
    run without a password (a sudoers command list, empty: nothing), ``without`` programs of /usr/bin it lacks,
    ``programs`` are scripts that stand before all others in PATH, ``etc`` further files below /etc, ``sshd`` lines of
    its configuration that win over the usual ones.
    """

    name: str
    logs: Path | None = None
    ahead: int = 0
    zone: str = "UTC"
    user: str = "root"
    sudo: str = ""
    behind: str = ""
    without: tuple[str, ...] = ()
    programs: Mapping[str, str] = {}
    etc: Mapping[str, str] = {}
    sshd: tuple[str, ...] = ()


class Host:
    """A running host; ``address`` is the one clients use (a proxy's, where there is one before it)."""

    def __init__(self, plan: Plan, directory: Path, public_key: str, address: str) -> None:
        self.plan = plan
        self.name = plan.name
        self.address = address
        self.directory = directory
        self.logs = plan.logs or directory / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self._write(public_key)
        self.space = Space(plan.name, self._mounts())
        self.port = 22
        self._sshd: subprocess.Popen[bytes] | None = None

    @property
    def host_key(self) -> str:
        """Kind and key, as known_hosts has them."""
        return " ".join((self.directory / "etc/ssh/rig_host_key.pub").read_text().split()[:2])

    def close(self) -> None:
        self.stop_sshd()
        self.space.close()

    def start_sshd(self) -> None:
        """Start sshd; it is ready when this returns."""
        with (self.directory / "sshd.log").open("ab") as log:
            self._sshd = self.space.start([needs.SSHD, "-D", "-e", "-f", "/etc/ssh/rig_sshd_config"], stderr=log)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.space.connect(("127.0.0.1", 22)).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name}: {(self.directory / 'sshd.log').read_text()}") from None
                time.sleep(0.01)
            else:
                return

    def stop_sshd(self) -> None:
        """Stop the sshd that listens, and all it serves."""
        self.kill_sshd(listener=True)
        if self._sshd is not None:
            self._sshd.wait()
            self._sshd = None

    def kill_sshd(self, listener: bool = False) -> list[Process]:
        """kill -9 the sshd of each login, and the one that listens when asked to."""
        return self.space.kill(
            lambda p: "sshd" in p.command.split(" ")[0] and (listener or "[listener]" not in p.command)
        )

    def running(self) -> list[Process]:
        """What runs here besides the sshd that listens."""
        return [p for p in self.space.processes() if "[listener]" not in p.command and "-D -e -f" not in p.command]

    def settled(self, seconds: float = 10.0) -> bool:
        """Wait until nothing runs here any more: a login that was broken off takes its time to be noticed."""
        deadline = time.monotonic() + seconds
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.running()

    def unplug(self) -> None:
        unplug(self.space)

    def plug(self) -> None:
        plug(self.space)

    def written(self) -> list[str]:
        """Files outside of its logs that were written on it since it came up."""
        # Where a program finds no room of libfaketime's to share, the library makes one; /run is sshd's and sudo's.
        places = " ".join(place for place in _DIRECTORIES if place != "/run")
        found = self.space.sh(f"find {places} -newer /run/made ! -name '*faketime_s*' ! -path /dev/shm")
        return found.split()

    def _write(self, public_key: str) -> None:
        plan, ssh = self.plan, self.directory / "etc/ssh"
        ssh.mkdir(parents=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ssh / "rig_host_key")], check=True)
        (ssh / "rig_authorized_keys").write_text(public_key)
        (ssh / "rig_sshd_config").write_text("\n".join((*plan.sshd, *self._sshd_lines(), "")))
        etc = {
            "hostname": f"{plan.name}\n",
            "timezone": f"{plan.zone}\n",
            "passwd": Path("/etc/passwd").read_text() + "ops:x:4711:4711::/home/ops:/bin/sh\n",
            "shadow": Path("/etc/shadow").read_text() + "ops:*:19000:0:99999:7:::\n",
            "hosts": f"127.0.0.1 localhost {plan.name}\n",
            "group": Path("/etc/group").read_text() + "ops:x:4711:\n",
            **plan.etc,
        }
        if needs.sudo():
            allowed = f"ops ALL=(ALL) NOPASSWD: {plan.sudo}\n" if plan.sudo else ""
            # The library of another clock would not get past sudo otherwise.
            etc["sudoers.d/rig"] = f"Defaults env_file=/etc/rig_environment\n{allowed}"
            etc["rig_environment"] = "".join(f"{name}={value}\n" for name, value in self._clock().items())
        for name, text in etc.items():
            file = self.directory / "etc" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.directory / "etc/localtime").symlink_to(f"/usr/share/zoneinfo/{plan.zone}")
        programs = self.directory / "programs"
        programs.mkdir()
        for name, text in plan.programs.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)

    def _clock(self) -> dict[str, str]:
        if not self.plan.ahead:
            return {}
        # Files already have the times that a machine with this clock would have given them.
        return {
            "LD_PRELOAD": needs.faketime(),
            "FAKETIME": f"{self.plan.ahead:+d}",
            "NO_FAKE_STAT": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def _sshd_lines(self) -> list[str]:
        clock = " ".join(f"{name}={value}" for name, value in self._clock().items())
        return [
            "ListenAddress 0.0.0.0",
            "HostKey /etc/ssh/rig_host_key",
            "AuthorizedKeysFile /etc/ssh/rig_authorized_keys",
            "PidFile none",
            "StrictModes no",
            "PasswordAuthentication no",
            "PermitRootLogin yes",
            "UsePAM no",
            "UseDNS no",
            "PrintMotd no",
            # sshd itself keeps the true time: only what a login runs has the host's clock.
            *([f"SetEnv {clock}"] if clock else []),
            "Subsystem sftp /usr/lib/openssh/sftp-server",
        ]

    def _mounts(self) -> str:
        """The host's view of the disk: the machine's, read-only, with what is its own mounted over it."""
        work = self.directory
        for name in ("work-etc", "upper-bin", "work-bin"):
            (work / name).mkdir()
        lines = [f"mount -t overlay overlay -o lowerdir=/etc,upperdir={work}/etc,workdir={work}/work-etc /etc"]
        if self.plan.without:
            options = f"lowerdir=/usr/bin,upperdir={work}/upper-bin,workdir={work}/work-bin"
            lines.append(f"mount -t overlay overlay -o {options} /usr/bin")
            lines += [f"rm -f /usr/bin/{program}" for program in self.plan.without]
        lines += [f"mount --bind {work}/programs /usr/local/bin", f"mount --bind {self.logs} /var/log"]
        lines += [f"mount -t tmpfs -o size=64m tmpfs {directory}" for directory in _DIRECTORIES]
        lines += [
            "chmod 1777 /tmp /var/tmp /dev/shm; chmod 700 /root",
            "mkdir -p /run/sshd /home/ops; chown 4711:4711 /home/ops",
            "[ ! -e /etc/sudoers.d/rig ] || chmod 440 /etc/sudoers.d/rig",
            "touch /run/made",
            "mount -o remount,bind,ro /",
        ]
        return "\n".join(lines)
