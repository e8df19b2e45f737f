"""The files of sos that tell of a machine's resources, by their place; of several the first that is there is read."""

from __future__ import annotations

FACTS_JSON = "facts.json"
TIMEDATECTL = ("sos_commands/systemd/timedatectl", "sos_commands/date/timedatectl")
DF = tuple(f"sos_commands/filesys/{name}" for name in ("df_-al_-x_autofs", "df_-al"))
DF_INODES = tuple(f"sos_commands/filesys/{name}" for name in ("df_-ali_-x_autofs", "df_-ali"))
FREE = ("sos_commands/memory/free", "sos_commands/memory/free_-m")
MEMINFO = "proc/meminfo"
UPTIME = ("sos_commands/host/uptime", "sos_commands/general/uptime")
LSCPU = "sos_commands/processor/lscpu"
UNITS = tuple(f"sos_commands/systemd/systemctl_list-units{options}" for options in ("_--failed", "", "_--all"))
TRACKING = ("sos_commands/chrony/chronyc_tracking", "sos_commands/ntp/chronyc_tracking")
RESOURCES = (*TIMEDATECTL, *DF, *DF_INODES, *FREE, MEMINFO, *UPTIME, LSCPU, *UNITS, *TRACKING)
